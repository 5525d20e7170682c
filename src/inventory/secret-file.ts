import { open } from 'node:fs/promises';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { ExitKind } from '../errors/k8sup-error.ts';

/**
 * Reads a file on the controller that only its owner may read. Mode and text are of one and the same file.
 *
 * @param kind - of whose input it is that names the file.
 * @throws K8supError `SECRET_FILE_UNREADABLE`, and `SECRET_FILE_MODE` for one that others can read.
 */
export async function readSecretFile(path: string, kind: ExitKind): Promise<string> {
  try {
    await using file = await open(path);
    const others = othersMode((await file.stat()).mode);
    if (others === undefined) return await file.readFile('utf8');
    throw new K8supError({ code: 'SECRET_FILE_MODE', kind, what: `${path} ${others}`, fix: `chmod 600 ${path}` });
  } catch (error) {
    if (error instanceof K8supError) throw error;
    throw new K8supError({
      code: 'SECRET_FILE_UNREADABLE',
      kind,
      what: `${path} cannot be read`,
      why: messageOf(error),
      fix: 'name a file that is there and that you may read',
      cause: error,
    });
  }
}

/** A secret that has such a file for itself; a newline at its end is an editor's, not the secret's. @throws K8supError as {@link readSecretFile}. */
export async function readSecretText(path: string, kind: ExitKind): Promise<string> {
  return (await readSecretFile(path, kind)).replace(/\r?\n$/, '');
}

/** What is wrong with the mode of a file that is its owner's alone; undefined for nothing. */
export function othersMode(mode: number): string | undefined {
  if ((mode & 0o077) === 0) return undefined;
  return `can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`;
}
