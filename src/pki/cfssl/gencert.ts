import { createPublicKey, type KeyObject } from 'node:crypto';

import { namesOf } from '../der/alternative-names.ts';
import { decodeName, encodeName, nameOf } from '../der/name.ts';
import { issueCertificate } from '../issue.ts';
import { createAuthority } from '../issuer.ts';
import { generateKey, privateKeyPem, readPrivateKey } from '../keys.ts';
import { pkiError } from '../pki-error.ts';
import { createRequest, requestedExtensions } from '../request.ts';
import { type CsrRequest, readCsrRequest } from './csr-request.ts';
import { openSigner, type SigningOptions } from './signer.ts';
import { contentBy, lifeBy, type Wish } from './signing.ts';
import type { JsonSource } from './source.ts';

interface RequestOptions {
  /** The request: a `*-csr.json`. */
  readonly csr: JsonSource;
  /** In place of the request's `CN`. */
  readonly commonName?: string | undefined;
  /** In place of the request's `hosts` where given. */
  readonly hostnames?: readonly string[] | undefined;
  /** Injected by tests. */
  readonly now?: Date;
}

/** What `cfssl gencert` takes; PEM texts and JSON texts, not paths. */
export type GencertOptions = RequestOptions &
  ({ readonly initCa: true } | ({ readonly initCa?: false } & SigningOptions));

/** CFSSL's answer, all PEM; `cfssljson -bare` reads its JSON. */
export interface GencertResult {
  readonly cert: string;
  readonly csr: string;
  /** A secret. */
  readonly key: string;
}

/**
 * Makes a key with a certificate: a new authority (`initCa`), or a leaf that an authority signs.
 *
 * @throws K8supError `PKI_REQUEST`, `PKI_CONFIG`, `PKI_PROFILE`, `PKI_CA`, `PKI_KEY`, `PKI_CERTIFICATE`, `PKI_HOST`, and
 * `PKI_LIFETIME` where the leaf would outlive its authority (CFSSL signs such a leaf).
 */
export async function gencert(options: GencertOptions): Promise<GencertResult> {
  const request = requestFor(options);
  const now = options.now ?? new Date();
  if (options.initCa === true) {
    const key = await generateKey(request.key);
    return { ...(await authorityOf(request, key, now)), key: privateKeyPem(key) };
  }
  refuseAuthority(request, options.csr);
  // All is read first: a mistake in the authority must not cost the making of a key.
  const sign = leafSigner(options, request, now);
  const key = await generateKey(request.key);
  const [csr, cert] = await Promise.all([requestPem(request, key), sign(key)]);
  return { cert, csr, key: privateKeyPem(key) };
}

/** A new authority with a key that is there, as `cfssl gencert -initca -ca-key`. @throws as {@link gencert}. */
export function authorityWithKey(
  options: RequestOptions & { readonly caKey: string },
): Promise<Omit<GencertResult, 'key'>> {
  const key = readPrivateKey(options.caKey, 'the key given');
  return authorityOf(requestFor(options), key, options.now ?? new Date());
}

/** Makes a key with a request for it, as `cfssl genkey`. @throws K8supError `PKI_REQUEST`, `PKI_HOST`. */
export async function genkey(options: RequestOptions): Promise<{ readonly csr: string; readonly key: string }> {
  const request = requestFor(options);
  refuseAuthority(request, options.csr);
  const key = await generateKey(request.key);
  return { csr: await requestPem(request, key), key: privateKeyPem(key) };
}

/** A request file with what is given beside it. */
export function requestFor({ csr, commonName, hostnames }: RequestOptions): CsrRequest {
  const request = readCsrRequest(csr);
  return {
    ...request,
    subject: commonName === undefined ? request.subject : { ...request.subject, commonName },
    hosts: hostnames ?? request.hosts,
  };
}

export function requestPem(request: CsrRequest, key: KeyObject): Promise<string> {
  const { subject, hosts, extensions } = request;
  return createRequest({ subject, names: namesOf(hosts), more: extensions }, key);
}

/** What the request file asks for, as if it were read from the request that is made of it: that sorts attributes into their fields. */
export function wishOf({ subject, hosts, extensions }: CsrRequest): Wish {
  const names = namesOf(hosts);
  return {
    subject: nameOf(decodeName(encodeName(subject))),
    names,
    extensions: requestedExtensions({ subject, names, more: extensions }),
  };
}

async function authorityOf(request: CsrRequest, key: KeyObject, now: Date): Promise<Omit<GencertResult, 'key'>> {
  const { subject, hosts, extensions, ca, forAuthority } = request;
  // CFSSL's request asks for an authority only where the file has settings for one.
  const asked = forAuthority === 'ca' ? { ca: ca.constraint } : {};
  const content = { subject, names: namesOf(hosts), ...asked, more: extensions };
  const [csr, cert] = await Promise.all([createRequest(content, key), createAuthority(request, key, { now })]);
  return { cert, csr };
}

function leafSigner(options: SigningOptions, request: CsrRequest, now: Date): (key: KeyObject) => Promise<string> {
  const { issuer, profile } = openSigner(options);
  const content = contentBy(profile, wishOf(request));
  const validity = lifeBy(profile, now);
  return (key) => issueCertificate(content, createPublicKey(key), { issuer, validity });
}

/** @throws K8supError `PKI_REQUEST` for a request with keys that mean something for new authorities alone. */
export function refuseAuthority({ forAuthority }: CsrRequest, { name }: JsonSource): void {
  if (forAuthority === undefined) return;
  throw pkiError('PKI_REQUEST', `${name} asks for an authority: it has "${forAuthority}"`, {
    why: 'only a new authority (--initca) is made from such a request',
    fix: `add --initca, or take "${forAuthority}" out of the file`,
  });
}
