import { DerError, members, readOid, readText } from './read.ts';
import { oid, printable, sequence, setOf, utf8, type Node } from './write.ts';

/** The subject or issuer of a certificate: CFSSL's fields. */
export interface DistinguishedName {
  readonly commonName?: string;
  readonly country?: readonly string[];
  readonly organization?: readonly string[];
  readonly organizationalUnit?: readonly string[];
  readonly locality?: readonly string[];
  readonly province?: readonly string[];
  readonly serialNumber?: string;
  readonly streetAddress?: readonly string[];
  readonly postalCode?: readonly string[];
  /** Attributes without a field of their own, in their order behind all others; one with a field replaces that. */
  readonly extra?: readonly Attribute[];
}

/** One attribute of a name as it stands in a certificate or request. */
export interface Attribute {
  readonly oid: string;
  readonly value: string;
}

/** Object identifiers of attributes (X.520). */
export const attributeOids = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  province: '2.5.4.8',
  streetAddress: '2.5.4.9',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  postalCode: '2.5.4.17',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;

/** Fields in the order in which Go, and so CFSSL, writes them. */
const fields = [
  'country',
  'province',
  'locality',
  'streetAddress',
  'postalCode',
  'organization',
  'organizationalUnit',
  'commonName',
  'serialNumber',
] as const;

/**
 * DER of a name as CFSSL writes it: one RDN a kind of attribute, in a fixed order.
 *
 * Text is PrintableString where its characters allow it, else UTF8String: Go readers refuse a PrintableString with characters like `_`.
 */
export function encodeName(name: DistinguishedName): Node {
  const extra = name.extra ?? [];
  const replaced = new Set(extra.map(({ oid: id }) => id));
  const sets = fields
    .filter((field) => !replaced.has(attributeOids[field]))
    .map((field) => listOf(name[field]).map((value) => encodeAttribute({ oid: attributeOids[field], value })))
    .filter((attributes) => attributes.length > 0);
  return sequence(...[...sets, ...extra.map((attribute) => [encodeAttribute(attribute)])].map((set) => setOf(...set)));
}

/** Whether nobody is named. */
export function isEmptyName(name: DistinguishedName): boolean {
  return (name.extra ?? []).length === 0 && fields.every((field) => listOf(name[field]).length === 0);
}

/** A name by its fields, as Go reads one: their order is lost, and of several CNs or serial numbers the last one counts. */
export function nameOf(attributes: readonly Attribute[]): DistinguishedName {
  const known = new Set<string>(fields.map((field) => attributeOids[field]));
  const name = Object.fromEntries(
    fields.map((field) => {
      const values = valuesOf(attributes, attributeOids[field]);
      return [field, field === 'commonName' || field === 'serialNumber' ? values.at(-1) : values];
    }),
  ) as DistinguishedName;
  return { ...name, extra: attributes.filter(({ oid: id }) => !known.has(id)) };
}

/** Attributes of a name in order. @throws DerError when it is malformed. */
export function decodeName(node: Node | undefined): readonly Attribute[] {
  return members(node, 'sequence', 'a name').flatMap((set) => {
    const attributes = members(set, 'set', 'a part of a name');
    if (attributes.length === 0) throw new DerError('a part of a name is empty');
    return attributes.map((attribute) => {
      const [id, value, ...rest] = members(attribute, 'sequence', 'an attribute of a name');
      if (rest.length > 0) throw new DerError('an attribute of a name has too many parts');
      return { oid: readOid(id, "an attribute's type"), value: readText(value, 'an attribute of a name') };
    });
  });
}

/** Values of one attribute, in order. */
export function valuesOf(attributes: readonly Attribute[], id: string): readonly string[] {
  return attributes.filter((attribute) => attribute.oid === id).map((attribute) => attribute.value);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  const list = typeof value === 'string' ? [value] : (value ?? []);
  return list.filter((text) => text !== '');
}

function encodeAttribute({ oid: id, value }: Attribute): Node {
  return sequence(oid(id), /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value) ? printable(value) : utf8(value));
}
