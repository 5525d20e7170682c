import { createHash, createPrivateKey, generateKeyPair, type KeyObject, type PrivateKeyInput } from 'node:crypto';

import { decode, members, wholeBytes } from './der/read.ts';
import { pemBlocks } from './pem.ts';
import { pkiError } from './pki-error.ts';

/** What kind of key to make; sizes in bits. */
export type KeySpec =
  | { readonly algo: 'rsa'; readonly size: number }
  | { readonly algo: 'ecdsa'; readonly size: 256 | 384 | 521 }
  | { readonly algo: 'ed25519' };

const curves = { 256: 'prime256v1', 384: 'secp384r1', 521: 'secp521r1' } as const;
/** A new private key, made in the thread pool. */
export function generateKey(spec: KeySpec): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _publicKey: KeyObject, privateKey: KeyObject): void =>
      error ? reject(error) : resolve(privateKey);
    switch (spec.algo) {
      case 'rsa':
        return generateKeyPair('rsa', { modulusLength: spec.size }, done);
      case 'ecdsa':
        return generateKeyPair('ec', { namedCurve: curves[spec.size] }, done);
      case 'ed25519':
        return generateKeyPair('ed25519', {}, done);
    }
  });
}

/** PEM in the form CFSSL and Kubernetes use: PKCS#1 for RSA, SEC1 for EC, PKCS#8 for Ed25519. */
export function privateKeyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8';
  return key.export({ type, format: 'pem' }).toString();
}

/**
 * Reads an unencrypted private key of any of the supported kinds.
 *
 * @throws K8supError `PKI_KEY`.
 */
export function readPrivateKey(pem: string, name: string): KeyObject {
  let key: KeyObject;
  try {
    // CFSSL labels what is PKCS #8 in its own way.
    key = createPrivateKey(withoutLabel(pem) ?? pem.replaceAll('Ed25519 PRIVATE KEY', 'PRIVATE KEY'));
  } catch {
    // The cause may quote the key, so it is not passed on.
    throw pkiError('PKI_KEY', `${name} holds no private key that can be read`, {
      why: 'an unencrypted PEM key (RSA, ECDSA P-256, P-384 or P-521, Ed25519) is expected',
      fix: 'put the right key back from a backup, or decrypt it',
    });
  }
  keySpecOf(key, name);
  return key;
}

/** OpenSSL takes a third of the time where it need not find out what it is given. Undefined for a form that it must be asked for. */
function withoutLabel(pem: string): PrivateKeyInput | undefined {
  const block = pemBlocks(pem).find(({ label }) => label.endsWith('PRIVATE KEY'));
  const type = derTypes.get(block?.label ?? '');
  return block && type && { key: block.der, format: 'der', type };
}

const derTypes: ReadonlyMap<string, 'pkcs1' | 'sec1'> = new Map([
  ['RSA PRIVATE KEY', 'pkcs1'],
  ['EC PRIVATE KEY', 'sec1'],
]);

/** @throws K8supError `PKI_KEY` for a kind or curve that is not supported. */
export function keySpecOf(key: KeyObject, name: string): KeySpec {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength !== undefined) return { algo: 'rsa', size: modulusLength };
  if (key.asymmetricKeyType === 'ed25519') return { algo: 'ed25519' };
  if (key.asymmetricKeyType === 'ec') {
    if (namedCurve === curves[256]) return { algo: 'ecdsa', size: 256 };
    if (namedCurve === curves[384]) return { algo: 'ecdsa', size: 384 };
    if (namedCurve === curves[521]) return { algo: 'ecdsa', size: 521 };
  }
  throw pkiError('PKI_KEY', `${name} is a key of an unsupported kind`, {
    why: `${key.asymmetricKeyType ?? 'unknown'} ${namedCurve ?? ''}`.trim(),
    fix: 'use RSA, ECDSA P-256, P-384 or P-521, or Ed25519',
  });
}

export function sameSpec(a: KeySpec, b: KeySpec): boolean {
  return a.algo === b.algo && (a.algo === 'ed25519' || b.algo === 'ed25519' || a.size === b.size);
}

/** DER of the SubjectPublicKeyInfo. */
export function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** Key identifier as CFSSL makes it: SHA-1 over the public key's bits (RFC 5280, 4.2.1.2, method 1). */
export function keyIdOf(publicKey: KeyObject): Buffer {
  const [, bits] = members(decode(spkiOf(publicKey)), 'sequence', 'a public key');
  return createHash('sha1').update(wholeBytes(bits, 'a public key')).digest();
}
