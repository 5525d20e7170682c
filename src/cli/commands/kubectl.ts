import { exitCodes, K8supError, messageOf } from '../../errors/k8sup-error.ts';
import type { Connection } from '../../host/connection.ts';
import { hostsWith } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { kubeRunner } from '../../kube/index.ts';
import type { MasterConnection } from '../../kube/index.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { Transport } from '../../transport/transport.ts';
import { adminKubeconfigOf } from '../admin-kubeconfig.ts';
import { listenForInterrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { readsInput } from '../kubectl-input.ts';
import { storeKeyOf } from '../store-key-of.ts';
import { transportOf } from '../transport-of.ts';

/** As long as a person may watch something. */
const limitMs = 24 * 3_600_000;

/** `k8sup kubectl -- ARGS`: kubectl on a healthy master; its output comes as it is written, its exit code is ours. */
export async function kubectl(
  request: { readonly inventory: string; readonly args: readonly string[]; readonly identity: string | undefined },
  io: Io,
): Promise<number> {
  const inventory = await loadInventory(request.inventory, networkPlugins);
  const kubeconfig = await adminKubeconfigOf(inventory, storeKeyOf(inventory, request, io));
  using interrupt = listenForInterrupt(() => undefined);
  const reader = new AbortController();
  // Whoever reads our output may have enough of it (`| head`): then kubectl has no more to do.
  io.out.on('error', () => reader.abort());
  const signal = AbortSignal.any([interrupt.stop, reader.signal]);
  await using transport = transportOf(io, (host, text) => void io.err.write(`${host}: ${text}\n`));
  const masters = await connectMasters(inventory, transport, signal);
  try {
    const input = readsInput(request.args) && io.in.isTTY !== true ? await readAll(io.in) : Buffer.alloc(0);
    const kube = kubeRunner(inventory, masters, () => kubeconfig, signal);
    const result = await kube.raw(untilWeGo(request.args), {
      contents: [input],
      timeoutMs: limitMs,
      keepOutput: false,
      holdInput: true,
      onLine: (line) => void io.out.write(`${line}\n`),
    });
    io.err.write(result.stderr);
    return result.exitCode;
  } catch (error) {
    if (interrupt.stop.aborted) return exitCodes.cancelled;
    if (reader.signal.aborted) return exitCodes.ok;
    throw error;
  } finally {
    await Promise.all(masters.map(({ executor }) => executor[Symbol.asyncDispose]()));
  }
}

interface OpenMaster extends MasterConnection {
  readonly executor: Connection;
}

/** The masters that answer: no one of them is special. */
async function connectMasters(
  inventory: Inventory,
  transport: Transport,
  signal: AbortSignal,
): Promise<readonly OpenMaster[]> {
  await transport.prepare(hostsWith(inventory, 'master'), signal);
  const connecting = hostsWith(inventory, 'master').map(async (host): Promise<OpenMaster> => ({
    host,
    executor: await transport.connect(host, signal),
  }));
  const results = await Promise.allSettled(connecting);
  const reached = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (reached.length > 0) return reached;
  signal.throwIfAborted();
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length === 1) throw errors[0];
  throw new K8supError({
    code: 'NO_MASTER_REACHED',
    kind: 'connection',
    what: 'no master can be reached',
    why: errors.map(messageOf).join('\n'),
    fix: 'see  k8sup status  for the reason of each',
  });
}

/** Nothing on the host would end a kubectl that watches when its output is wanted no more: it goes with our end of its input. */
function untilWeGo(args: readonly string[]): Sh {
  return sh`head -c "$1" > "$k8sup_d/input"
exec 7<&0
( k8sup_exec=exec; kubectl ${args} 7<&- ) < "$k8sup_d/input" & k8sup_k=$!
{ read -r k8sup_gone <&7; kill "$k8sup_k"; } >/dev/null 2>&1 & k8sup_w=$!
wait "$k8sup_k"; k8sup_rc=$?
kill "$k8sup_w" 2>/dev/null
exit $k8sup_rc`;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
