import { hostsWith } from '../../inventory/model.ts';
import { loadInventory } from '../../inventory/load.ts';
import { kubeRunner } from '../../kube/index.ts';
import { sh } from '../../shell/sh.ts';
import { connectSsh } from '../../transport/ssh/connect.ts';
import { adminKubeconfigOf } from '../admin-kubeconfig.ts';
import { listenForInterrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';

/** As long as a person may watch something. */
const limitMs = 24 * 3_600_000;

/** `k8sup kubectl -- ARGS`: kubectl on a healthy master; its output comes as it is written, its exit code is ours. */
export async function kubectl(
  request: { readonly inventory: string; readonly args: readonly string[] },
  io: Io,
): Promise<number> {
  const inventory = await loadInventory(request.inventory);
  const kubeconfig = await adminKubeconfigOf(inventory);
  using interrupt = listenForInterrupt(() => undefined);
  const signal = interrupt.stop;
  const masters = await Promise.all(
    hostsWith(inventory, 'master').map(async (host) => ({ host, executor: await connectSsh(host, signal) })),
  );
  try {
    const input = io.in.isTTY === true ? Buffer.alloc(0) : await readAll(io.in);
    const kube = kubeRunner(inventory, masters, () => kubeconfig, signal);
    const result = await kube.raw(
      sh`head -c "$1" > "$k8sup_d/input"
kubectl ${request.args} < "$k8sup_d/input"`,
      {
        contents: [input],
        timeoutMs: limitMs,
        onLine: (line) => void io.out.write(`${line}\n`),
      },
    );
    io.err.write(result.stderr);
    return result.exitCode;
  } finally {
    await Promise.all(masters.map(({ executor }) => executor[Symbol.asyncDispose]()));
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
