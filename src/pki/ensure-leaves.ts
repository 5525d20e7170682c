import { createPublicKey } from 'node:crypto';

import pMap from 'p-map';

import { K8supError } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';
import { type Authorities, type Authority, type EnsureOptions, ensureAuthorities } from './authorities.ts';
import { type Certificate, extensionOf, isSignedBy, readCertificate } from './certificate.ts';
import { profileOfConfig } from './cfssl/config.ts';
import { namesOf } from './der/alternative-names.ts';
import { extensionOids, extensionsFor } from './der/extensions.ts';
import { type Attribute, decodeName, encodeName } from './der/name.ts';
import { cappedAt, type CertificateContent, issueCertificate, validityFrom } from './issue.ts';
import { generateKey, type KeySpec, keySpecOf, privateKeyPem, readPrivateKey, sameSpec } from './keys.ts';
import { type LeafKind, leafKinds, type LeafName, type LeafPlace, leafPlaces } from './leaves.ts';
import { readPkiFiles, requestOf } from './pki-files.ts';
import { isNearEnd, type Life } from './renewal.ts';
import type { Store } from './store.ts';

/** Why a leaf was made anew. */
export type IssueReason = 'missing' | 'unreadable' | 'authority' | 'subject' | 'names' | 'usages' | 'key' | 'expiring';

/** A leaf certificate with its key. */
export interface Leaf {
  readonly name: LeafName;
  readonly kind: LeafKind;
  /** Inventory name of the host whose own it is; undefined for one that the cluster shares. */
  readonly host: string | undefined;
  /** A chain of one: the leaf alone. */
  readonly certPem: string;
  /** A secret. */
  readonly keyPem: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Made in memory by a dry run; an apply makes another. */
  readonly pending: boolean;
  /** Why this run made it; undefined when it was kept as it was. */
  readonly issued: IssueReason | undefined;
  /** The one that this one replaces because it is near its end; in a dry run that is what lies in the store. */
  readonly replaces: Life | undefined;
}

const hourMs = 3_600_000;

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
  const files = await readPkiFiles(
    leafKinds.map((kind) => kind.name),
    options.files,
  );
  const now = options.now ?? new Date();
  const lifetimeMs = inventory.cluster.lifetimes.leafHours * hourMs;
  return each(leafPlaces(inventory), (place) => {
    const { subject, key } = requestOf(files, place.kind.name);
    const { usages } = profileOfConfig(files.config, place.kind.profile);
    const authority = authorities.ca[place.kind.ca];
    const content = { subject, usages, names: namesOf(place.hosts) };
    const wanted: WantedLeaf = { place, authority, key, content, lifetimeMs };
    return ensureLeaf(store, wanted, { now, dryRun: options.dryRun ?? false });
  });
}

/** The leaf of this name on this host: its own one, or the one that the cluster shares. */
export function leafOf(leaves: readonly Leaf[], name: LeafName, host?: string): Leaf {
  const named = leaves.filter((leaf) => leaf.name === name);
  const leaf = named.find((candidate) => candidate.host === host) ?? named.find(({ host: own }) => own === undefined);
  if (!leaf) throw new Error(`no certificate ${name}${host === undefined ? '' : ` for ${host}`}`);
  return leaf;
}

interface WantedLeaf {
  readonly place: LeafPlace;
  readonly authority: Authority;
  readonly key: KeySpec;
  readonly content: CertificateContent;
  readonly lifetimeMs: number;
}

interface Pair {
  readonly certPem: string;
  readonly keyPem: string;
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

async function ensureLeaf(
  store: Store,
  wanted: WantedLeaf,
  run: { readonly now: Date; readonly dryRun: boolean },
): Promise<Leaf> {
  const { id, kind, host } = wanted.place;
  const [certFile, keyFile] = [`${id}.pem`, `${id}-key.pem`];
  const [certPem, keyPem] = await Promise.all([store.read(certFile), store.read(keyFile)]);
  const stored = certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
  const issued = stored ? reasonToIssue(stored, wanted, run.now) : 'missing';
  const pair = stored && issued === undefined ? stored : await issue(wanted, run.now);
  const pending = issued !== undefined && run.dryRun;
  if (issued !== undefined && !run.dryRun) {
    await store.write([
      { name: keyFile, text: pair.keyPem },
      { name: certFile, text: pair.certPem },
    ]);
  }
  const { subject } = wanted.content;
  const lifeOf = ({ certPem: pem }: Pair): Life => {
    const { notBefore, notAfter } = readCertificate(pem, store.path(certFile));
    return { notBefore, notAfter };
  };
  return {
    ...{ name: kind.name, kind, host: host?.name, ...pair, pending, issued },
    ...{ certPath: store.path(certFile), keyPath: store.path(keyFile) },
    commonName: subject.commonName ?? '',
    organizations: subject.organization ?? [],
    ...lifeOf(pair),
    replaces: stored && issued === 'expiring' ? lifeOf(stored) : undefined,
  };
}

async function issue(wanted: WantedLeaf, now: Date): Promise<Pair> {
  const key = await generateKey(wanted.key);
  const validity = cappedAt(validityFrom(now, wanted.lifetimeMs), wanted.authority.certificate);
  const certPem = await issueCertificate(wanted.content, createPublicKey(key), { issuer: wanted.authority, validity });
  return { certPem, keyPem: privateKeyPem(key) };
}

function reasonToIssue(pair: Pair, wanted: WantedLeaf, now: Date): IssueReason | undefined {
  try {
    const { id } = wanted.place;
    const certificate = readCertificate(pair.certPem, id);
    const key = readPrivateKey(pair.keyPem, id);
    if (!certificate.x509.checkPrivateKey(key)) return 'key';
    if (!sameSpec(keySpecOf(key, id), wanted.key)) return 'key';
    return differenceOf(certificate, wanted) ?? (isExpiring(certificate, wanted, now) ? 'expiring' : undefined);
  } catch (error) {
    // A leaf can always be made again, so a damaged one is replaced rather than complained of.
    if (error instanceof K8supError && error.kind === 'pki') return 'unreadable';
    throw error;
  }
}

function differenceOf(certificate: Certificate, { authority, content }: WantedLeaf): IssueReason | undefined {
  if (!isSignedBy(certificate, authority.certificate)) return 'authority';
  if (!sameName(certificate.subject, decodeName(encodeName(content.subject)))) return 'subject';
  const wanted = extensionsFor({
    ...content,
    // Not looked at below.
    subjectKeyId: Buffer.alloc(0),
    emptySubject: false,
  });
  const differs = (oid: string): boolean => {
    const [is, should] = [extensionOf(certificate, oid), extensionOf({ extensions: wanted }, oid)];
    return is === undefined || should === undefined ? is !== should : !is.equals(should);
  };
  if (differs(extensionOids.alternativeNames)) return 'names';
  const rest = [extensionOids.keyUsage, extensionOids.extendedKeyUsage, extensionOids.basicConstraints];
  return rest.some(differs) ? 'usages' : undefined;
}

/** By what the attributes say: cfssl, kubeadm and earlier releases of k8sup write the same text as strings of other types. */
function sameName(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  const said = (attributes: readonly Attribute[]): string =>
    JSON.stringify(attributes.map(({ oid, value }) => [oid, value]));
  return said(a) === said(b);
}

function isExpiring(certificate: Certificate, wanted: WantedLeaf, now: Date): boolean {
  if (!isNearEnd(certificate, now)) return false;
  const next = cappedAt(validityFrom(now, wanted.lifetimeMs), wanted.authority.certificate);
  return next.notAfter > certificate.notAfter;
}
