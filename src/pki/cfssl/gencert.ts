import { createPublicKey, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

import { issueCertificate, validityFrom } from '../issue.ts';
import { createAuthority, readIssuer } from '../issuer.ts';
import { generateKey, privateKeyPem } from '../keys.ts';
import { createRequest } from '../request.ts';
import { builtInConfig, profileOfConfig, readCaConfig } from './config.ts';
import { type CsrRequest, readCsrRequest } from './csr-request.ts';
import type { JsonSource } from './source.ts';

/** What `cfssl gencert` takes; PEM texts and JSON texts, not paths. */
export type GencertOptions = {
  /** The request: a `*-csr.json`. */
  readonly csr: JsonSource;
  /** Injected by tests. */
  readonly now?: Date;
} & (
  | { readonly initCa: true }
  | {
      readonly initCa?: false;
      readonly ca: string;
      readonly caKey: string;
      /** A `ca-config.json`; without one CFSSL's own default is used. */
      readonly config?: JsonSource;
      readonly profile?: string;
      /** In place of the request's `hosts` where given. */
      readonly hostnames?: readonly string[];
    }
);

/** CFSSL's answer, all PEM; `cfssljson -bare` reads its JSON. */
export interface GencertResult {
  readonly cert: string;
  readonly csr: string;
  readonly key: string;
}

/**
 * Makes a key with a certificate: a new authority (`initCa`), or a leaf that an authority signs.
 *
 * @throws K8supError `PKI_REQUEST`, `PKI_CONFIG`, `PKI_PROFILE`, `PKI_CA`, `PKI_KEY`, `PKI_CERTIFICATE`, `PKI_HOST`, and
 * `PKI_LIFETIME` where the leaf would outlive its authority (CFSSL signs such a leaf).
 */
export async function gencert(options: GencertOptions): Promise<GencertResult> {
  const request = readCsrRequest(options.csr);
  // Read first: a mistake in the authority must not cost the making of a key.
  const signLeaf = options.initCa === true ? undefined : leafSigner(options, request);
  const key = await generateKey(request.key);
  const cert = await (signLeaf ? signLeaf(key) : createAuthority(request, key, { now: options.now ?? new Date() }));
  const ca = signLeaf ? {} : { ca: request.ca.constraint };
  const csr = await createRequest({ subject: request.subject, hosts: request.hosts, ...ca }, key);
  return { cert, csr, key: privateKeyPem(key) };
}

type LeafOptions = Exclude<GencertOptions, { readonly initCa: true }>;

function leafSigner(options: LeafOptions, request: CsrRequest): (key: KeyObject) => Promise<string> {
  const issuer = readIssuer(options.ca, options.caKey, 'the authority');
  const config = options.config ? readCaConfig(options.config) : builtInConfig;
  const profile = profileOfConfig(config, options.profile);
  const hosts = options.hostnames ?? request.hosts;
  const content = {
    subject: request.subject,
    // Of an authority's names CFSSL keeps addresses alone.
    hosts: profile.ca ? hosts.filter((host) => isIP(host) !== 0) : hosts,
    usages: profile.usages,
    ...(profile.ca ? { ca: profile.ca } : {}),
  };
  const validity = validityFrom(options.now ?? new Date(), profile.expiryMs, profile.backdateMs);
  return (key) => issueCertificate(content, createPublicKey(key), { issuer, validity });
}
