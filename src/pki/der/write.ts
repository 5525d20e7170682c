import forge from 'node-forge';

const { asn1 } = forge;
const { Class, Type } = asn1;

// The published types allow only numbers of universal types.
const createTagged: (tagClass: forge.asn1.Class, tag: number, constructed: boolean, value: string | Node[]) => Node =
  asn1.create;

/** One ASN.1 value; its bytes are kept in forge's binary strings. */
export type Node = forge.asn1.Asn1;

/** DER bytes of a value. */
export function encode(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

export function sequence(...items: readonly Node[]): Node {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);
}

/** SET OF: DER wants the encoded members in ascending order. */
export function setOf(...items: readonly Node[]): Node {
  const sorted = [...items].sort((a, b) => Buffer.compare(encode(a), encode(b)));
  return asn1.create(Class.UNIVERSAL, Type.SET, true, sorted);
}

export function oid(dotted: string): Node {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes());
}

/** @param bytes - big-endian two's complement, already minimal. */
export function integer(bytes: Buffer): Node {
  return primitive(Type.INTEGER, binary(bytes));
}

export function smallInteger(value: number): Node {
  return primitive(Type.INTEGER, asn1.integerToDer(value).getBytes());
}

export function octets(bytes: Buffer): Node {
  return primitive(Type.OCTETSTRING, binary(bytes));
}

/** BIT STRING; `unused` bits at its end count for nothing. */
export function bits(bytes: Buffer, unused = 0): Node {
  return primitive(Type.BITSTRING, String.fromCharCode(unused) + binary(bytes));
}

/** BOOLEAN TRUE; DER leaves a default of FALSE out. */
export function yes(): Node {
  return primitive(Type.BOOLEAN, '\xff');
}

export function nothing(): Node {
  return primitive(Type.NULL, '');
}

export function utf8(text: string): Node {
  return primitive(Type.UTF8, binary(Buffer.from(text, 'utf8')));
}

export function printable(text: string): Node {
  return primitive(Type.PRINTABLESTRING, text);
}

/** IA5String. */
export function ascii(text: string): Node {
  return primitive(Type.IA5STRING, binary(Buffer.from(text, 'latin1')));
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280, 4.1.2.5). */
export function time(date: Date): Node {
  return date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

/** `[tag] IMPLICIT` of a primitive type. */
export function implicit(tag: number, bytes: Buffer): Node {
  return createTagged(Class.CONTEXT_SPECIFIC, tag, false, binary(bytes));
}

/** `[tag] EXPLICIT`, or IMPLICIT of a constructed type. */
export function tagged(tag: number, ...items: readonly Node[]): Node {
  return createTagged(Class.CONTEXT_SPECIFIC, tag, true, [...items]);
}

function primitive(type: forge.asn1.Type, value: string): Node {
  return asn1.create(Class.UNIVERSAL, type, false, value);
}

function binary(bytes: Buffer): string {
  return bytes.toString('latin1');
}
