import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto';

import type { Certificate } from './certificate.ts';
import type { AlternativeNames } from './der/alternative-names.ts';
import { type CaConstraint, encodeExtensions, type Extension, extensionsFor } from './der/extensions.ts';
import { type DistinguishedName, encodeName, isEmptyName } from './der/name.ts';
import type { Places } from './der/places.ts';
import { decode } from './der/read.ts';
import type { Usage } from './der/usages.ts';
import { bits, encode, integer, sequence, smallInteger, tagged, time, type Node } from './der/write.ts';
import { keyIdOf, spkiOf } from './keys.ts';
import { toPem } from './pem.ts';
import { pkiError } from './pki-error.ts';
import { algorithmFor, encodeAlgorithm, signBytes, type SignatureAlgorithm } from './signature.ts';

/** What a certificate says of its holder. */
export interface CertificateContent {
  readonly subject: DistinguishedName;
  readonly names: AlternativeNames;
  readonly usages: readonly Usage[];
  /** Present: the certificate may sign others. */
  readonly ca?: CaConstraint;
  readonly places?: Places;
  /** Further extensions; one of a kind that is made from the rest replaces it. */
  readonly more?: readonly Extension[];
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A certificate with the key that signs in its name. */
export interface Issuer {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

/** Minutes by which certificates start early, for hosts whose clocks are behind. CFSSL's default. */
const backdateMinutes = 5;

/** From five minutes before `now`, rounded to the minute as CFSSL does; both ends move together. */
export function validityFrom(now: Date, lifetimeMs: number, backdateMs = backdateMinutes * 60_000): Validity {
  const start = Math.round(now.getTime() / 60_000) * 60_000 - backdateMs;
  return { notBefore: new Date(start), notAfter: new Date(start + Math.floor(lifetimeMs / 1000) * 1000) };
}

/** The same validity, ending at the latest when the issuer does, or the first of those above it: behind that nobody who knows the root alone believes it. */
export function cappedAt(validity: Validity, issuer: Certificate, above: readonly Certificate[] = []): Validity {
  const ends = [validity, issuer, ...above].map(({ notAfter }) => notAfter.getTime());
  return { ...validity, notAfter: new Date(Math.min(...ends)) };
}

/**
 * A certificate signed by an authority, as PEM.
 *
 * @throws K8supError `PKI_LIFETIME` when it would outlive the authority, `PKI_CA` when the issuer is none or may not sign this.
 */
export async function issueCertificate(
  content: CertificateContent,
  publicKey: KeyObject,
  by: { readonly issuer: Issuer; readonly validity: Validity },
): Promise<string> {
  const { certificate, key } = by.issuer;
  refuseBadIssuer(certificate, content.ca, by.validity);
  const subjectKeyId = keyIdOf(publicKey);
  const extensions = extensionsFor({
    ...content,
    subjectKeyId,
    authorityKeyId: certificate.subjectKeyId ?? keyIdOf(certificate.publicKey),
    emptySubject: isEmptyName(content.subject),
  });
  const issuerName = decode(certificate.subjectDer);
  return signed({ subject: encodeName(content.subject), issuerName, publicKey, extensions, ...by.validity }, key);
}

/** The certificate of a root authority, signed by its own key. */
export async function selfSign(content: CertificateContent, key: KeyObject, validity: Validity): Promise<string> {
  const publicKey = createPublicKey(key);
  const extensions = extensionsFor({
    ...content,
    subjectKeyId: keyIdOf(publicKey),
    emptySubject: isEmptyName(content.subject),
  });
  const name = encodeName(content.subject);
  return signed({ subject: name, issuerName: name, publicKey, extensions, ...validity }, key);
}

interface ToBeSigned extends Validity {
  readonly subject: Node;
  readonly issuerName: Node;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Extension[];
}

async function signed(parts: ToBeSigned, key: KeyObject): Promise<string> {
  const algorithm = algorithmFor(key);
  const tbs = tbsCertificate(parts, algorithm);
  const signature = await signBytes(algorithm, encode(tbs), key);
  return toPem('CERTIFICATE', encode(sequence(tbs, encodeAlgorithm(algorithm), bits(signature))));
}

function tbsCertificate(parts: ToBeSigned, algorithm: SignatureAlgorithm): Node {
  return sequence(
    tagged(0, smallInteger(2)),
    integer(newSerial()),
    encodeAlgorithm(algorithm),
    parts.issuerName,
    sequence(time(parts.notBefore), time(parts.notAfter)),
    parts.subject,
    decode(spkiOf(parts.publicKey)),
    tagged(3, encodeExtensions(parts.extensions)),
  );
}

/** 20 random bytes as CFSSL's, positive and without leading zeros whatever comes out of the generator. */
function newSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function refuseBadIssuer(issuer: Certificate, asked: CaConstraint | undefined, validity: Validity): void {
  if (!issuer.ca) {
    throw pkiError('PKI_CA', 'the certificate given as authority is none', {
      why: 'its basicConstraints do not say CA:TRUE',
      fix: 'give the certificate of a certificate authority',
    });
  }
  const limit = issuer.ca.pathLength;
  if (asked && limit !== undefined && (limit === 0 || (asked.pathLength ?? 0) >= limit)) {
    throw pkiError('PKI_CA', 'the authority may not sign an authority like this one', {
      why: `its path length allows ${limit} further authorities below it`,
      fix: limit === 0 ? 'sign leaves alone with it' : `give the new authority a path length below ${limit}`,
    });
  }
  if (validity.notAfter > issuer.notAfter) {
    throw pkiError('PKI_LIFETIME', 'the certificate would live longer than the authority that signs it', {
      why: `it would end ${validity.notAfter.toISOString()}, the authority ends ${issuer.notAfter.toISOString()}`,
      fix: 'ask for a shorter lifetime, or make the authority with a longer one (ca.expiry in its request)',
    });
  }
}
