import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';

/** Where the controller keeps all state and all secrets of one cluster: beside the inventory, where git ignores it. */
export interface StatePaths {
  readonly dir: string;
  readonly pki: string;
  readonly logs: string;
  readonly lock: string;
  /** Settings of the last apply that must not change on a living cluster. */
  readonly applied: string;
}

export function statePaths(inventory: Inventory): StatePaths {
  const dir = stateFolder(inventory.file, inventory.cluster.name);
  return {
    dir,
    pki: join(dir, 'pki'),
    logs: join(dir, 'logs'),
    lock: join(dir, 'lock'),
    applied: join(dir, 'applied.json'),
  };
}

/** The state folder of a cluster, whose inventory is `file`. */
export function stateFolder(file: string, cluster: string): string {
  return join(dirname(file), '.k8sup', cluster);
}

/**
 * Makes the state folder, for its owner alone, and keeps git away from its keys.
 *
 * @throws K8supError `STATE_TOO_OPEN` when others may read it.
 */
export async function makeStateDir(paths: StatePaths): Promise<void> {
  await mkdir(paths.dir, { recursive: true, mode: 0o700 });
  await ignoreInGit(dirname(paths.dir));
  const { mode } = await stat(paths.dir);
  if ((mode & 0o077) === 0) return;
  throw new K8supError({
    code: 'STATE_TOO_OPEN',
    kind: 'pki',
    what: `${paths.dir} may be read by others (mode ${(mode & 0o777).toString(8)})`,
    why: 'it holds the keys of the cluster',
    fix: `chmod 700 ${paths.dir}`,
  });
}

/** A file of the state; undefined where it was never written. */
export async function readState(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function ignoreInGit(folder: string): Promise<void> {
  try {
    await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // One that is there is left as it is: somebody may have a reason.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
