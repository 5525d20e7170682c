import { isIP } from 'node:net';

import type { AlternativeNames } from '../der/alternative-names.ts';
import { type CaConstraint, type Extension, extensionOids } from '../der/extensions.ts';
import { type DistinguishedName, isEmptyName } from '../der/name.ts';
import { policiesExtension } from '../der/policies.ts';
import { type CertificateContent, type Validity, validityFrom } from '../issue.ts';
import { pkiError } from '../pki-error.ts';
import type { SigningProfile } from './profile.ts';

/** What a request asks for. */
export interface Wish {
  readonly subject: DistinguishedName;
  readonly names: AlternativeNames;
  /** It asks to be an authority. */
  readonly ca?: CaConstraint | undefined;
  /** Everything it asks for, as it stands in it. */
  readonly extensions: readonly Extension[];
}

/** What is given beside a request in place of its own. */
export type Given = Partial<Pick<Wish, 'subject' | 'names'>>;

/**
 * What a profile makes of a request, as CFSSL does.
 *
 * @throws K8supError `PKI_PROFILE` for names that the profile's whitelist does not let through and for an authority that it does not make,
 * `PKI_REQUEST` where nobody is named.
 */
export function contentBy(profile: SigningProfile, request: Wish, given: Given = {}): CertificateContent {
  const wish = { ...allowedOf(profile, request), ...given };
  if (wish.ca && !profile.ca) {
    throw pkiError('PKI_PROFILE', 'the request asks for an authority, and the profile makes none', {
      fix: 'use a profile with ca_constraint.is_ca, or a request without basicConstraints',
    });
  }
  refuseForeignNames(profile, wish);
  // Of an authority's names CFSSL keeps addresses alone.
  const names = profile.ca ? { ...wish.names, dnsNames: [], emails: [], uris: [] } : wish.names;
  refuseNobody(wish.subject, names);
  return {
    subject: wish.subject,
    names,
    usages: profile.usages,
    ...(profile.ca ? { ca: profile.ca } : {}),
    places: profile.places ?? {},
    more: [
      ...wish.extensions.filter(({ oid }) => isTaken(profile, oid)),
      ...(profile.policies && profile.policies.length > 0 ? [policiesExtension(profile.policies)] : []),
      ...(profile.ocspNoCheck === true ? [noCheck] : []),
    ],
  };
}

/** The life of a certificate by a profile: its fixed dates, or from now on. */
export function lifeBy(profile: SigningProfile, now: Date): Validity {
  const { notBefore, expiryMs } = profile;
  const moving = validityFrom(now, expiryMs, profile.backdateMs);
  const start = notBefore ?? moving.notBefore;
  const end = notBefore ? new Date(notBefore.getTime() + Math.floor(expiryMs / 1000) * 1000) : moving.notAfter;
  return { notBefore: start, notAfter: profile.notAfter ?? end };
}

/** Addresses among hosts. */
export function addressesOf(hosts: readonly string[]): readonly string[] {
  return hosts.filter((host) => isIP(host) !== 0);
}

/** Whether it is to be an authority is the profile's alone to say. */
function isTaken({ copyExtensions }: SigningProfile, oid: string): boolean {
  return oid === extensionOids.delegationUsage || (copyExtensions === true && oid !== extensionOids.basicConstraints);
}

/** With a list of parts CFSSL takes over nothing else. */
function allowedOf({ requestParts: parts }: SigningProfile, wish: Wish): Wish {
  if (!parts) return wish;
  const { names, subject } = wish;
  return {
    subject: parts.includes('Subject') ? subject : {},
    names: {
      dnsNames: parts.includes('DNSNames') ? names.dnsNames : [],
      ipAddresses: parts.includes('IPAddresses') ? names.ipAddresses : [],
      emails: parts.includes('EmailAddresses') ? names.emails : [],
      uris: parts.includes('URIs') ? names.uris : [],
    },
    extensions: [],
  };
}

const noCheck: Extension = { oid: extensionOids.ocspNoCheck, critical: false, value: Buffer.from([5, 0]) };

function refuseForeignNames({ nameWhitelist }: SigningProfile, { subject, names }: Wish): void {
  if (!nameWhitelist) return;
  const commonName = subject.commonName === undefined || subject.commonName === '' ? [] : [subject.commonName];
  const foreign = [...commonName, ...names.dnsNames, ...names.emails, ...names.uris].find(
    (name) => !nameWhitelist.test(name),
  );
  if (foreign === undefined) return;
  throw pkiError('PKI_PROFILE', `the profile does not sign the name ${JSON.stringify(foreign)}`, {
    why: `its name_whitelist is ${nameWhitelist.source}`,
    fix: 'ask for another name, or use another profile',
  });
}

function refuseNobody(subject: DistinguishedName, names: AlternativeNames): void {
  const { dnsNames, ipAddresses, emails, uris } = names;
  if (!isEmptyName(subject) || dnsNames.length + ipAddresses.length + emails.length + uris.length > 0) return;
  throw pkiError('PKI_REQUEST', 'the request names nobody', {
    why: 'it has neither a subject nor alternative names',
    fix: 'give it a "CN", "names" or "hosts"',
  });
}
