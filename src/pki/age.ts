import { messageOf } from '../errors/k8sup-error.ts';
import { pkiError } from './pki-error.ts';

/** A key pair of age: whoever has the identity reads what is encrypted for the recipient. */
export interface AgePair {
  /** A secret. */
  readonly identity: string;
  readonly recipient: string;
}

/** Late, as most stores are not encrypted. */
const age = () => import('age-encryption');

const armorHead = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Whether this is age's format, in the armoured form that k8sup writes. */
export function isAge(text: string): boolean {
  return text.trimStart().startsWith(armorHead);
}

/** A fresh pair. */
export async function newAgePair(): Promise<AgePair> {
  const { generateX25519Identity, identityToRecipient } = await age();
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * Encrypts for whoever has the identity of one of the recipients, as armoured text.
 *
 * @throws K8supError `PKI_RECIPIENT` for what is no recipient.
 */
export async function encryptFor(recipients: readonly string[], text: string): Promise<string> {
  const { Encrypter, armor } = await age();
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw pkiError('PKI_RECIPIENT', `${JSON.stringify(recipient)} is no recipient of age`, {
        why: messageOf(error),
        fix: 'give what  age-keygen -y  prints: age1…; keys of SSH are not taken',
        cause: error,
      });
    }
  }
  return armor.encode(await encrypter.encrypt(text));
}

/** Encrypts by a passphrase, as armoured text. It takes about a second, so that guessing takes long. */
export async function encryptWithPassphrase(passphrase: string, text: string): Promise<string> {
  const { Encrypter, armor } = await age();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return armor.encode(await encrypter.encrypt(text));
}

/** Whether a passphrase opens it, and no identity. @throws K8supError `PKI_ENCRYPTED` where it is damaged. */
export async function isByPassphrase(text: string, name: string): Promise<boolean> {
  const head = Buffer.from(await bytesOf(text, name)).toString('latin1');
  return head.split('\n')[1]?.startsWith('-> scrypt ') === true;
}

/**
 * Decrypts armoured text; undefined where none of the keys is of those that open it.
 *
 * @param name - of the file, for messages.
 * @throws K8supError `PKI_ENCRYPTED` where it is damaged.
 */
export async function decryptBy(
  keys: { readonly identities: readonly string[] } | { readonly passphrase: string },
  text: string,
  name: string,
): Promise<string | undefined> {
  const { Decrypter } = await age();
  const decrypter = new Decrypter();
  if ('passphrase' in keys) decrypter.addPassphrase(keys.passphrase);
  else for (const identity of keys.identities) decrypter.addIdentity(identity);
  const bytes = await bytesOf(text, name);
  try {
    return await decrypter.decrypt(bytes, 'text');
  } catch (error) {
    // The one way in which the library tells it.
    if (messageOf(error).startsWith('no identity matched')) return undefined;
    throw damaged(name, error);
  }
}

/** How a file of age begins that is not armoured: https://age-encryption.org/v1 */
const binaryHead = 'age-encryption.org/';

/** The identities of an identity file. @throws K8supError `PKI_IDENTITY` where it holds none, or something else. */
export async function readIdentities(text: string, name: string): Promise<readonly string[]> {
  const { identityToRecipient } = await age();
  const lines = text.split('\n').map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  try {
    // What is in it is never told, so neither is what the library says of it.
    for (const identity of identities) await identityToRecipient(identity);
    if (identities.length > 0) return identities;
  } catch {
    // As below.
  }
  throw pkiError(
    'PKI_IDENTITY',
    `${name} is no identity file of age`,
    text.startsWith(binaryHead)
      ? { why: 'it is encrypted, and not as text', fix: 'encrypt it as text:  age -p -a' }
      : { fix: 'name the file that  age-keygen  wrote: a line in it begins with AGE-SECRET-KEY-' },
  );
}

async function bytesOf(text: string, name: string): Promise<Uint8Array> {
  const { armor } = await age();
  try {
    return armor.decode(text);
  } catch (error) {
    throw damaged(name, error);
  }
}

function damaged(name: string, error: unknown): Error {
  return pkiError('PKI_ENCRYPTED', `${name} is damaged, so that it cannot be decrypted`, {
    why: messageOf(error),
    fix: 'put it back from a backup',
    cause: error,
  });
}
