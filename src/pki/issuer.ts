import { createPublicKey, type KeyObject } from 'node:crypto';

import { readCertificate } from './certificate.ts';
import type { CsrRequest } from './cfssl/csr-request.ts';
import { type Issuer, selfSign, validityFrom } from './issue.ts';
import { readPrivateKey } from './keys.ts';
import { pkiError } from './pki-error.ts';

/** The self-signed certificate of an authority; `lifetimeMs` goes before the request's own `ca.expiry`. */
export async function createAuthority(
  request: CsrRequest,
  key: KeyObject,
  options: { readonly now: Date; readonly lifetimeMs?: number },
): Promise<string> {
  const validity = validityFrom(options.now, options.lifetimeMs ?? request.ca.expiryMs, request.ca.backdateMs);
  return selfSign(
    { subject: request.subject, hosts: [], usages: ['cert sign', 'crl sign'], ca: request.ca.constraint },
    key,
    validity,
  );
}

/** Reads an authority's pair. @throws K8supError `PKI_CA` when the two do not belong together. */
export function readIssuer(certPem: string, keyPem: string, name: string): Issuer {
  const certificate = readCertificate(certPem, `${name} (certificate)`);
  const key = readPrivateKey(keyPem, `${name} (key)`);
  if (createPublicKey(key).equals(certificate.publicKey)) return { certificate, key };
  throw pkiError('PKI_CA', `certificate and key of ${name} do not belong together`, {
    why: 'the public key in the certificate is another one',
    fix: 'give the key this certificate was made with',
  });
}
