import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import { parseMountInfo } from './mounts.ts';
import { hasCode, kill } from './processes.ts';

const parent = 'k8sup-lab';

/** Mount points of the machine's cgroup hierarchies: one with cgroup v2, one for each controller (and systemd's own) with v1. */
export function findHierarchies(mountInfo: string): readonly string[] {
  const points = parseMountInfo(mountInfo)
    .filter((mount) => mount.type === 'cgroup' || mount.type === 'cgroup2')
    .map((mount) => mount.mountPoint)
    .filter((point) => point === '/sys/fs/cgroup' || point.startsWith('/sys/fs/cgroup/'));
  return [...new Set(points)];
}

/** The lab's subtree in each hierarchy; its hosts' boots are below it. */
export function labCgroups(hierarchies: readonly string[], lab: string): readonly string[] {
  return hierarchies.map((hierarchy) => join(hierarchy, parent, lab));
}

/**
 * Ends every process in the subtrees, then removes them, deepest first.
 *
 * @throws {@link K8supError} `LAB_CGROUP_BUSY` after 30 s.
 */
export async function removeCgroups(trees: readonly string[], signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const members = (await Promise.all(trees.map(membersBelow))).flat();
    new Set(members).forEach(kill);
    const left = (await Promise.all(trees.map(removeTree))).filter((tree) => tree !== undefined);
    if (left.length === 0) break;
    if (Date.now() > deadline) {
      throw new K8supError({
        code: 'LAB_CGROUP_BUSY',
        kind: 'lab',
        what: `control groups of the lab cannot be removed: ${left.join(' ')}`,
        why: members.length > 0 ? `processes ${[...new Set(members)].join(' ')} do not end` : 'the kernel holds them',
        fix: 'See with "ps" what these processes wait for, then run the command again.',
      });
    }
    await pause(50, undefined, { signal });
  }
  // Shared with other labs, so it stays while one of them has a subtree there.
  for (const tree of trees) await removeDirectory(join(tree, '..'));
}

async function membersBelow(tree: string): Promise<readonly number[]> {
  const here = await orIfGone(readFile(join(tree, 'cgroup.procs'), 'utf8'), '');
  const below = await Promise.all((await childrenOf(tree)).map(membersBelow));
  // 0 stands for a process outside this pid namespace; as an argument of kill it would mean our own group.
  return [
    ...here
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0),
    ...below.flat(),
  ];
}

/** Gives the tree back if something of it is left. */
async function removeTree(tree: string): Promise<string | undefined> {
  for (const child of await childrenOf(tree)) await removeTree(child);
  return (await removeDirectory(tree)) ? undefined : tree;
}

async function childrenOf(tree: string): Promise<readonly string[]> {
  const entries = await orIfGone(readdir(tree, { withFileTypes: true }), []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(tree, entry.name));
}

async function removeDirectory(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    if (hasCode(error, 'EBUSY', 'ENOTEMPTY')) return false;
    throw error;
  }
}

async function orIfGone<T>(read: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read;
  } catch (error) {
    // ENODEV: the group was removed between opening and reading its file. EOPNOTSUPP: a threaded group of cgroup v2.
    if (hasCode(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return otherwise;
    throw error;
  }
}
