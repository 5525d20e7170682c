import { encryptFor, encryptWithPassphrase, newAgePair } from './age.ts';
import type { Folder, StoreFile } from './folder.ts';
import { pkiError } from './pki-error.ts';
import type { NamedText, StoreKey } from './store-key.ts';

/** Says that a store is encrypted, and for whom: a recipient of age on each line. Written last, taken away first. */
const recipientsFile = 'recipients.txt';

/** The store's own identity behind its passphrase: the slow way from a passphrase to a key is gone once, not for each file. */
const ownIdentityFile = 'identity.age';

/** The identity that the store keeps for its passphrase, still encrypted; undefined where it has no passphrase. */
export async function ownIdentityOf(folder: Pick<Folder, 'path' | 'read'>): Promise<NamedText | undefined> {
  const text = await folder.read(ownIdentityFile);
  return text === undefined ? undefined : { name: folder.path(ownIdentityFile), text };
}

/** Whether a file of the store is a secret, by its name. */
export function isSecret(name: string): boolean {
  return /(-key\.pem|\.key)$/.test(name);
}

const sealedEnd = '.age';

/** As a secret is called where the store is encrypted. */
export function sealedName(name: string): string {
  return `${name}${sealedEnd}`;
}

/** For whom the store is encrypted; undefined where it is not. @throws K8supError `PKI_STORE` where it says nobody. */
export async function recipientsIn(folder: Folder): Promise<readonly string[] | undefined> {
  const text = await folder.read(recipientsFile);
  if (text === undefined) return undefined;
  const recipients = text.split('\n').filter((line) => line.startsWith('age1'));
  if (recipients.length > 0) return recipients;
  throw pkiError('PKI_STORE', `${folder.path(recipientsFile)} names no recipient`, {
    fix: 'put it back from a backup',
  });
}

/** For whom a store is to be encrypted: at least one of the two. */
export interface SealFor {
  readonly recipients: readonly string[];
  readonly passphrase?: string | undefined;
}

/**
 * Encrypts all secrets of a store. Nothing in the clear goes before all that is encrypted is on disk, so that one that is interrupted loses nothing, and the
 * same again completes it.
 *
 * @param ask - for whom; asked only where the store does not say so yet.
 * @returns how many files were encrypted, or taken away because they were so already.
 * @throws K8supError `PKI_SEALED` where there is nothing left to do, `PKI_RECIPIENT`, `PKI_STORE`.
 */
export async function encryptStore(folder: Folder, ask: () => Promise<SealFor>): Promise<number> {
  // What a decryption that was killed has left is in the clear, and no name of a secret.
  await folder.sweep();
  const known = await recipientsIn(folder);
  const names = (await folder.list()).filter(isSecret);
  if (known !== undefined && names.length === 0) {
    throw pkiError('PKI_SEALED', `${folder.dir} is encrypted already`, {
      fix: 'for another passphrase or other recipients:  k8sup pki decrypt  first',
    });
  }
  if (known === undefined) await refuseUnsaid(folder);
  const { recipients, own } = known === undefined ? await sealFor(await ask()) : { recipients: known, own: [] };
  const sealed = new Set(await folder.list());
  // Where the store says that it is encrypted, what is encrypted is newer than what was left in the clear.
  const open = names.filter((name) => known === undefined || !sealed.has(sealedName(name)));
  const files: StoreFile[] = [];
  for (const name of open) {
    files.push({ name: sealedName(name), text: await encryptFor(recipients, (await folder.read(name)) ?? '') });
  }
  await folder.write([...own, ...files]);
  if (known === undefined) await folder.write([{ name: recipientsFile, text: `${recipients.join('\n')}\n` }]);
  await folder.remove(names);
  return names.length;
}

/**
 * The way back. One that is interrupted loses nothing, and the same again completes it.
 *
 * @throws K8supError `PKI_UNSEALED` where it is not encrypted, and those of {@link StoreKey.open}.
 */
export async function decryptStore(folder: Folder, key: StoreKey): Promise<number> {
  const names = (await folder.list()).filter(isSealed);
  const known = await recipientsIn(folder);
  if (known === undefined && names.length === 0) {
    throw pkiError('PKI_UNSEALED', `${folder.dir} is not encrypted`, {
      fix: 'there is nothing to decrypt: leave it as it is',
    });
  }
  if (known === undefined) await refuseUnsaid(folder);
  else {
    const own = await ownIdentityOf(folder);
    const files: StoreFile[] = [];
    for (const name of names) {
      const sealed = { name: folder.path(name), text: (await folder.read(name)) ?? '' };
      files.push({ name: openName(name), text: await key.open(sealed, own) });
    }
    await folder.write(files);
    await folder.remove([recipientsFile]);
  }
  await folder.remove([...names, ownIdentityFile]);
  await folder.sweep();
  return names.length;
}

/** Without the file of recipients, what is encrypted and nowhere in the clear must not be taken for what an interrupted run has left. */
async function refuseUnsaid(folder: Folder): Promise<void> {
  for (const name of (await folder.list()).filter(isSealed)) {
    if (!(await folder.has(openName(name)))) throw unsaid(folder, name);
  }
}

/** @param name - of the encrypted file. */
export function unsaid(folder: Pick<Folder, 'path'>, name: string): Error {
  return pkiError('PKI_STORE', `${folder.path(name)} is encrypted, and the store does not say for whom`, {
    why: `${folder.path(recipientsFile)} is missing, without which a store counts as one that is not encrypted`,
    fix: 'put the whole store back from a backup or from git',
  });
}

function isSealed(name: string): boolean {
  return name.endsWith(sealedEnd) && isSecret(openName(name));
}

function openName(name: string): string {
  return name.slice(0, -sealedEnd.length);
}

async function sealFor({ recipients, passphrase }: SealFor) {
  if (passphrase === undefined) return { recipients, own: [] };
  const pair = await newAgePair();
  const text = await encryptWithPassphrase(passphrase, `# public key: ${pair.recipient}\n${pair.identity}\n`);
  return { recipients: [pair.recipient, ...recipients], own: [{ name: ownIdentityFile, text }] };
}
