import { K8supError } from '../../errors/k8sup-error.ts';
import type { JsonSource } from '../../pki/index.ts';
import type { Io } from '../io.ts';
import { readNamed } from '../named-file.ts';

/**
 * Reads what a command line names as cfssl does: a file, `file:` with a file, or `-` for standard input.
 *
 * @throws K8supError `FILE_UNREADABLE`; `PKI_FILE` for `env:`, as the environment of a process is no place for a key.
 */
export async function readInput(name: string, io: Io): Promise<JsonSource> {
  if (name === '-') return { name: 'standard input', text: await readAll(io) };
  if (name.startsWith('env:')) {
    throw new K8supError({
      code: 'PKI_FILE',
      kind: 'usage',
      what: `${name} names a variable of the environment`,
      why: 'other programs see the environment of a process, so k8sup takes keys from files and standard input alone',
      fix: 'put it into a file of mode 0600, or give it on standard input with -',
    });
  }
  const path = name.startsWith('file:') ? name.slice('file:'.length) : name;
  return { name: path, text: await readNamed(path) };
}

/** The same where a flag was given, and undefined where it was not, or is empty. */
export async function readOptional(name: string | undefined, io: Io): Promise<JsonSource | undefined> {
  return name === undefined || name === '' ? undefined : readInput(name, io);
}

async function readAll(io: Io): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of io.in) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}
