import { createPublicKey } from 'node:crypto';

import pMap from 'p-map';

import type { Inventory } from '../inventory/model.ts';
import { type Authorities, type Authority, type EnsureOptions, ensureAuthorities } from './authorities.ts';
import { type Brought, readBrought } from './brought.ts';
import { readCertificate } from './certificate.ts';
import { cappedAt, issueCertificate, validityFrom } from './issue.ts';
import { type IssueReason, type Pair, reasonToIssue } from './judge-leaf.ts';
import { generateKey, privateKeyPem } from './keys.ts';
import type { LeafKind, LeafName } from './leaves.ts';
import type { Life } from './renewal.ts';
import type { Store } from './store.ts';
import { leafFiles, type WantedLeaf, wantedLeaves } from './wanted-leaves.ts';

/** A leaf certificate with its key. */
export interface Leaf {
  readonly name: LeafName;
  readonly kind: LeafKind;
  /** Inventory name of the host whose own it is; undefined for one that the cluster shares. */
  readonly host: string | undefined;
  /** The leaf, and behind it the authorities between it and its root. */
  readonly certPem: string;
  /** A secret. */
  readonly keyPem: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Made in memory; an apply makes another, or waits for one that is signed elsewhere. */
  readonly pending: boolean;
  readonly wanted: WantedLeaf;
  /** Why it waits to be signed where its authority's key is; where it is not `pending` the one before it is still good. */
  readonly waiting: IssueReason | undefined;
  /** Why this run made it; undefined when it was kept as it was. */
  readonly issued: IssueReason | undefined;
  /** The one whose place this one takes; where this is `pending`, that is what lies in the store and is in use. */
  readonly replaces: (Life & { readonly certPem: string }) | undefined;
}

/**
 * Every leaf the inventory needs. One that is right is kept byte by byte; one that is missing or wrong, or that is near its end, is made
 * anew with a new key. Near is what {@link isNearEnd} says, unless a new one would not live longer.
 *
 * @throws K8supError `PKI_HOST`, `PKI_CONFIG`, `PKI_REQUEST`, `PKI_STORE`, `PKI_STORE_MODE`, and those of {@link ensureAuthorities}.
 */
export async function ensureLeaves(
  store: Store,
  inventory: Inventory,
  options: EnsureOptions & { readonly authorities?: Authorities } = {},
): Promise<readonly Leaf[]> {
  const authorities = options.authorities ?? (await ensureAuthorities(store, inventory, options));
  const run = { now: options.now ?? new Date(), dryRun: options.dryRun ?? false, brought: await readBrought(store) };
  return each(await wantedLeaves(inventory, authorities, options.files), (wanted) => ensureLeaf(store, wanted, run));
}

/** The leaf of this name on this host: its own one, or the one that the cluster shares. */
export function leafOf(leaves: readonly Leaf[], name: LeafName, host?: string): Leaf {
  const named = leaves.filter((leaf) => leaf.name === name);
  const leaf = named.find((candidate) => candidate.host === host) ?? named.find(({ host: own }) => own === undefined);
  if (!leaf) throw new Error(`no certificate ${name}${host === undefined ? '' : ` for ${host}`}`);
  return leaf;
}

/** Ends when all have ended, also after a failure: nothing may still be writing then. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  try {
    // 8 keeps the thread pool busy and the number of open files small.
    return await pMap(items, work, { concurrency: 8, stopOnError: false });
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

interface Run {
  readonly now: Date;
  readonly dryRun: boolean;
  readonly brought: Brought;
}

async function ensureLeaf(store: Store, wanted: WantedLeaf, run: Run): Promise<Leaf> {
  const { id, kind, host } = wanted.place;
  const files = leafFiles(id);
  const [certPem, keyPem] = await Promise.all([store.read(files.cert), store.read(files.key)]);
  const stored = certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
  const reason = stored ? reasonToIssue(stored, wanted, run) : 'missing';
  const offline = wanted.authority.key === undefined;
  const kept = offline && reason === 'expiring' && stored !== undefined && endsAfter(stored, run.now);
  const issued = kept ? undefined : reason;
  const pair = stored && issued === undefined ? stored : await issue(wanted, run.now);
  const pending = issued !== undefined && (run.dryRun || offline);
  if (issued !== undefined && !pending) {
    await store.write([
      { name: files.key, text: pair.keyPem },
      { name: files.cert, text: pair.certPem },
    ]);
  }
  const { subject } = wanted.content;
  const lifeOf = ({ certPem: pem }: Pair): Life => {
    const { notBefore, notAfter } = readCertificate(pem, store.path(files.cert));
    return { notBefore, notAfter };
  };
  return {
    ...{ name: kind.name, kind, host: host?.name, wanted, pending, issued, waiting: offline ? reason : undefined },
    ...{ certPem: servedWith(pair.certPem, wanted.authority), keyPem: pair.keyPem },
    ...{ certPath: store.path(files.cert), keyPath: store.path(files.key) },
    commonName: subject.commonName ?? '',
    organizations: subject.organization ?? [],
    ...lifeOf(pair),
    replaces: stored && issued && issued !== 'unreadable' ? { ...lifeOf(stored), certPem: stored.certPem } : undefined,
  };
}

function endsAfter({ certPem }: Pair, now: Date): boolean {
  return readCertificate(certPem, 'the certificate').notAfter > now;
}

function servedWith(certPem: string, { servedPem }: Authority): string {
  return servedPem === '' ? certPem : readCertificate(certPem, 'the certificate').pem + servedPem;
}

/** Where the authority's key is kept elsewhere this is what a plan shows, and the signature of nobody is under it. */
async function issue(wanted: WantedLeaf, now: Date): Promise<Pair> {
  const key = await generateKey(wanted.key);
  const validity = cappedAt(validityFrom(now, wanted.lifetimeMs), wanted.authority.certificate, wanted.authority.chain);
  const signer = wanted.authority.key ?? (await generateKey({ algo: 'ecdsa', size: 256 }));
  const issuer = { certificate: wanted.authority.certificate, key: signer };
  const certPem = await issueCertificate(wanted.content, createPublicKey(key), { issuer, validity });
  return { certPem, keyPem: privateKeyPem(key) };
}
