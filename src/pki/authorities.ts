import { createPublicKey, randomBytes, randomUUID } from 'node:crypto';

import type { Inventory } from '../inventory/model.ts';
import { daysLeft } from './certinfo.ts';
import type { Issuer } from './issue.ts';
import { createAuthority, readIssuer } from './issuer.ts';
import { generateKey, privateKeyPem, readPrivateKey } from './keys.ts';
import { type Once, pair, single, wasComplete } from './once.ts';
import { pkiError } from './pki-error.ts';
import { type PkiFiles, readPkiFiles, requestOf } from './pki-files.ts';
import type { Store } from './store.ts';

export const authorityNames = ['kubernetes-ca', 'etcd-ca', 'front-proxy-ca'] as const;
export type AuthorityName = (typeof authorityNames)[number];

/** A certificate authority of the cluster. */
export interface Authority extends Issuer {
  readonly name: AuthorityName;
  readonly certPem: string;
  readonly keyPem: string;
  readonly certPath: string;
  readonly keyPath: string;
  /** Made in memory by a dry run; an apply makes another. */
  readonly pending: boolean;
}

/** The pair that signs service account tokens; never an authority's. */
export interface ServiceAccountKeys {
  readonly publicPem: string;
  readonly keyPem: string;
  readonly publicPath: string;
  readonly keyPath: string;
  readonly pending: boolean;
}

/** What the whole cluster's trust hangs on: made once and never replaced by an apply. */
export interface Authorities {
  readonly clusterId: string;
  readonly ca: Readonly<Record<AuthorityName, Authority>>;
  readonly serviceAccount: ServiceAccountKeys;
  /** Base64 of 32 bytes, for aescbc or secretbox: a secret. */
  readonly encryptionKey: string;
  /** Something of it was made in memory only. */
  readonly pending: boolean;
}

export interface EnsureOptions {
  /** Write nothing: what is missing is made in memory and marked `pending`. */
  readonly dryRun?: boolean;
  /** Injected by tests. */
  readonly now?: Date;
  /** Folder of profiles and requests in place of the package's own. */
  readonly files?: string;
}

const hourMs = 3_600_000;
const serviceAccountFiles = { public: 'service-account.pub', key: 'service-account-key.pem' } as const;
const encryptionFile = 'encryption.key';
const clusterIdFile = 'cluster-id';

/**
 * The cluster's authorities and keys, made where the store is new.
 *
 * @throws K8supError `PKI_HALF_PAIR` or `PKI_LOST` when the store has lost a part, `PKI_CA` when a pair does not belong together,
 * `PKI_CA_EXPIRED`, `PKI_LIFETIME` when leaves are to live longer than the authorities, `PKI_STORE_MODE`.
 */
export async function ensureAuthorities(
  store: Store,
  inventory: Inventory,
  options: EnsureOptions = {},
): Promise<Authorities> {
  const now = options.now ?? new Date();
  const files = await readPkiFiles(authorityNames, options.files);
  const make: Maker = {
    store,
    files,
    now,
    inventory,
    dryRun: options.dryRun ?? false,
    complete: await wasComplete(store),
  };
  const [kubernetes, etcd, frontProxy, serviceAccount, encryption] = await settled([
    authority(make, 'kubernetes-ca'),
    authority(make, 'etcd-ca'),
    authority(make, 'front-proxy-ca'),
    serviceAccountKeys(make),
    single(make, encryptionFile, () => randomBytes(32).toString('base64')),
  ] as const);
  // Last, as it says that all the others are there.
  const clusterId = await single(make, clusterIdFile, randomUUID);
  checkEncryptionKey(store, encryption.value);
  return {
    clusterId: clusterId.value,
    ca: { 'kubernetes-ca': kubernetes, 'etcd-ca': etcd, 'front-proxy-ca': frontProxy },
    serviceAccount,
    encryptionKey: encryption.value,
    pending: [kubernetes, etcd, frontProxy, serviceAccount, encryption, clusterId].some((part) => part.pending),
  };
}

interface Maker extends Once {
  readonly files: PkiFiles;
  readonly now: Date;
  readonly inventory: Inventory;
}

async function authority(make: Maker, name: AuthorityName): Promise<Authority> {
  const [certFile, keyFile] = [`${name}.pem`, `${name}-key.pem`];
  const { first, second, pending } = await pair(make, [certFile, keyFile], async () => {
    const request = requestOf(make.files, name);
    const { caHours } = make.inventory.cluster.lifetimes;
    // Before it is written: an authority is never replaced.
    checkLifetimes(make.inventory, caHours, make.store.path(certFile));
    const key = await generateKey(request.key);
    return [await createAuthority(request, key, { now: make.now, lifetimeMs: caHours * hourMs }), privateKeyPem(key)];
  });
  const certPath = make.store.path(certFile);
  const issuer = readIssuer(first, second, certPath);
  checkUsable(make, issuer, certPath);
  return { ...issuer, name, certPem: first, keyPem: second, certPath, keyPath: make.store.path(keyFile), pending };
}

function checkUsable({ now, inventory }: Maker, { certificate }: Issuer, path: string): void {
  const end = certificate.notAfter;
  if (!certificate.ca) throw pkiError('PKI_CA', `${path} is no certificate of an authority`);
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

async function serviceAccountKeys(make: Maker): Promise<ServiceAccountKeys> {
  const names = [serviceAccountFiles.public, serviceAccountFiles.key] as const;
  const { first, second, pending } = await pair(make, names, async () => {
    // RS256 is the one signature that every reader of service account tokens knows.
    const key = await generateKey({ algo: 'rsa', size: 2048 });
    return [publicPemOf(privateKeyPem(key)), privateKeyPem(key)];
  });
  const [publicPath, keyPath] = [make.store.path(names[0]), make.store.path(names[1])];
  readPrivateKey(second, keyPath);
  if (publicPemOf(second) !== first) {
    throw pkiError('PKI_KEY', `${publicPath} and ${keyPath} do not belong together`, {
      fix: 'put both back from a backup of the same day',
    });
  }
  return { publicPem: first, keyPem: second, publicPath, keyPath, pending };
}

function publicPemOf(keyPem: string): string {
  return createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString();
}

/** Waits for all, so that a failure of one leaves none of the others still writing. */
async function settled<T extends readonly unknown[]>(work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function checkEncryptionKey(store: Store, key: string): void {
  if (Buffer.from(key, 'base64').length === 32) return;
  throw pkiError('PKI_KEY', `${store.path(encryptionFile)} holds no key of 32 bytes in base64`, {
    why: 'with another key the cluster cannot read its own Secrets',
    fix: 'put the file back from a backup',
  });
}
