import { type Attribute, attributeOids, valuesOf } from '../der/name.ts';
import { decode, members, readOid, wholeBytes } from '../der/read.ts';
import { encode } from '../der/write.ts';
import { pemBlocks } from '../pem.ts';
import { signatureAlgorithms } from '../signature.ts';
import { readRequest, wishOf } from './sign.ts';
import type { JsonSource } from './source.ts';

/** Numbers of Go's x509 package. */
const goSignatures: Readonly<Record<string, number>> = {
  SHA256WithRSA: 4,
  SHA384WithRSA: 5,
  SHA512WithRSA: 6,
  ECDSAWithSHA256: 10,
  ECDSAWithSHA384: 11,
  ECDSAWithSHA512: 12,
  Ed25519: 16,
};
const goKeys: Readonly<Record<string, number>> = { rsa: 1, ec: 3, ed25519: 4 };

/**
 * What `cfssl certinfo -csr` prints, under Go's names and numbers. Left out are the key in numbers, which `RawSubjectPublicKeyInfo` has, and the
 * attributes in pieces; URIs are text.
 *
 * @throws K8supError `PKI_REQUEST`.
 */
export function csrInfo(source: JsonSource): Readonly<Record<string, unknown>> {
  const { pem, request } = readRequest(source);
  const { names } = wishOf(request, source.name);
  const der = pemBlocks(pem)[0]?.der ?? Buffer.alloc(0);
  const [info, algorithm, signature] = members(decode(der), 'sequence', 'the request');
  const [, subject, spki] = members(info, 'sequence', 'the request');
  const oid = readOid(members(algorithm, 'sequence', 'the algorithm')[0], 'the algorithm');
  const name = signatureAlgorithms.find((known) => known.oid === oid)?.name ?? '';
  return {
    Raw: der.toString('base64'),
    RawTBSCertificateRequest: info && encode(info).toString('base64'),
    RawSubjectPublicKeyInfo: spki && encode(spki).toString('base64'),
    RawSubject: subject && encode(subject).toString('base64'),
    Version: 0,
    Signature: wholeBytes(signature, 'the signature').toString('base64'),
    SignatureAlgorithm: goSignatures[name] ?? 0,
    PublicKeyAlgorithm: goKeys[request.publicKey.asymmetricKeyType ?? ''] ?? 0,
    Subject: goName(request.subject),
    Extensions: listed(
      request.extensions.map(({ oid: id, critical, value }) => ({
        Id: arcs(id),
        Critical: critical,
        Value: value.toString('base64'),
      })),
    ),
    DNSNames: listed(names.dnsNames),
    EmailAddresses: listed(names.emails),
    IPAddresses: listed(names.ipAddresses),
    URIs: listed(names.uris),
  };
}

function goName(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  const all = (field: keyof typeof attributeOids): readonly string[] | null =>
    listed(valuesOf(attributes, attributeOids[field]));
  return {
    Country: all('country'),
    Organization: all('organization'),
    OrganizationalUnit: all('organizationalUnit'),
    Locality: all('locality'),
    Province: all('province'),
    StreetAddress: all('streetAddress'),
    PostalCode: all('postalCode'),
    SerialNumber: all('serialNumber')?.at(-1) ?? '',
    CommonName: all('commonName')?.at(-1) ?? '',
    Names: listed(attributes.map(({ oid, value }) => ({ Type: arcs(oid), Value: value }))),
    ExtraNames: null,
  };
}

/** Go writes an empty list as null. */
function listed<T>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null;
}

function arcs(oid: string): readonly number[] {
  return oid.split('.').map(Number);
}
