import { createPublicKey } from 'node:crypto';

import { K8supError } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';
import { offlineKey } from './authority.ts';
import { type Certificate, commonNameOf, extensionOf, isSignedBy, readCertificates } from './certificate.ts';
import type { JsonSource } from './cfssl/source.ts';
import { extensionOids } from './der/extensions.ts';
import { bitNumbers, decode, DerError, members, readOid } from './der/read.ts';
import { extendedUsageOids, keyUsageBits } from './der/usages.ts';
import { keySpecOf, privateKeyPem, readPrivateKey } from './keys.ts';
import { signatureAlgorithms } from './signature.ts';

/** An authority that was made elsewhere, as it is given. */
export interface BroughtAuthority {
  /** Its certificate, perhaps with those above it behind. */
  readonly cert: JsonSource;
  /** Undefined for one whose key stays elsewhere. A secret. */
  readonly key: (JsonSource & { /** Of the file, where it is one. */ readonly mode?: number }) | undefined;
  /** Those above it, in any order. */
  readonly chain: JsonSource | undefined;
}

/** How an authority is judged. */
export interface JudgeOptions {
  readonly inventory: Inventory;
  readonly now: Date;
}

/** What the store keeps of it, and its certificate with those above it. */
export interface GoodAuthority {
  readonly texts: readonly [cert: string, key: string];
  readonly certificates: readonly Certificate[];
}

/** Or all that speaks against it. */
export type Judged = { readonly problems: readonly string[] } | GoodAuthority;

const nameConstraints = '2.5.29.30';
/** RSASSA-PSS, which Go and OpenSSL check as well. */
const pss = '1.2.840.113549.1.1.10';
const hourMs = 3_600_000;

/** Judges it on its own: whether it can sign what a cluster needs, for Go's verification and for OpenSSL's. */
export function judgeAuthority(brought: BroughtAuthority, { inventory, now }: JudgeOptions): Judged {
  try {
    const [certificate, ...behind] = readCertificates(brought.cert.text, brought.cert.name);
    if (certificate === undefined) return { problems: [`${brought.cert.name} holds no certificate`] };
    const given = [...behind, ...(brought.chain ? readCertificates(brought.chain.text, brought.chain.name) : [])];
    const { chain, problems } = chainOf(certificate, given);
    const all = [certificate, ...chain];
    const key = readKey(brought.key, certificate, brought.cert.name);
    const found = [
      ...problems,
      ...all.flatMap((one, below) => authorityProblems(one, below, now)),
      ...lifeProblems(all, inventory, now),
      ...(brought.key?.mode === undefined ? [] : openKey(brought.key.name, brought.key.mode)),
      ...('problem' in key ? [key.problem] : []),
    ];
    if (found.length > 0 || 'problem' in key) return { problems: found };
    return { texts: [all.map(({ pem }) => pem).join(''), key.text], certificates: all };
  } catch (error) {
    if (error instanceof K8supError && error.kind === 'pki') return { problems: [error.message] };
    if (error instanceof DerError) return { problems: [`${brought.cert.name}: ${error.message}`] };
    throw error;
  }
}

/** That a key may be read by others than its owner, as the store judges its own. */
export function openKey(path: string, mode: number): readonly string[] {
  if ((mode & 0o077) === 0) return [];
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return [`${path} is open to other users (mode ${octal}): find out who could read it, then chmod 0600`];
}

function readKey(
  key: JsonSource | undefined,
  certificate: Certificate,
  certName: string,
): { readonly text: string } | { readonly problem: string } {
  if (key === undefined) return { text: offlineKey };
  try {
    const privateKey = readPrivateKey(key.text, key.name);
    if (createPublicKey(privateKey).equals(certificate.publicKey)) return { text: privateKeyPem(privateKey) };
    return { problem: `${key.name} is not the key of ${certName}` };
  } catch (error) {
    if (error instanceof K8supError) return { problem: error.message };
    throw error;
  }
}

/** From the authority upwards to a root, whatever their order is. */
function chainOf(
  certificate: Certificate,
  given: readonly Certificate[],
): { readonly chain: readonly Certificate[]; readonly problems: readonly string[] } {
  const chain: Certificate[] = [];
  const rest = given.filter(({ der }) => !der.equals(certificate.der));
  let last = certificate;
  while (!isRoot(last)) {
    const above = rest.find((one) => one !== last && isSignedBy(last, one));
    if (above === undefined || chain.includes(above)) {
      const who = `${titleOf(last)} was signed by ${JSON.stringify(commonNameOf(last.issuer))}`;
      return { chain, problems: [`${who}, whose certificate is not among those given: the chain must lead to a root`] };
    }
    chain.push(above);
    last = above;
  }
  const extra = rest.filter((one) => !chain.some(({ der }) => der.equals(one.der)));
  return { chain, problems: extra.map((one) => `${titleOf(one)} is no part of the chain`) };
}

/** Whether it signed itself, be it allowed to or not. */
function isRoot({ x509, publicKey }: Certificate): boolean {
  return x509.verify(publicKey);
}

/** @param below - how many authorities are between it and the leaves. */
function authorityProblems(certificate: Certificate, below: number, now: Date): readonly string[] {
  const { ca, notBefore, notAfter, signatureOid } = certificate;
  const title = titleOf(certificate);
  const usage = extensionOf(certificate, extensionOids.keyUsage);
  const known = signatureAlgorithms.some(({ oid }) => oid === signatureOid) || signatureOid === pss;
  const spec = keySpecOf(certificate.publicKey, title);
  const wrong: readonly (string | false)[] = [
    ca === undefined && 'is no certificate of an authority (basicConstraints do not say CA:TRUE)',
    ca?.pathLength !== undefined &&
      ca.pathLength < below &&
      `has the path length ${String(ca.pathLength)}, and ${String(below)} authorities are below it`,
    usage !== undefined &&
      !bitNumbers(decode(usage), 'the key usage').includes(keyUsageBits['cert sign']) &&
      'may not sign certificates (keyUsage)',
    !servesAll(certificate) && 'is limited to other usages than server and client authentication (extendedKeyUsage)',
    extensionOf(certificate, nameConstraints) !== undefined &&
      'has name constraints, which k8sup does not check: the cluster could come up with certificates that nobody takes',
    notAfter <= now && `ended ${notAfter.toISOString()}`,
    notBefore > now && `is not valid before ${notBefore.toISOString()}`,
    !known &&
      !isSignedBy(certificate, certificate) &&
      'is signed with an algorithm that Kubernetes refuses (SHA-1 or older)',
    spec.algo === 'rsa' && spec.size < 2048 && `has an RSA key of ${String(spec.size)} bits; 2048 are needed`,
  ];
  return wrong.filter((text) => text !== false).map((text) => `${title} ${text}`);
}

function servesAll(certificate: Certificate): boolean {
  const value = extensionOf(certificate, extensionOids.extendedKeyUsage);
  if (value === undefined) return true;
  const oids = members(decode(value), 'sequence', 'the extended key usage').map((id) => readOid(id, 'a usage'));
  const { any, 'server auth': server, 'client auth': client } = extendedUsageOids;
  return oids.includes(any) || (oids.includes(server) && oids.includes(client));
}

function lifeProblems(all: readonly Certificate[], { cluster }: Inventory, now: Date): readonly string[] {
  const { leafHours, nodeHours } = cluster.lifetimes;
  const longest = Math.max(leafHours, nodeHours);
  return all
    .filter(({ notAfter }) => notAfter > now && notAfter.getTime() - now.getTime() < longest * hourMs)
    .map(
      (one) =>
        `${titleOf(one)} ends ${one.notAfter.toISOString()}, before certificates that are to live ${String(longest)} hours (cluster.certificates)`,
    );
}

function titleOf(certificate: Certificate): string {
  return JSON.stringify(commonNameOf(certificate.subject));
}
