import { type Certificate, readCertificate } from './certificate.ts';
import { type Attribute, attributeOids, valuesOf } from './der/name.ts';
import { signatureAlgorithms } from './signature.ts';

/** A name as `cfssl certinfo` prints it; absent fields are left out. */
export interface NameJson {
  readonly common_name?: string;
  readonly serial_number?: string;
  readonly country?: string;
  readonly organization?: string;
  readonly organizational_unit?: string;
  readonly locality?: string;
  readonly province?: string;
  readonly street_address?: string;
  readonly postal_code?: string;
  readonly names?: readonly string[];
}

/** What `cfssl certinfo` prints, field by field in its order. */
export interface CertInfo {
  readonly subject: NameJson;
  readonly issuer: NameJson;
  /** Decimal. */
  readonly serial_number: string;
  readonly sans?: readonly string[];
  /** RFC 3339, UTC. */
  readonly not_before: string;
  readonly not_after: string;
  readonly sigalg: string;
  /** Upper-case hexadecimal with colons; empty where there is none. */
  readonly authority_key_id: string;
  readonly subject_key_id: string;
  readonly pem: string;
}

/**
 * Tells what is in the first certificate of a PEM text. E-mail addresses and URIs are among `sans`, which CFSSL leaves out.
 *
 * @throws K8supError `PKI_CERTIFICATE`.
 */
export function certInfo(pem: string, name = 'the input'): CertInfo {
  const certificate = readCertificate(pem, name);
  const { dnsNames, ipAddresses, emails, uris } = certificate.names;
  const sans = [...dnsNames, ...ipAddresses, ...emails, ...uris];
  return {
    subject: nameJson(certificate.subject),
    issuer: nameJson(certificate.issuer),
    serial_number: BigInt(`0x${certificate.serial.toString('hex')}`).toString(),
    ...(sans.length > 0 ? { sans } : {}),
    not_before: rfc3339(certificate.notBefore),
    not_after: rfc3339(certificate.notAfter),
    sigalg: signatureAlgorithms.find(({ oid }) => oid === certificate.signatureOid)?.name ?? certificate.signatureOid,
    authority_key_id: colons(certificate.authorityKeyId),
    subject_key_id: colons(certificate.subjectKeyId),
    pem: certificate.pem,
  };
}

/** Whole days until the certificate ends, rounded down; below zero once it has. @throws K8supError `PKI_CERTIFICATE`. */
export function daysLeft(certificate: string | Pick<Certificate, 'notAfter'>, now = new Date()): number {
  const { notAfter } = typeof certificate === 'string' ? readCertificate(certificate, 'the input') : certificate;
  return Math.floor((notAfter.getTime() - now.getTime()) / 86_400_000);
}

function nameJson(attributes: readonly Attribute[]): NameJson {
  const fields = {
    common_name: attributeOids.commonName,
    serial_number: attributeOids.serialNumber,
    country: attributeOids.country,
    organization: attributeOids.organization,
    organizational_unit: attributeOids.organizationalUnit,
    locality: attributeOids.locality,
    province: attributeOids.province,
    street_address: attributeOids.streetAddress,
    postal_code: attributeOids.postalCode,
  };
  const present = Object.entries(fields)
    .map(([field, oid]) => [field, valuesOf(attributes, oid).join(',')] as const)
    .filter(([, value]) => value !== '');
  const names = attributes.map((attribute) => attribute.value);
  return { ...Object.fromEntries(present), ...(names.length > 0 ? { names } : {}) };
}

function rfc3339(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}

function colons(id: Buffer | undefined): string {
  return (id?.toString('hex').toUpperCase().match(/../g) ?? []).join(':');
}
