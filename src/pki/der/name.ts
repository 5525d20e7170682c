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
} as const;

/**
 * DER of a name: one RDN a kind of attribute, in the order in which CFSSL writes them.
 *
 * Text is UTF8String, as Go readers refuse characters like `_` in the PrintableString that forge would pick;
 * country and serial number must be PrintableString (RFC 5280, appendix A).
 */
export function encodeName(name: DistinguishedName): Node {
  const one = (value: string | undefined): readonly string[] => (value === undefined || value === '' ? [] : [value]);
  const groups: readonly (readonly [string, readonly string[]])[] = [
    [attributeOids.country, name.country ?? []],
    [attributeOids.province, name.province ?? []],
    [attributeOids.locality, name.locality ?? []],
    [attributeOids.organization, name.organization ?? []],
    [attributeOids.organizationalUnit, name.organizationalUnit ?? []],
    [attributeOids.commonName, one(name.commonName)],
    [attributeOids.serialNumber, one(name.serialNumber)],
  ];
  const sets = groups
    .filter(([, values]) => values.length > 0)
    .map(([id, values]) => setOf(...values.map((value) => sequence(oid(id), text(id, value)))));
  return sequence(...sets);
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

function text(id: string, value: string): Node {
  const isPrintable = id === attributeOids.country || id === attributeOids.serialNumber;
  return isPrintable && /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value) ? printable(value) : utf8(value);
}
