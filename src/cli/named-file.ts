import { open, readFile, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';

/**
 * Reads a file that a command line names.
 *
 * @throws K8supError `FILE_UNREADABLE`.
 */
export async function readNamed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refused('FILE_UNREADABLE', error, {
      what: `${path} cannot be read`,
      fix: 'name a file that is there and that you may read',
    });
  }
}

/**
 * Runs what writes a file or a folder that a command line names.
 *
 * @throws K8supError `FILE_NOT_WRITTEN`; one of `write` itself passes.
 */
export async function writingNamed<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof K8supError) throw error;
    throw refused('FILE_NOT_WRITTEN', error, {
      what: `${path} cannot be written`,
      fix: 'name a place in a folder that is there and that you may write to',
    });
  }
}

/**
 * Writes a file for its owner alone, which must not be there yet. It is made before its text is, so that nothing is made that cannot be kept; where that
 * fails, it is taken away again.
 *
 * @throws K8supError `FILE_EXISTS`, `FILE_NOT_WRITTEN`; one of `make` passes.
 */
export async function writeNew(path: string, make: () => Promise<string>): Promise<void> {
  await using file = await openNew(path);
  try {
    const text = await make();
    await writingNamed(path, async () => {
      await file.writeFile(text);
      await file.sync();
    });
  } catch (error) {
    await unlink(path);
    throw error;
  }
}

function openNew(path: string): Promise<FileHandle> {
  return writingNamed(path, async () => {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if (!isThere(error)) throw error;
      throw refused('FILE_EXISTS', error, {
        what: `${path} is there already`,
        fix: 'name a file that is not there yet: what is there is never written over',
      });
    }
  });
}

/** Whether a file could not be made because it is there. */
export function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function refused(
  code: string,
  cause: unknown,
  { what, fix }: { readonly what: string; readonly fix: string },
): K8supError {
  return new K8supError({ code, kind: 'usage', what, why: messageOf(cause), fix, cause });
}
