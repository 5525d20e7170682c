import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: tells a living holder from another process with its number. */
  readonly processStart: string;
  readonly host: string;
  readonly user: string;
  readonly command: string;
  readonly since: string;
}

/**
 * Takes the lock of a cluster's state folder. A lock whose process is gone is taken over; one of another machine never is.
 *
 * @returns a function that releases it.
 * @throws K8supError `CLUSTER_LOCKED` naming the holder.
 */
export async function takeLock(path: string, command: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const holder = await describeSelf(command);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.writeFile(`${JSON.stringify(holder)}\n`);
      await handle.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      await removeStale(path);
    }
  }
  throw new Error(`the lock ${path} changes hands too fast`);
}

/** One line for a host's lock and for messages. */
export async function describeHolder(command: string): Promise<string> {
  const self = await describeSelf(command);
  return `k8sup ${self.command} of ${self.user}@${self.host}, process ${String(self.pid)}, since ${self.since}`;
}

async function describeSelf(command: string): Promise<LockHolder> {
  return {
    pid: process.pid,
    processStart: (await processStart(process.pid)) ?? '',
    host: hostname(),
    user: userInfo().username,
    command,
    since: new Date().toISOString(),
  };
}

async function removeStale(path: string): Promise<void> {
  const holder = await readHolder(path);
  if (holder === undefined) return;
  const alive = holder.host !== hostname() || (await isAlive(holder));
  if (!alive) {
    await rm(path, { force: true });
    return;
  }
  throw new K8supError({
    code: 'CLUSTER_LOCKED',
    kind: 'lock',
    what: 'another k8sup is at work on this cluster',
    why: `k8sup ${holder.command} of ${holder.user}@${holder.host}, process ${String(holder.pid)}, since ${holder.since}`,
    fix: `wait for it to end; if it is surely gone, remove ${path}`,
  });
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockHolder;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    // A holder that died between making and filling the file: as good as stale, but only a person can know.
    throw new K8supError({
      code: 'LOCK_UNREADABLE',
      kind: 'lock',
      what: `the lock ${path} cannot be read`,
      fix: 'make sure that no other k8sup runs on this cluster, then remove the file',
      cause: error,
    });
  }
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  const start = await processStart(holder.pid);
  if (start !== undefined) return start === holder.processStart;
  // Without /proc only the number tells; EPERM means that it is somebody's process.
  if (process.platform === 'linux') return false;
  try {
    return process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function processStart(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
