import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { K8supError } from '../errors/k8sup-error.ts';

/** Who holds a lock. */
export interface LockHolder {
  /** Of this one time that a lock was taken: no other has it. */
  readonly id: string;
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

/** `gone`: surely dead, seen from here. `silent`: on another machine, without a sign of life for too long. */
export type HolderState = 'live' | 'gone' | 'silent';

/** A lock that is there, and whether somebody still works under it; one that cannot be read counts as one of somebody who lives. */
export interface FoundLock {
  readonly text: string;
  readonly state: HolderState;
  /** One line for people. */
  readonly about: string;
}

/** One line for a host's lock and for messages. */
export async function describeHolder(command: string): Promise<string> {
  return describe(await describeSelf(command));
}

/** One line for messages. */
export function describe({ command, user, host, pid, since }: LockHolder): string {
  return `k8sup ${command} of ${user}@${host}, process ${String(pid)}, since ${since}`;
}

/** `4 min ago`. */
export function ago(seconds: number): string {
  const past = Math.floor(Math.max(0, seconds));
  if (past < 120) return `${String(past)} s ago`;
  return past < 7200 ? `${String(Math.floor(past / 60))} min ago` : `${String(Math.floor(past / 3600))} h ago`;
}

/** This process as a holder. */
export async function describeSelf(command: string): Promise<LockHolder> {
  return {
    id: randomUUID(),
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
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (isHolder(found)) return found;
  throw unreadable(path);
}

/** Whether the holder lives, as far as can be told from here: those of other machines and containers count as living. */
export async function mayLive(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  const here = await surroundings();
  if (holder.bootId !== here.bootId) return false;
  return holder.pidNamespace !== here.pidNamespace || (await isAlive(holder));
}

/** Whether only signs of life can tell if it lives. Machines may share a name, so another start of a kernel is another machine here. */
export async function isElsewhere(holder: LockHolder): Promise<boolean> {
  const here = await surroundings();
  return holder.host !== hostname() || holder.bootId !== here.bootId || holder.pidNamespace !== here.pidNamespace;
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

const holderFields: Readonly<Record<keyof LockHolder, 'string' | 'number'>> = {
  id: 'string',
  pid: 'number',
  processStart: 'string',
  host: 'string',
  bootId: 'string',
  pidNamespace: 'string',
  user: 'string',
  command: 'string',
  since: 'string',
};

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false;
  const found = new Map<string, unknown>(Object.entries(value));
  return Object.entries(holderFields).every(([name, type]) => typeof found.get(name) === type);
}

function unreadable(path: string, cause?: unknown): K8supError {
  return new K8supError({
    code: 'LOCK_UNREADABLE',
    kind: 'lock',
    what: `the lock ${path} cannot be read`,
    fix: 'make sure that no other k8sup runs on this cluster, then remove the file',
    cause,
  });
}

/** A user id of a container often has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${String(process.getuid?.())}`;
  }
}
