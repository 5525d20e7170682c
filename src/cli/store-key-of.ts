import type { Inventory } from '../inventory/model.ts';
import { readSecretFile, readSecretText } from '../inventory/secret-file.ts';
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

const ofStore =
  'name cluster.certificates.store.passphraseFile (or passphraseCommand) in the inventory; pki restore takes --passphrase-file FILE too';

function makeKey({ cluster }: Inventory, flags: KeyFlags, io: Io): StoreKey {
  // A person ends the question at the terminal itself.
  const { signal } = new AbortController();
  const secrets = openSecrets((question, until) => askSecret(io, question, until, ofStore));
  const file = flags.identity ?? cluster.store.identityFile;
  return storeKey({
    identity: file === undefined ? undefined : async () => ({ name: file, text: await readSecretFile(file, 'pki') }),
    passphrase: (of) =>
      flags.passphraseFile === undefined
        ? secrets.get(cluster.store.passphrase ?? { ask: 'once' }, { what: `passphrase of ${of}` }, signal)
        : readSecretText(flags.passphraseFile, 'pki'),
  });
}
