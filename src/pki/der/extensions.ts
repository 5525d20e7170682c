import { type AlternativeNames, encodeNames, isEmpty } from './alternative-names.ts';
import { authorityAccess, distributionPoints, type Places } from './places.ts';
import { content, DerError, decode, is, members, readOid } from './read.ts';
import { type Usage, usageBits, usageOids } from './usages.ts';
import { bits, encode, implicit, octets, oid, sequence, smallInteger, yes, type Node } from './write.ts';

/** Object identifiers of extensions (RFC 5280, 4.2.1). */
export const extensionOids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  crlDistributionPoints: '2.5.29.31',
  policies: '2.5.29.32',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  delegationUsage: '1.3.6.1.4.1.44363.44',
  crlNumber: '2.5.29.20',
} as const;

/** Basic constraints of a certificate that may sign others. */
export interface CaConstraint {
  /** Certificates of authorities that may follow below; undefined: no limit. */
  readonly pathLength?: number;
}

/** One extension, its value still DER. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

export interface WantedExtensions {
  readonly usages: readonly Usage[];
  readonly ca?: CaConstraint;
  readonly names: AlternativeNames;
  readonly subjectKeyId: Buffer;
  /** Absent in a self-signed certificate. */
  readonly authorityKeyId?: Buffer;
  /** Alternative names are critical where there is no subject (RFC 5280, 4.2.1.6). */
  readonly emptySubject: boolean;
  readonly places?: Places;
  /** Further extensions, behind all others; one of a kind that is made here replaces it. */
  readonly more?: readonly Extension[];
}

/** Extensions of a certificate, in the order in which Go (and so CFSSL) writes them. */
export function extensionsFor(wanted: WantedExtensions): readonly Extension[] {
  const ids = extensionOids;
  const keyUsage = usageBits(wanted.usages);
  const extended = usageOids(wanted.usages);
  const { places = {}, more = [] } = wanted;
  const all: Extension[] = [];
  const add = (id: string, critical: boolean, value: Node): void => {
    all.push({ oid: id, critical, value: encode(value) });
  };
  if (keyUsage.length > 0) add(ids.keyUsage, true, namedBits(keyUsage));
  if (extended.length > 0) add(ids.extendedKeyUsage, false, sequence(...extended.map(oid)));
  add(ids.basicConstraints, true, basicConstraints(wanted.ca));
  add(ids.subjectKeyId, false, octets(wanted.subjectKeyId));
  if (wanted.authorityKeyId) add(ids.authorityKeyId, false, sequence(implicit(0, wanted.authorityKeyId)));
  const access = authorityAccess(places);
  if (access) add(ids.authorityInfoAccess, false, access);
  if (!isEmpty(wanted.names)) add(ids.alternativeNames, wanted.emptySubject, encodeNames(wanted.names));
  const lists = distributionPoints(places);
  if (lists) add(ids.crlDistributionPoints, false, lists);
  return [...all.filter(({ oid: id }) => more.every((other) => other.oid !== id)), ...more];
}

/** `Extensions` as certificates and requests hold them. */
export function encodeExtensions(extensions: readonly Extension[]): Node {
  return sequence(
    ...extensions.map(({ oid: id, critical, value }) =>
      critical ? sequence(oid(id), yes(), octets(value)) : sequence(oid(id), octets(value)),
    ),
  );
}

/** @throws DerError when malformed or when one comes twice. */
export function decodeExtensions(node: Node | undefined): readonly Extension[] {
  const extensions = members(node, 'sequence', 'the list of extensions').map(decodeExtension);
  if (new Set(extensions.map((extension) => extension.oid)).size !== extensions.length) {
    throw new DerError('an extension comes twice');
  }
  return extensions;
}

/** Basic constraints: undefined for what is no authority. @throws DerError when malformed. */
export function decodeBasicConstraints(value: Buffer): CaConstraint | undefined {
  const [first, second, ...rest] = members(decode(value), 'sequence', 'basicConstraints');
  if (first === undefined) return undefined;
  if (content(first, 'boolean', 'basicConstraints')[0] !== 0xff || rest.length > 0) {
    throw new DerError('basicConstraints is malformed');
  }
  if (second === undefined) return {};
  const limit = content(second, 'integer', 'the path length');
  if (limit.length > 2) throw new DerError('the path length is out of range');
  return { pathLength: limit.readUIntBE(0, limit.length) };
}

function decodeExtension(node: Node): Extension {
  const parts = members(node, 'sequence', 'an extension');
  const id = readOid(parts[0], "an extension's type");
  const critical = is(parts[1], 'boolean');
  // DER leaves FALSE, the default, out; TRUE is 0xff.
  if (critical && content(parts[1], 'boolean', 'a flag')[0] !== 0xff) throw new DerError('an extension is malformed');
  if (parts.length !== (critical ? 3 : 2)) throw new DerError('an extension is malformed');
  return { oid: id, critical, value: content(parts[critical ? 2 : 1], 'octets', "an extension's value") };
}

function basicConstraints(ca: CaConstraint | undefined): Node {
  if (!ca) return sequence();
  return ca.pathLength === undefined ? sequence(yes()) : sequence(yes(), smallInteger(ca.pathLength));
}

function namedBits(numbers: readonly number[]): Node {
  const last = Math.max(...numbers);
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of numbers) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bits(bytes, 7 - (last & 7));
}
