import { readFile, readlink } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { K8supError } from '../errors/k8sup-error.ts';

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: tells a living holder from another process with its number. */
  readonly processStart: string;
  readonly host: string;
  /** Of the kernel's start: what ran before it is gone. Empty where there is no /proc. */
  readonly bootId: string;
  /** Containers may share a host name, while none sees the processes of another. Empty where there is no /proc. */
  readonly pidNamespace: string;
  readonly user: string;
  readonly command: string;
  readonly since: string;
}

/** One line for a host's lock and for messages. */
export async function describeHolder(command: string): Promise<string> {
  return describe(await describeSelf(command));
}

/** One line for messages. */
export function describe({ command, user, host, pid, since }: LockHolder): string {
  return `k8sup ${command} of ${user}@${host}, process ${String(pid)}, since ${since}`;
}

/** This process as a holder. */
export async function describeSelf(command: string): Promise<LockHolder> {
  return {
    pid: process.pid,
    processStart: (await processStart(process.pid)) ?? '',
    host: hostname(),
    ...(await surroundings()),
    user: userName(),
    command,
    since: new Date().toISOString(),
  };
}

/** @throws K8supError `LOCK_UNREADABLE`. */
export function parseHolder(path: string, text: string): LockHolder {
  try {
    return JSON.parse(text) as LockHolder;
  } catch (error) {
    throw new K8supError({
      code: 'LOCK_UNREADABLE',
      kind: 'lock',
      what: `the lock ${path} cannot be read`,
      fix: 'make sure that no other k8sup runs on this cluster, then remove the file',
      cause: error,
    });
  }
}

/** Whether the holder lives, as far as can be told from here: those of other machines and containers count as living. */
export async function mayLive(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  const here = await surroundings();
  if (holder.bootId !== here.bootId) return false;
  return holder.pidNamespace !== here.pidNamespace || (await isAlive(holder));
}

async function surroundings(): Promise<Pick<LockHolder, 'bootId' | 'pidNamespace'>> {
  const orEmpty = (read: Promise<string>): Promise<string> => read.catch(() => '');
  const [bootId, pidNamespace] = await Promise.all([
    orEmpty(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    orEmpty(readlink('/proc/self/ns/pid')),
  ]);
  return { bootId: bootId.trim(), pidNamespace };
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

/** A user id of a container often has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${String(process.getuid?.())}`;
  }
}
