import { decryptBy, isAge, isByPassphrase, readIdentities } from './age.ts';
import { pkiError } from './pki-error.ts';

/** A text, and what it is called in messages. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Where the keys come from that open what is encrypted. */
export interface KeySources {
  /** An identity file; undefined where none was named. */
  readonly identity?: (() => Promise<NamedText>) | undefined;
  /** @param of - what it opens, for a question. */
  readonly passphrase: (of: string) => Promise<string>;
}

/** Opens what is encrypted by age; asks for each thing once. */
export interface StoreKey {
  /**
   * @param own - the store's own identity file, behind a passphrase: for where the identity that was named does not open it.
   * @throws K8supError `PKI_LOCKED` where nothing opens it, `PKI_PASSPHRASE`, `PKI_IDENTITY`, `PKI_ENCRYPTED`.
   */
  open(sealed: NamedText, own?: NamedText): Promise<string>;
}

/** What to do where nothing opens it. */
export const howToUnlock =
  'name the identity file of one of its recipients: --identity FILE, or cluster.certificates.store.identityFile in the inventory';

/** A key that asks its sources when it is first needed. */
export function storeKey(sources: KeySources): StoreKey {
  const known = new Map<string, Promise<readonly string[]>>();
  const once = (name: string, read: () => Promise<NamedText>): Promise<readonly string[]> => {
    const identities = known.get(name) ?? read().then((file) => identitiesOf(file, sources));
    known.set(name, identities);
    return identities;
  };
  return {
    open: async (sealed, own) => {
      if (await isByPassphrase(sealed.text, sealed.name)) return openByPassphrase(sealed, sources);
      const { identity } = sources;
      const files = [
        ...(identity === undefined ? [] : [() => once('', identity)]),
        ...(own === undefined ? [] : [() => once(own.name, () => Promise.resolve(own))]),
      ];
      for (const identities of files) {
        const text = await decryptBy({ identities: await identities() }, sealed.text, sealed.name);
        if (text !== undefined) return text;
      }
      throw locked(sealed.name, identity !== undefined);
    },
  };
}

/** An identity file may itself be behind a passphrase, as age writes them too. */
async function identitiesOf(file: NamedText, sources: KeySources): Promise<readonly string[]> {
  return readIdentities(isAge(file.text) ? await openByPassphrase(file, sources) : file.text, file.name);
}

async function openByPassphrase({ name, text }: NamedText, { passphrase }: KeySources): Promise<string> {
  const opened = await decryptBy({ passphrase: await passphrase(name) }, text, name);
  if (opened !== undefined) return opened;
  throw pkiError('PKI_PASSPHRASE', `this is not the passphrase of ${name}`, {
    fix: 'run it again with the right one: that of the store is typed, or comes from cluster.certificates.store in the inventory; a backup may have its own (pki restore --passphrase-file FILE)',
  });
}

function locked(name: string, tried: boolean): Error {
  return pkiError(
    'PKI_LOCKED',
    `${name} is encrypted, and ${tried ? 'the identity does not open it' : 'no identity was named that opens it'}`,
    { fix: howToUnlock },
  );
}
