import { K8supError } from '../errors/k8sup-error.ts';
import { type Brought, isBrought } from './brought.ts';
import { type Certificate, commonNameOf, extensionOf, isSignedBy, readCertificate } from './certificate.ts';
import type { AlternativeNames } from './der/alternative-names.ts';
import { extensionOids } from './der/extensions.ts';
import { type Attribute, attributeOids, decodeName, encodeName, valuesOf } from './der/name.ts';
import { bitNumbers, decode, DerError, members, readOid } from './der/read.ts';
import { extendedUsageOids, keyUsageBits, usageBits, usageOids } from './der/usages.ts';
import { cappedAt, validityFrom } from './issue.ts';
import { type KeySpec, keySpecOf, readPrivateKey, sameSpec } from './keys.ts';
import { isNearEnd } from './renewal.ts';
import type { WantedLeaf } from './wanted-leaves.ts';

/** Why a leaf is made anew. */
export type IssueReason = 'missing' | 'unreadable' | 'authority' | 'subject' | 'names' | 'usages' | 'key' | 'expiring';

export interface Pair {
  readonly certPem: string;
  /** A secret. */
  readonly keyPem: string;
}

/** `exact`: as it would be made here; `enough`: as it must be to do its work, whoever made it. */
export type Measure = 'exact' | 'enough';

/** What a certificate lacks, in words for people too. */
export interface Difference {
  readonly reason: IssueReason;
  readonly why: string;
}

/** Undefined for a pair that is right. One that was brought must be good enough; one of k8sup's own must be exact. */
export function reasonToIssue(
  pair: Pair,
  wanted: WantedLeaf,
  { now, brought }: { readonly now: Date; readonly brought: Brought },
): IssueReason | undefined {
  const measureOf = (certificate: Certificate): Measure => (isBrought(brought, certificate) ? 'enough' : 'exact');
  return pairDifference(pair, wanted, { now, measureOf })?.reason;
}

/** What keeps a pair from being used. */
export function pairDifference(
  pair: Pair,
  wanted: WantedLeaf,
  { now, measureOf }: { readonly now: Date; readonly measureOf: (certificate: Certificate) => Measure },
): Difference | undefined {
  const { id } = wanted.place;
  return readable(() => {
    const certificate = readCertificate(pair.certPem, id);
    const key = readPrivateKey(pair.keyPem, id);
    const measure = measureOf(certificate);
    if (!certificate.x509.checkPrivateKey(key)) return differs('key', 'its key belongs to another certificate');
    return (
      keyDifference(keySpecOf(key, id), wanted, measure) ??
      contentDifference(certificate, wanted, measure) ??
      endDifference(certificate, wanted, now)
    );
  });
}

/** What a certificate says otherwise than it must. @throws DerError for what is malformed. */
export function contentDifference(
  certificate: Certificate,
  wanted: WantedLeaf,
  measure: Measure,
): Difference | undefined {
  const { authority } = wanted;
  if (!isSignedBy(certificate, authority.certificate)) {
    return differs(
      'authority',
      `${authority.name} did not sign it, but ${commonNameOf(certificate.issuer) || 'nobody named'}`,
    );
  }
  if (certificate.subjectDer.equals(authority.certificate.subjectDer)) {
    return differs('subject', `its subject is that of ${authority.name} itself, and OpenSSL takes it for self-signed`);
  }
  return (
    subjectDifference(certificate.subject, wanted, measure) ??
    namesDifference(certificate.names, wanted.content.names, measure) ??
    usagesDifference(certificate, wanted, measure)
  );
}

function readable(read: () => Difference | undefined): Difference | undefined {
  try {
    return read();
  } catch (error) {
    // A leaf can always be made again, so a damaged one is replaced rather than complained of.
    if (error instanceof DerError || (error instanceof K8supError && error.kind === 'pki'))
      return differs('unreadable', error.message);
    throw error;
  }
}

function keyDifference(spec: KeySpec, wanted: WantedLeaf, measure: Measure): Difference | undefined {
  const fits = measure === 'exact' ? sameSpec(spec, wanted.key) : spec.algo !== 'rsa' || spec.size >= 2048;
  return fits ? undefined : differs('key', 'its key is of another kind or size than is asked for');
}

function subjectDifference(
  subject: readonly Attribute[],
  { content, identity }: WantedLeaf,
  measure: Measure,
): Difference | undefined {
  if (measure === 'enough' && !identity) return undefined;
  const should = decodeName(encodeName(content.subject));
  const matters: readonly string[] = [attributeOids.commonName, attributeOids.organization];
  const said = (attributes: readonly Attribute[]): string =>
    measure === 'exact'
      ? // By what the attributes say: cfssl, kubeadm and earlier releases of k8sup write the same text as strings of other types.
        JSON.stringify(attributes.map(({ oid, value }) => [oid, value]))
      : JSON.stringify(matters.map((oid) => [...valuesOf(attributes, oid)].sort()));
  if (said(subject) === said(should)) return undefined;
  return differs('subject', `its subject is ${nameText(subject)}, not ${nameText(should)}`);
}

function namesDifference(is: AlternativeNames, should: AlternativeNames, measure: Measure): Difference | undefined {
  const [has, needs] = [Object.values(is).flat() as string[], Object.values(should).flat() as string[]];
  const lacking = needs.filter((name) => !has.includes(name));
  const more = measure === 'exact' ? has.filter((name) => !needs.includes(name)) : [];
  if (lacking.length + more.length === 0) return undefined;
  const parts = [
    ...(lacking.length === 0 ? [] : [`it lacks the names ${lacking.join(', ')}`]),
    ...(more.length === 0 ? [] : [`it has the names ${more.join(', ')} that nobody asked for`]),
  ];
  return differs('names', parts.join('; '));
}

function usagesDifference(certificate: Certificate, { content }: WantedLeaf, measure: Measure): Difference | undefined {
  if (certificate.ca !== undefined) return differs('usages', 'it is an authority');
  const [bits, oids] = [keyUsagesOf(certificate), extendedUsagesOf(certificate)];
  const [wantedBits, wantedOids] = [usageBits(content.usages), usageOids(content.usages)];
  const forbidden: readonly number[] = [keyUsageBits['cert sign'], keyUsageBits['crl sign']];
  const servers: readonly string[] = [extendedUsageOids['server auth'], extendedUsageOids['client auth']];
  const fits =
    measure === 'exact'
      ? sameSet(bits ?? [], wantedBits) && sameSet(oids, wantedOids)
      : (bits === undefined ||
          (wantedBits.every((bit) => bits.includes(bit)) && !bits.some((bit) => forbidden.includes(bit)))) &&
        wantedOids.every((oid) => oids.includes(oid)) &&
        oids.every((oid) => servers.includes(oid));
  if (fits) return undefined;
  const said = [...namesIn(keyUsageBits, bits ?? []), ...namesIn(extendedUsageOids, oids)];
  return differs('usages', `its usages are ${said.join(', ') || 'none'}, not ${content.usages.join(', ')}`);
}

/** Undefined where it is limited to none. */
function keyUsagesOf(certificate: Certificate): readonly number[] | undefined {
  const value = extensionOf(certificate, extensionOids.keyUsage);
  return value && bitNumbers(decode(value), 'the key usage');
}

function extendedUsagesOf(certificate: Certificate): readonly string[] {
  const value = extensionOf(certificate, extensionOids.extendedKeyUsage);
  if (value === undefined) return [];
  return members(decode(value), 'sequence', 'the extended key usage').map((id) => readOid(id, 'a usage'));
}

function namesIn<T>(table: Readonly<Record<string, T>>, values: readonly T[]): readonly string[] {
  return values.map((value) => Object.entries(table).find(([, one]) => one === value)?.[0] ?? String(value));
}

function sameSet<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.every((one) => b.includes(one)) && b.every((one) => a.includes(one));
}

function nameText(attributes: readonly Attribute[]): string {
  const labels = { CN: attributeOids.commonName, O: attributeOids.organization };
  const parts = Object.entries(labels).flatMap(([label, oid]) =>
    valuesOf(attributes, oid).map((one) => `${label}=${one}`),
  );
  return parts.join(', ') || '(empty)';
}

function endDifference(certificate: Certificate, wanted: WantedLeaf, now: Date): Difference | undefined {
  if (!isNearEnd(certificate, now)) return undefined;
  const next = cappedAt(validityFrom(now, wanted.lifetimeMs), wanted.authority.certificate, wanted.authority.chain);
  if (next.notAfter <= certificate.notAfter) return undefined;
  return differs('expiring', `it ends ${certificate.notAfter.toISOString()}`);
}

function differs(reason: IssueReason, why: string): Difference {
  return { reason, why };
}
