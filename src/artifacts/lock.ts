import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import { isMissing } from './file-hash.ts';

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when another process holds it. */
  readonly onWait: (holder: string) => void;
  /** Milliseconds to wait for another holder; default an hour. */
  readonly limitMs?: number;
}

/**
 * Runs `body` while this process holds the lock file. A file left by a process that is gone is taken over; a process is known by its id and the
 * time it started. The lock only saves work: what it guards is put in place by one rename, so that even two holders could do no harm.
 *
 * @throws K8supError `ARTIFACT_LOCKED` after the limit.
 */
export async function withFileLock<T>(path: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  await acquire(path, options);
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const limitMs = options.limitMs ?? 60 * 60_000;
  const end = Date.now() + limitMs;
  const own = `${process.pid} ${(await startTime(process.pid)) ?? '-'} ${hostname()}\n`;
  let told = false;
  while (!(await take(path, own))) {
    options.signal.throwIfAborted();
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    if (!(await isAlive(holder))) {
      await removeStale(path, holder);
      continue;
    }
    if (!told) options.onWait(`process ${holder.split(' ')[0] ?? '?'}`);
    told = true;
    if (Date.now() > end) throw lockedError(path, holder, limitMs);
    await sleep(300, undefined, { signal: options.signal });
  }
}

/** A link makes the file appear whole, or fails because there is one. */
async function take(path: string, own: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, own);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readHolder(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid, start, host] = holder.trim().split(' ');
  // It appears whole, so an empty one, or half of one, is what a power cut left.
  if (host === undefined) return false;
  // A cache on a shared disk: nothing is known of another machine's processes.
  if (host !== hostname()) return true;
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || !exists(id)) return false;
  return start === '-' || ((await startTime(id)) ?? start) === start;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Ticks since boot at which a process started; undefined where there is no /proc. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold spaces; field 22 is the 20th after it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'ESRCH')) return undefined;
    throw error;
  }
}

/** Another waiter may have taken it over in between: what was moved away is put back if it is not the stale one. */
async function removeStale(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== holder) await take(path, moved);
  await rm(aside, { force: true });
}

function lockedError(path: string, holder: string, limitMs: number): K8supError {
  return new K8supError({
    code: 'ARTIFACT_LOCKED',
    kind: 'lock',
    what: `waited ${Math.round(limitMs / 60_000)} minutes for another k8sup that fetches the same artifact`,
    why: `${path} is held by ${holder.trim()} (process, start, machine)`,
    fix: 'If that process is not a k8sup, remove the file.',
  });
}
