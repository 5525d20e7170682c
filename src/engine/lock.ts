import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import { ago, describe, describeSelf, mayLive, parseHolder } from './lock-holder.ts';
import type { FoundLock, LockHolder } from './lock-holder.ts';

/**
 * Takes the lock of a cluster's state folder. A lock whose process is gone is taken over; one of another machine or container never is.
 *
 * @returns a function that releases it.
 * @throws K8supError `CLUSTER_LOCKED` naming the holder, `LOCK_UNREADABLE`.
 */
export async function takeLock(path: string, command: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(await describeSelf(command))}\n`;
  await acquire(path, text);
  return () => release(path, text);
}

/** The lock of a state folder, if there is one. */
export async function findStateLock(path: string): Promise<FoundLock | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const holder = parseHolder(path, text);
    return { text, state: (await mayLive(holder)) ? 'live' : 'gone', about: withAge(holder) };
  } catch (error) {
    if (error instanceof K8supError) return { text, state: 'live', about: error.message };
    throw error;
  }
}

/** Takes a found lock away, unless it is another by now. */
export async function removeStateLock(path: string, { text }: FoundLock): Promise<void> {
  await release(path, text);
}

async function acquire(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeSynced(temporary, text);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (await linked(temporary, path)) return;
      const found = await readText(path);
      if (found === undefined) continue;
      await refuseLiving(parseHolder(path, found));
      if (await takeOver(path, { stale: found, temporary, text })) return;
    }
  } finally {
    await rm(temporary, { force: true });
  }
  throw new Error(`the lock ${path} changes hands too fast`);
}

/**
 * Only who holds the guard replaces a stale lock, and only the very one that was judged. The guard is a lock like any other, so that one left by
 * a process that died right here is taken over in the same way.
 */
async function takeOver(
  path: string,
  { stale, temporary, text }: { readonly stale: string; readonly temporary: string; readonly text: string },
): Promise<boolean> {
  const guard = `${path}.takeover`;
  await acquire(guard, text);
  try {
    if ((await readText(path)) !== stale) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await release(guard, text);
  }
}

/** A lock that somebody removed by hand may be another's by now. */
async function release(path: string, text: string): Promise<void> {
  if ((await readText(path)) === text) await rm(path, { force: true });
}

/** On disk before it has its name: a lock is never empty, whatever breaks off. */
async function writeSynced(path: string, text: string): Promise<void> {
  await using handle = await open(path, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function refuseLiving(holder: LockHolder): Promise<void> {
  if (!(await mayLive(holder))) return;
  throw new K8supError({
    code: 'CLUSTER_LOCKED',
    kind: 'lock',
    what: 'another k8sup is at work on this cluster',
    why: withAge(holder),
    fix: 'wait for it to end; if it is surely gone, see  k8sup unlock',
  });
}

function withAge(holder: LockHolder): string {
  return `${describe(holder)} (${ago((Date.now() - Date.parse(holder.since)) / 1000)})`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
