import { encryptFor } from './age.ts';
import { type Folder, openFolder } from './folder.ts';
import { pkiError } from './pki-error.ts';
import { isSecret, ownIdentityOf, recipientsIn, sealedName, unsaid } from './seal.ts';
import { howToUnlock, type StoreKey } from './store-key.ts';

/** The folder that holds one cluster's keys and certificates. Where it is encrypted, what is secret is so on disk, and nowhere else. */
export type Store = Omit<Folder, 'list' | 'sweep'>;

/**
 * Opens the store, creating nothing. Whether it is encrypted is seen now; its key is asked for when the first secret is read.
 *
 * @param key - what opens an encrypted one; without it that fails with `PKI_LOCKED`.
 * @throws K8supError as {@link openFolder}.
 */
export async function openStore(dir: string, key?: StoreKey): Promise<Store> {
  const folder = await openFolder(dir);
  const recipients = await recipientsIn(folder);
  return recipients === undefined ? plainStore(folder) : sealedStore(folder, recipients, key);
}

function plainStore(folder: Folder): Store {
  return {
    ...folder,
    read: async (name) => {
      const text = await folder.read(name);
      if (text === undefined && isSecret(name) && (await folder.has(sealedName(name))))
        throw unsaid(folder, sealedName(name));
      return text;
    },
    // Left by an encryption that was interrupted, it would count as one of a store that does not say for whom.
    remove: (names) => folder.remove(withSealed(names)),
  };
}

function sealedStore(folder: Folder, recipients: readonly string[], key: StoreKey | undefined): Store {
  const nameOf = (name: string): string => (isSecret(name) ? sealedName(name) : name);
  const open = async (name: string, text: string): Promise<string> => {
    if (key === undefined) {
      throw pkiError('PKI_LOCKED', `${folder.path(name)} is encrypted`, { fix: howToUnlock });
    }
    return key.open({ name: folder.path(name), text }, await ownIdentityOf(folder));
  };
  return {
    dir: folder.dir,
    path: (name) => folder.path(nameOf(name)),
    has: async (name) => (await folder.has(nameOf(name))) || folder.has(name),
    read: async (name) => {
      const text = await folder.read(nameOf(name));
      if (!isSecret(name)) return text;
      // In the clear where it was put there by hand, until the next `encryptStore`.
      return text === undefined ? folder.read(name) : open(nameOf(name), text);
    },
    write: async (files) => {
      const sealed = files.map(async ({ name, text }) =>
        isSecret(name) ? { name: sealedName(name), text: await encryptFor(recipients, text) } : { name, text },
      );
      await folder.write(await Promise.all(sealed));
      await folder.remove(files.map(({ name }) => name).filter(isSecret));
    },
    remove: (names) => folder.remove(withSealed(names)),
  };
}

function withSealed(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => (isSecret(name) ? [sealedName(name), name] : [name]));
}
