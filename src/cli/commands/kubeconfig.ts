import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { K8supError } from '../../errors/k8sup-error.ts';
import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { mergeKubeconfig } from '../../pki/index.ts';
import { adminKubeconfigOf } from '../admin-kubeconfig.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { storeKeyOf } from '../store-key-of.ts';

/** `k8sup kubeconfig`: the admin's, printed or merged into the user's own. */
export async function kubeconfig(
  request: {
    readonly inventory: string;
    readonly merge: boolean;
    readonly context: string | undefined;
    readonly identity: string | undefined;
  },
  io: Io,
): Promise<number> {
  const inventory = await loadInventory(request.inventory, networkPlugins);
  const admin = await adminKubeconfigOf(inventory, storeKeyOf(inventory, request, io));
  const context = request.context ?? inventory.cluster.name;
  if (!request.merge) {
    io.out.write(mergeKubeconfig(undefined, admin, context));
    return 0;
  }
  const file = join(homedir(), '.kube', 'config');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const merged = mergeKubeconfig(await readIfThere(file), admin, context);
  await writeFile(`${file}.k8sup-new`, merged, { mode: 0o600 });
  await chmod(`${file}.k8sup-new`, 0o600);
  await rename(`${file}.k8sup-new`, file);
  say(io, `context ${context} is in ${file} now, and is the current one`);
  return 0;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new K8supError({
      code: 'KUBECONFIG_UNREADABLE',
      kind: 'usage',
      what: `${file} cannot be read`,
      fix: 'check its mode, or print the kubeconfig without --merge',
      cause: error,
    });
  }
}
