import { createPublicKey } from 'node:crypto';

import { K8supError } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';
import { type Authorities, ensureAuthorities, keptThings } from './authorities.ts';
import { type AuthorityName, authorityNames, offlineKey, offlineSigner } from './authority.ts';
import { addBrought, readBrought } from './brought.ts';
import { readCertificate } from './certificate.ts';
import { importRefused, othersIn, relations, writeAuthority } from './import-authority.ts';
import { type BroughtAuthority, type GoodAuthority, judgeAuthority } from './judge-authority.ts';
import { type Pair, pairDifference, reasonToIssue } from './judge-leaf.ts';
import { keySpecOf, privateKeyPem, readPrivateKey } from './keys.ts';
import { authorityFiles, type FoundFiles, type FoundPair, isNamedFor, type Layout, readLayout } from './layout.ts';
import { leavesFirst, wasComplete } from './once.ts';
import { keptServiceAccount, publicPemOf } from './service-account.ts';
import type { Store } from './store.ts';
import { leafFiles, leafName, type WantedLeaf, wantedLeaves } from './wanted-leaves.ts';

/** Where from, and for whom. */
export interface TakeOverSource {
  readonly dir: string;
  readonly layout: Layout;
  /** Inventory name of the host whose folder it is: leaves of other hosts are left alone. */
  readonly host: string | undefined;
}

/** What came of it. */
export interface TakenOver {
  /** Authorities and keys, by their names. */
  readonly kept: readonly string[];
  /** Leaves, with the file that each came from. */
  readonly leaves: readonly { readonly what: string; readonly from: string }[];
  /** Authorities, keys and leaves that the next apply makes, and why what is there does not do. */
  readonly anew: readonly { readonly what: string; readonly why: string }[];
}

export interface TakeOverOptions {
  readonly inventory: Inventory;
  readonly now: Date;
  /** Keys of authorities that are not there stay elsewhere. */
  readonly offline?: boolean;
  /** Folder of profiles and requests in place of the package's own. */
  readonly files?: string;
}

/**
 * Takes over what kubeadm or cfssl made: authorities and the key of service accounts, and each leaf that does what this cluster needs, so that the next
 * apply does not make it anew. Nothing is made here: what this folder lacks may be in that of another host, and only an apply knows that none will follow.
 * Can be repeated, with another host's folder too; nothing in the store is replaced.
 *
 * @throws K8supError `PKI_IMPORT` with everything that is wrong, before anything is written; `PKI_OFFLINE`, `PKI_FOLDER`, and those of
 *   {@link ensureAuthorities}.
 */
export async function takeOver(store: Store, source: TakeOverSource, options: TakeOverOptions): Promise<TakenOver> {
  const found = await readLayout(source.dir, source.layout);
  const authorities = await foundAuthorities(store, found, source.layout, options);
  const account = await foundAccount(store, found);
  const problems = [...found.problems, ...authorities.problems, ...account.problems];
  if (problems.length > 0) throw importRefused(source.dir, problems);
  for (const [name, good] of authorities.good) await writeAuthority(store, name, good);
  if (account.keyPem !== undefined) {
    const [pub, key] = keptServiceAccount.files;
    await store.write([
      { name: key ?? '', text: account.keyPem },
      { name: pub, text: publicPemOf(account.keyPem) },
    ]);
  }
  const all = await ensureAuthorities(store, options.inventory, { ...options, dryRun: true });
  const kept = [...authorities.good.keys(), ...(account.keyPem === undefined ? [] : ['service-account'])];
  const { leaves, anew } = await takeLeaves(store, found.pairs, { all, source, options });
  return { kept, leaves, anew: [...(await missing(store, options)), ...anew] };
}

async function missing(store: Store, options: TakeOverOptions): Promise<TakenOver['anew']> {
  const things = Object.values(await keptThings(options.inventory, options)).map(async ({ name, files: [file] }) =>
    (await store.has(file)) ? [] : [{ what: name, why: 'it is not there' }],
  );
  return (await Promise.all(things)).flat();
}

async function foundAuthorities(
  store: Store,
  { pairs }: FoundFiles,
  layout: Layout,
  options: TakeOverOptions,
): Promise<{ readonly good: ReadonlyMap<AuthorityName, GoodAuthority>; readonly problems: readonly string[] }> {
  const good = new Map<AuthorityName, GoodAuthority>();
  const problems: string[] = [];
  const complete = await wasComplete(store);
  const judge = (name: AuthorityName, brought: BroughtAuthority): void => {
    const judged = judgeAuthority(brought, options);
    if ('problems' in judged) problems.push(...judged.problems.map((problem) => `${name}: ${problem}`));
    else good.set(name, judged);
  };
  for (const name of authorityNames) {
    const pair = authorityFiles[layout][name].flatMap((file) => pairs.filter((one) => one.name === file))[0];
    if (pair === undefined) continue;
    const { cert, key } = pair;
    const stored = await store.read(`${name}.pem`);
    const half = stored === undefined && (await store.has(`${name}-key.pem`));
    if (stored !== undefined || half || complete) {
      if (stored === undefined || !sameCertificate(stored, pair)) problems.push(there(name, cert.name));
      else if (key !== undefined && (await store.read(`${name}-key.pem`)) === offlineKey) {
        judge(name, { cert: { name: cert.name, text: stored }, key, chain: undefined });
      }
      continue;
    }
    if (name === 'kubernetes-ca' && key === undefined) throw offlineSigner(name);
    if (key === undefined && options.offline !== true) problems.push(noKey(name, cert.name));
    else judge(name, { cert, key, chain: undefined });
  }
  const others = new Map(await othersIn(store, undefined));
  for (const name of good.keys()) others.delete(name);
  for (const [name, { certificates }] of good) {
    problems.push(...relations(name, certificates, others).map((problem) => `${name}: ${problem}`));
    others.set(name, certificates);
  }
  return { good, problems };
}

async function foundAccount(
  store: Store,
  { serviceAccount }: FoundFiles,
): Promise<{ readonly keyPem: string | undefined; readonly problems: readonly string[] }> {
  if (serviceAccount === undefined) return { keyPem: undefined, problems: [] };
  try {
    const key = readPrivateKey(serviceAccount.text, serviceAccount.name);
    const texts = await Promise.all(keptServiceAccount.files.map((file) => store.read(file)));
    const stored = texts.filter((text) => text !== undefined);
    const same = stored.every((text) => createPublicKey(text).equals(createPublicKey(key)));
    const lost = stored.length === 0 && (await wasComplete(store));
    if (!same || lost) return { keyPem: undefined, problems: [there('service-account', serviceAccount.name)] };
    if (stored.length === texts.length) return { keyPem: undefined, problems: [] };
    const usable = keySpecOf(key, serviceAccount.name).algo !== 'ed25519';
    if (usable) return { keyPem: privateKeyPem(key), problems: [] };
    return { keyPem: undefined, problems: [`${serviceAccount.name}: Kubernetes signs no tokens with an Ed25519 key`] };
  } catch (error) {
    if (error instanceof K8supError) return { keyPem: undefined, problems: [error.message] };
    throw error;
  }
}

async function takeLeaves(
  store: Store,
  pairs: readonly FoundPair[],
  about: { readonly all: Authorities; readonly source: TakeOverSource; readonly options: TakeOverOptions },
): Promise<Pick<TakenOver, 'leaves' | 'anew'>> {
  const { all, source, options } = about;
  const leaves: { what: string; from: string }[] = [];
  const anew: { what: string; why: string }[] = [];
  const run = { now: options.now, brought: await readBrought(store) };
  for (const wanted of await wantedLeaves(options.inventory, all, options.files)) {
    const { host } = wanted.place;
    if (source.host !== undefined && host !== undefined && host.name !== source.host) continue;
    const what = leafName(wanted.place);
    if (await isRight(store, wanted, run)) continue;
    const best = bestOf(pairs, wanted, options.now);
    if ('pair' in best) {
      await writeLeaf(store, wanted, best.pair);
      leaves.push({ what, from: best.from });
    } else anew.push({ what, why: best.why });
  }
  return { leaves, anew };
}

async function isRight(store: Store, wanted: WantedLeaf, run: Parameters<typeof reasonToIssue>[2]): Promise<boolean> {
  const { cert, key } = leafFiles(wanted.place.id);
  const [certPem, keyPem] = await Promise.all([store.read(cert), store.read(key)]);
  if (certPem === undefined || keyPem === undefined) return false;
  return reasonToIssue({ certPem, keyPem }, wanted, run) === undefined;
}

/** By what is in them, and of several by their name. */
function bestOf(
  pairs: readonly FoundPair[],
  wanted: WantedLeaf,
  now: Date,
): { readonly pair: Pair; readonly from: string } | { readonly why: string } {
  const { kind, host } = wanted.place;
  const isNamed = ({ name }: FoundPair): boolean => isNamedFor(name, kind, host?.name);
  const inOrder = [...pairs.filter(isNamed), ...pairs.filter((pair) => !isNamed(pair))];
  const whys: string[] = [];
  for (const found of inOrder) {
    const { cert, key } = found;
    const pair = key && { certPem: cert.text, keyPem: key.text };
    const wrong = pair
      ? pairDifference(pair, wanted, { now, measureOf: () => 'enough' })?.why
      : 'its key is not beside it';
    if (pair && wrong === undefined) {
      const certPem = readCertificate(cert.text, cert.name).pem;
      return { pair: { certPem, keyPem: privateKeyPem(readPrivateKey(pair.keyPem, cert.name)) }, from: cert.name };
    }
    if (isNamed(found)) whys.push(`${cert.name}: ${wrong ?? ''}`);
  }
  return { why: whys.join('; ') || 'no file there is for it' };
}

async function writeLeaf(store: Store, wanted: WantedLeaf, { certPem, keyPem }: Pair): Promise<void> {
  const { cert, key } = leafFiles(wanted.place.id);
  await addBrought(store, [readCertificate(certPem, cert)]);
  await leavesFirst(store);
  await store.write([
    { name: key, text: keyPem },
    { name: cert, text: certPem },
  ]);
}

function sameCertificate(stored: string, { cert }: FoundPair): boolean {
  return readCertificate(stored, 'the store').der.equals(readCertificate(cert.text, cert.name).der);
}

function noKey(name: AuthorityName, cert: string): string {
  return `${name}: its key is not beside ${cert}: copy it there, or give --offline where it stays elsewhere`;
}

function there(name: string, from: string): string {
  return `the store has another ${name} already, which ${from} does not replace`;
}
