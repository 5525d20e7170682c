import { sign, verify, type KeyObject } from 'node:crypto';

import { is, members, readOid } from './der/read.ts';
import { nothing, oid, sequence, type Node } from './der/write.ts';
import { keySpecOf } from './keys.ts';

/** How something is signed. */
export interface SignatureAlgorithm {
  readonly oid: string;
  /** Go's name, as CFSSL prints it. */
  readonly name: string;
  /** Null for Ed25519, which hashes by itself. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
}

/** Every algorithm that is made and accepted (RFC 4055, 5758, 8410). */
export const signatureAlgorithms: readonly SignatureAlgorithm[] = [
  { oid: '1.2.840.113549.1.1.11', name: 'SHA256WithRSA', digest: 'sha256', keyType: 'rsa' },
  { oid: '1.2.840.113549.1.1.12', name: 'SHA384WithRSA', digest: 'sha384', keyType: 'rsa' },
  { oid: '1.2.840.113549.1.1.13', name: 'SHA512WithRSA', digest: 'sha512', keyType: 'rsa' },
  { oid: '1.2.840.10045.4.3.2', name: 'ECDSAWithSHA256', digest: 'sha256', keyType: 'ec' },
  { oid: '1.2.840.10045.4.3.3', name: 'ECDSAWithSHA384', digest: 'sha384', keyType: 'ec' },
  { oid: '1.2.840.10045.4.3.4', name: 'ECDSAWithSHA512', digest: 'sha512', keyType: 'ec' },
  { oid: '1.3.101.112', name: 'Ed25519', digest: null, keyType: 'ed25519' },
];

/** The algorithm CFSSL uses with this key: the hash grows with the key. */
export function algorithmFor(key: KeyObject): SignatureAlgorithm {
  const spec = keySpecOf(key, 'the signing key');
  const keyType = spec.algo === 'ecdsa' ? 'ec' : spec.algo;
  const digest = spec.algo === 'ed25519' ? null : digestFor(spec);
  const found = signatureAlgorithms.find((entry) => entry.keyType === keyType && entry.digest === digest);
  if (!found) throw new Error(`no signature algorithm for ${keyType}`);
  return found;
}

/** AlgorithmIdentifier; only RSA's has parameters, a NULL. */
export function encodeAlgorithm(algorithm: SignatureAlgorithm): Node {
  return algorithm.keyType === 'rsa' ? sequence(oid(algorithm.oid), nothing()) : sequence(oid(algorithm.oid));
}

/** Undefined for an algorithm that is not accepted, or one with odd parameters. @throws DerError when malformed. */
export function decodeAlgorithm(node: Node | undefined): SignatureAlgorithm | undefined {
  const [id, parameters, ...rest] = members(node, 'sequence', 'the signature algorithm');
  const found = signatureAlgorithms.find((entry) => entry.oid === readOid(id, 'the signature algorithm'));
  const rightParameters = found?.keyType === 'rsa' ? is(parameters, 'null') : parameters === undefined;
  return rightParameters && rest.length === 0 ? found : undefined;
}

/** Signs in the thread pool. */
export function signBytes(algorithm: SignatureAlgorithm, bytes: Buffer, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(algorithm.digest, bytes, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

/** Whether the signature over the bytes is the key's. */
export function verifyBytes(
  algorithm: SignatureAlgorithm,
  bytes: Buffer,
  by: { readonly publicKey: KeyObject; readonly signature: Buffer },
): boolean {
  if (by.publicKey.asymmetricKeyType !== algorithm.keyType) return false;
  try {
    return verify(algorithm.digest, bytes, by.publicKey, by.signature);
  } catch {
    // OpenSSL throws for signatures that are no signature at all; that is a no like any other.
    return false;
  }
}

function digestFor(spec: { readonly algo: 'rsa' | 'ecdsa'; readonly size: number }): 'sha256' | 'sha384' | 'sha512' {
  const [middle, high] = spec.algo === 'rsa' ? [3072, 4096] : [384, 521];
  if (spec.size >= high) return 'sha512';
  return spec.size >= middle ? 'sha384' : 'sha256';
}
