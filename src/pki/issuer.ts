import { createPublicKey, type KeyObject } from 'node:crypto';

import { readCertificate } from './certificate.ts';
import type { CsrRequest } from './cfssl/csr-request.ts';
import { addressesOf } from './cfssl/signing.ts';
import { namesOf } from './der/alternative-names.ts';
import { extensionOids } from './der/extensions.ts';
import { decodeName, encodeName, isEmptyName, nameOf } from './der/name.ts';
import { type Issuer, selfSign, validityFrom } from './issue.ts';
import { readPrivateKey } from './keys.ts';
import { pkiError } from './pki-error.ts';

/**
 * The self-signed certificate of an authority; `lifetimeMs` goes before the request's own `ca.expiry`.
 *
 * @throws K8supError `PKI_REQUEST` where the request names nobody.
 */
export async function createAuthority(
  request: CsrRequest,
  key: KeyObject,
  options: { readonly now: Date; readonly lifetimeMs?: number },
): Promise<string> {
  const { ca } = request;
  if (isEmptyName(request.subject)) {
    throw pkiError('PKI_REQUEST', 'the request of an authority has no subject', {
      why: 'certificates name their authority by it',
      fix: 'give it a "CN"',
    });
  }
  const content = {
    subject: nameOf(decodeName(encodeName(request.subject))),
    names: namesOf(addressesOf(request.hosts)),
    usages: ['cert sign', 'crl sign'] as const,
    ca: ca.constraint,
    places: ca.crlUrl === undefined ? {} : { crl: [ca.crlUrl] },
    more: request.extensions.filter(({ oid }) => oid === extensionOids.delegationUsage),
  };
  return selfSign(content, key, validityFrom(options.now, options.lifetimeMs ?? ca.expiryMs, ca.backdateMs));
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
