import { type KeyObject, randomUUID } from 'node:crypto';

import type { Inventory } from '../inventory/model.ts';
import { type AuthorityName, authorityNames, type AuthorityPair, keptAuthority, offlineSigner } from './authority.ts';
import { type EncryptionKey, keptEncryptionKey } from './encryption-key.ts';
import { ensureKept, type Kept } from './kept.ts';
import { completed, type Once, single, wasComplete } from './once.ts';
import { readPkiFiles } from './pki-files.ts';
import { readRotations, type Rotatable, type Rotations } from './rotation.ts';
import { keptServiceAccount } from './service-account.ts';
import type { Store } from './store.ts';

/** A certificate authority of the cluster: the one that signs. */
export interface Authority extends AuthorityPair {
  readonly name: AuthorityName;
  /**
   * By what the certificates of others are judged: more than one while it is exchanged. Never an authority above them, whose other authorities could
   * let in whom they like.
   */
  readonly bundlePem: string;
  /** By what servers are known, also by programs that want a chain up to its root: the same, and the authorities above. */
  readonly serverBundlePem: string;
  /** Goes behind each leaf, for clients that know the root alone; empty where this is the root. */
  readonly servedPem: string;
  /** Made in memory by a dry run; an apply makes another. */
  readonly pending: boolean;
}

/** An authority whose key is here. */
export interface SigningAuthority extends Authority {
  readonly key: KeyObject;
  readonly keyPem: string;
}

/** The pair that signs service account tokens; never an authority's. */
export interface ServiceAccountKeys {
  /** Public keys of all whose tokens are trusted. */
  readonly publicPem: string;
  readonly keyPem: string;
  readonly pending: boolean;
}

/** What the whole cluster's trust hangs on: made once and never replaced by an apply. */
export interface Authorities {
  readonly clusterId: string;
  readonly ca: Readonly<Record<AuthorityName, Authority>> & {
    /** Masters sign kubelets' certificates with its key. */
    readonly 'kubernetes-ca': SigningAuthority;
  };
  readonly serviceAccount: ServiceAccountKeys;
  /** What is written at rest is written with the first one. */
  readonly encryptionKeys: readonly EncryptionKey[];
  /** Exchanges that are under way. */
  readonly rotations: Rotations;
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

const clusterIdFile = 'cluster-id';

/**
 * The cluster's authorities and keys, made where the store is new.
 *
 * @throws K8supError `PKI_HALF_PAIR` or `PKI_LOST` when the store has lost a part, `PKI_CA` when a pair does not belong together,
 * `PKI_CA_EXPIRED`, `PKI_OFFLINE` when the key of Kubernetes' own is kept elsewhere, `PKI_LIFETIME` when leaves are to live longer than the authorities, `PKI_ROTATION`, `PKI_STORE_MODE`.
 */
export async function ensureAuthorities(
  store: Store,
  inventory: Inventory,
  options: EnsureOptions = {},
): Promise<Authorities> {
  const make: Once = { store, dryRun: options.dryRun ?? false, complete: await wasComplete(store) };
  const rotations = await readRotations(store);
  const keptOf = await keptThings(inventory, options);
  const ensure = <T>(kept: Kept<T>) => ensureKept(make, kept, rotations.get(kept.name)?.phase);
  const authority = async (name: AuthorityName): Promise<Authority> => {
    const { used, trusted, pending } = await ensure(keptOf[name]);
    return { ...used, name, ...textsOf(used, trusted), pending };
  };
  const [kubernetes, etcd, frontProxy, accounts, encryption] = await settled([
    authority('kubernetes-ca'),
    authority('etcd-ca'),
    authority('front-proxy-ca'),
    ensure(keptOf['service-account']),
    ensure(keptOf['encryption-key']),
  ] as const);
  // Last, as it says that all the others are there.
  const clusterId = await single(make, clusterIdFile, randomUUID);
  await completed(make);
  return {
    clusterId: clusterId.value,
    ca: { 'kubernetes-ca': signing(kubernetes), 'etcd-ca': etcd, 'front-proxy-ca': frontProxy },
    serviceAccount: {
      publicPem: accounts.trusted.map(({ publicPem }) => publicPem).join(''),
      keyPem: accounts.used.keyPem,
      pending: accounts.pending,
    },
    encryptionKeys: [encryption.used, ...encryption.trusted.filter((key) => key !== encryption.used)],
    rotations,
    pending: [kubernetes, etcd, frontProxy, accounts, encryption, clusterId].some((part) => part.pending),
  };
}

/** All that the store keeps for a cluster's whole life, and how each is made. */
export async function keptThings(inventory: Inventory, options: Pick<EnsureOptions, 'now' | 'files'> = {}) {
  const files = await readPkiFiles(authorityNames, options.files);
  const from = { files, inventory, now: options.now ?? new Date() };
  return {
    'kubernetes-ca': keptAuthority('kubernetes-ca', from),
    'etcd-ca': keptAuthority('etcd-ca', from),
    'front-proxy-ca': keptAuthority('front-proxy-ca', from),
    'service-account': keptServiceAccount,
    'encryption-key': keptEncryptionKey,
  } satisfies Record<Rotatable, Kept<unknown>>;
}

function textsOf(
  used: AuthorityPair,
  trusted: readonly AuthorityPair[],
): Pick<Authority, 'bundlePem' | 'serverBundlePem' | 'servedPem'> {
  const between = used.chain.slice(0, -1).map(({ pem }) => pem);
  const all = trusted.flatMap(({ certPem, chain }) => [certPem, ...chain.map(({ pem }) => pem)]);
  return {
    bundlePem: trusted.map(({ certPem }) => certPem).join(''),
    // Two authorities may be of the same root.
    serverBundlePem: [...new Set(all)].join(''),
    servedPem: used.chain.length === 0 ? '' : [used.certPem, ...between].join(''),
  };
}

function signing(authority: Authority): SigningAuthority {
  const { key, keyPem } = authority;
  if (key !== undefined && keyPem !== undefined) return { ...authority, key, keyPem };
  throw offlineSigner(authority.name);
}

/** Waits for all, so that a failure of one leaves none of the others still writing. */
async function settled<T extends readonly unknown[]>(work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
