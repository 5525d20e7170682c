import { open } from 'node:fs/promises';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';
import { storeKey } from '../pki/index.ts';
import type { StoreKey } from '../pki/index.ts';
import { openSecrets } from '../transport/secrets.ts';
import { askSecret } from './ask-secret.ts';
import type { Io } from './io.ts';

export interface KeyFlags {
  /** Identity file of age; goes before that of the inventory. */
  readonly identity?: string | undefined;
  /** Holds the passphrase alone; goes before that of the inventory. */
  readonly passphraseFile?: string | undefined;
}

/** A program works on one cluster, though perhaps in several runs: it asks once. */
const known = new WeakMap<Io, StoreKey>();

/** What opens the store of a cluster where it is encrypted, and asks for what it needs when that is first read. */
export function storeKeyOf(inventory: Inventory, flags: KeyFlags, io: Io): StoreKey {
  const key = known.get(io) ?? makeKey(inventory, flags, io);
  known.set(io, key);
  return key;
}

/**
 * Reads a file that only its owner may read.
 *
 * @throws K8supError `SECRET_FILE`, `SECRET_FILE_MODE`.
 */
export async function readSecretFile(path: string): Promise<string> {
  const refuse = (code: string, what: string, fix: string, cause?: unknown): K8supError =>
    new K8supError({ code, kind: 'pki', what, fix, cause, ...(cause === undefined ? {} : { why: messageOf(cause) }) });
  try {
    await using file = await open(path);
    const mode = (await file.stat()).mode & 0o777;
    if ((mode & 0o077) === 0) return await file.readFile('utf8');
    const written = mode.toString(8).padStart(4, '0');
    throw refuse('SECRET_FILE_MODE', `${path} can be read by others (mode ${written})`, `chmod 600 ${path}`);
  } catch (error) {
    if (error instanceof K8supError) throw error;
    throw refuse('SECRET_FILE', `${path} cannot be read`, 'name a file that is there and that you may read', error);
  }
}

/** @throws K8supError as {@link readSecretFile}. */
export async function readPassphrase(path: string): Promise<string> {
  return (await readSecretFile(path)).replace(/\r?\n$/, '');
}

function makeKey({ cluster }: Inventory, flags: KeyFlags, io: Io): StoreKey {
  // A person ends the question at the terminal itself.
  const { signal } = new AbortController();
  const secrets = openSecrets((question, until) => askSecret(io, question, until));
  const file = flags.identity ?? cluster.store.identityFile;
  return storeKey({
    identity: file === undefined ? undefined : async () => ({ name: file, text: await readSecretFile(file) }),
    passphrase: (of) =>
      flags.passphraseFile === undefined
        ? secrets.get(cluster.store.passphrase ?? { ask: 'once' }, { what: `passphrase of ${of}` }, signal)
        : readPassphrase(flags.passphraseFile),
  });
}
