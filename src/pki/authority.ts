import type { KeyObject } from 'node:crypto';

import type { K8supError } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';
import { type Certificate, readCertificate, readCertificates } from './certificate.ts';
import { daysLeft } from './certinfo.ts';
import { createAuthority, readIssuer } from './issuer.ts';
import type { Kept } from './kept.ts';
import { generateKey, privateKeyPem } from './keys.ts';
import { pkiError } from './pki-error.ts';
import { type PkiFiles, requestOf } from './pki-files.ts';

/** A cluster's authorities, by what their files in the store are called. */
export const authorityNames = ['kubernetes-ca', 'etcd-ca', 'front-proxy-ca'] as const;
export type AuthorityName = (typeof authorityNames)[number];

/** Certificate and key of an authority, in the store. */
export interface AuthorityPair {
  readonly certificate: Certificate;
  /** The certificate alone. */
  readonly certPem: string;
  /** Undefined where it is kept elsewhere: then nothing is signed here. */
  readonly key: KeyObject | undefined;
  readonly keyPem: string | undefined;
  /** The authorities above it, up to a root; empty for a root. */
  readonly chain: readonly Certificate[];
  readonly certPath: string;
  readonly keyPath: string;
}

/** What an authority is made from. */
export interface AuthorityOptions {
  readonly files: PkiFiles;
  readonly inventory: Inventory;
  readonly now: Date;
}

const hourMs = 3_600_000;

/** Stands in the place of a key that is kept elsewhere, so that a key that was lost is still told from it. */
export const offlineKey = 'offline\n';

/** An authority as the store keeps it; its subject and key are those of `pki/NAME-csr.json`. */
export function keptAuthority(name: AuthorityName, options: AuthorityOptions): Kept<AuthorityPair> {
  const { files, inventory, now } = options;
  const certFile = `${name}.pem`;
  return {
    name,
    files: [certFile, `${name}-key.pem`],
    create: async () => {
      const request = requestOf(files, name);
      const { caHours } = inventory.cluster.lifetimes;
      // Before it is written: an apply never replaces an authority.
      checkLifetimes(inventory, caHours, certFile);
      const key = await generateKey(request.key);
      return [await createAuthority(request, key, { now, lifetimeMs: caHours * hourMs }), privateKeyPem(key)];
    },
    read: ([certPem = '', keyPem = ''], [certPath = '', keyPath = '']) => {
      const certificate = readCertificate(certPem, certPath);
      const chain = readCertificates(certPem, certPath).slice(1);
      const offline = keyPem === offlineKey;
      const key = offline ? undefined : readIssuer(certificate.pem, keyPem, certPath).key;
      checkUsable(options, certificate, certPath);
      const texts = { certPem: certificate.pem, keyPem: offline ? undefined : keyPem };
      return { certificate, key, chain, ...texts, certPath, keyPath };
    },
  };
}

/** For an authority that must sign while the cluster lives. */
export function offlineSigner(name: AuthorityName): K8supError {
  return pkiError('PKI_OFFLINE', `the key of ${name} is kept elsewhere, and masters need it`, {
    why: "the controller-manager signs kubelets' certificates with it, at each join and each renewal",
    fix: 'keep the root elsewhere, and bring an authority that it signed, with its key and its chain: k8sup certs import-ca kubernetes --cert FILE --key FILE --chain FILE',
  });
}

function checkUsable({ now, inventory }: AuthorityOptions, certificate: Certificate, path: string): void {
  const end = certificate.notAfter;
  if (!certificate.ca) {
    throw pkiError('PKI_CA', `${path} is no certificate of an authority`, {
      fix: 'put it back from a backup of the store',
    });
  }
  if (end <= now) {
    throw pkiError(
      'PKI_CA_EXPIRED',
      `the certificate authority ${path} ended ${String(-daysLeft(certificate, now))} days ago`,
      {
        why: `nothing it signed is valid after ${end.toISOString()}`,
        fix: 'the authority must be rotated by hand; nothing was changed',
      },
    );
  }
  const wholeHours = Math.ceil((end.getTime() - certificate.notBefore.getTime()) / hourMs);
  checkLifetimes(inventory, wholeHours, path);
}

function checkLifetimes(inventory: Inventory, authorityHours: number, path: string): void {
  const { leafHours, nodeHours } = inventory.cluster.lifetimes;
  const longest = Math.max(leafHours, nodeHours);
  if (longest <= authorityHours) return;
  throw pkiError(
    'PKI_LIFETIME',
    `certificates are to live ${longest} hours, longer than the authority that signs them`,
    {
      why: `${path} lives ${authorityHours} hours in all`,
      fix: 'ask for shorter lifetimes in the inventory, or, for a new cluster, for an authority that lives longer',
    },
  );
}
