import { X509Certificate, type KeyObject } from 'node:crypto';

import { messageOf } from '../errors/k8sup-error.ts';
import { type AlternativeNames, decodeNames, noNames } from './der/alternative-names.ts';
import {
  type CaConstraint,
  decodeBasicConstraints,
  decodeExtensions,
  type Extension,
  extensionOids,
} from './der/extensions.ts';
import { type Attribute, attributeOids, decodeName, valuesOf } from './der/name.ts';
import {
  content,
  decode,
  DerError,
  isTagged,
  members,
  rawContent,
  readOid,
  readTime,
  taggedMembers,
} from './der/read.ts';
import { encode, type Node } from './der/write.ts';
import { pemBlocks } from './pem.ts';
import { pkiError } from './pki-error.ts';

/** A certificate as read; dates are exact to the second. */
export interface Certificate {
  /** The certificate alone, without a chain behind it. */
  readonly pem: string;
  readonly der: Buffer;
  readonly serial: Buffer;
  readonly signatureOid: string;
  readonly subject: readonly Attribute[];
  /** DER of the subject, to be copied as it is into what this certificate signs. */
  readonly subjectDer: Buffer;
  readonly issuer: readonly Attribute[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  /** The same certificate as OpenSSL reads it. */
  readonly x509: X509Certificate;
  readonly extensions: readonly Extension[];
  readonly names: AlternativeNames;
  /** Undefined for what is no authority. */
  readonly ca: CaConstraint | undefined;
  readonly subjectKeyId: Buffer | undefined;
  readonly authorityKeyId: Buffer | undefined;
}

/**
 * Reads the first certificate of a PEM text.
 *
 * @param name - what the text is called in an error, for example its path.
 * @throws K8supError `PKI_CERTIFICATE`.
 */
export function readCertificate(pem: string, name: string): Certificate {
  const block = pemBlocks(pem).find((candidate) => candidate.label === 'CERTIFICATE');
  if (!block) {
    throw noCertificate(name);
  }
  try {
    return { ...readDer(block.der), pem: block.text };
  } catch (error) {
    throw pkiError('PKI_CERTIFICATE', `${name} holds a certificate that cannot be read`, {
      why: messageOf(error),
      fix: 'name a whole one; put one of the store back from a backup',
      cause: error,
    });
  }
}

/** A text without any, where at least one is needed. */
export function noCertificate(name: string): Error {
  return pkiError('PKI_CERTIFICATE', `${name} holds no certificate`, {
    why: 'there is no BEGIN CERTIFICATE in it',
    fix: 'name a PEM file with a certificate; put one of the store back from a backup',
  });
}

/** All certificates of a PEM text. @throws K8supError `PKI_CERTIFICATE`. */
export function readCertificates(pem: string, name: string): readonly Certificate[] {
  return pemBlocks(pem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ text }) => readCertificate(text, name));
}

/** The CN of a name; empty where it has none. */
export function commonNameOf(name: readonly Attribute[]): string {
  return valuesOf(name, attributeOids.commonName).join(',');
}

/** Value of an extension, undefined where the certificate has none. */
export function extensionOf(certificate: Pick<Certificate, 'extensions'>, oid: string): Buffer | undefined {
  return certificate.extensions.find((extension) => extension.oid === oid)?.value;
}

/** Whether `issuer` signed `certificate`: names, key identifiers and the signature itself. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey);
}

function readDer(der: Buffer): Omit<Certificate, 'pem'> {
  const [tbs, algorithm] = members(decode(der), 'sequence', 'a certificate');
  const [version, serial, , issuer, validity, subject, , ...optional] = members(tbs, 'sequence', 'a certificate');
  if (!isTagged(version, 0, true) || subject === undefined) throw new DerError('only version 3 is supported');
  const [notBefore, notAfter] = members(validity, 'sequence', 'the validity');
  const extensions = readExtensions(optional);
  const x509 = new X509Certificate(der);
  const part = <T>(oid: string, read: (value: Buffer) => T): T | undefined => {
    const value = extensionOf({ extensions }, oid);
    return value && read(value);
  };
  return {
    der,
    serial: content(serial, 'integer', 'the serial number'),
    signatureOid: readOid(members(algorithm, 'sequence', 'the algorithm')[0], 'the algorithm'),
    subject: decodeName(subject),
    subjectDer: encode(subject),
    issuer: decodeName(issuer),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKey: x509.publicKey,
    x509,
    extensions,
    names: part(extensionOids.alternativeNames, (value) => decodeNames(decode(value))) ?? noNames,
    ca: part(extensionOids.basicConstraints, decodeBasicConstraints),
    subjectKeyId: part(extensionOids.subjectKeyId, (value) => content(decode(value), 'octets', 'the key identifier')),
    authorityKeyId: part(extensionOids.authorityKeyId, readAuthorityKeyId),
  };
}

function readExtensions(optional: readonly Node[]): readonly Extension[] {
  const holder = optional.find((node) => isTagged(node, 3, true));
  return holder ? decodeExtensions(taggedMembers(holder)[0]) : [];
}

function readAuthorityKeyId(value: Buffer): Buffer | undefined {
  const id = members(decode(value), 'sequence', 'the authority key identifier').find((node) =>
    isTagged(node, 0, false),
  );
  return id && rawContent(id);
}
