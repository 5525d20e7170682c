import forge from 'node-forge';

import { encode, type Node } from './write.ts';

const { asn1 } = forge;
const { Class, Type } = asn1;

/** Bytes that are not what they should be; the message is fit for a reason shown to people. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

type Tag = 'sequence' | 'set' | 'oid' | 'integer' | 'octets' | 'bits' | 'boolean' | 'null';

const tags: Readonly<Record<Tag, { readonly type: forge.asn1.Type; readonly constructed: boolean }>> = {
  sequence: { type: Type.SEQUENCE, constructed: true },
  set: { type: Type.SET, constructed: true },
  oid: { type: Type.OID, constructed: false },
  integer: { type: Type.INTEGER, constructed: false },
  octets: { type: Type.OCTETSTRING, constructed: false },
  bits: { type: Type.BITSTRING, constructed: false },
  boolean: { type: Type.BOOLEAN, constructed: false },
  null: { type: Type.NULL, constructed: false },
};

// The published types know only the boolean form of the second parameter.
const fromDer = asn1.fromDer as unknown as (
  bytes: string,
  options: { strict: boolean; parseAllBytes: boolean; decodeBitStrings: boolean; maxDepth: number },
) => Node;

/**
 * Reads exactly one DER value.
 *
 * @throws DerError for anything else: BER forms, trailing bytes, lengths or integers not minimal.
 */
export function decode(der: Buffer): Node {
  let node: Node;
  try {
    const options = { strict: true, parseAllBytes: true, decodeBitStrings: false, maxDepth: 24 };
    node = fromDer(der.toString('latin1'), options);
  } catch (error) {
    throw new DerError(`not DER: ${error instanceof Error ? error.message : String(error)}`);
  }
  // forge reads BER as well; only DER comes back as the same bytes.
  if (!encode(node).equals(der)) throw new DerError('not DER: not in its one canonical form');
  return node;
}

export function is(node: Node | undefined, tag: Tag): node is Node {
  const wanted = tags[tag];
  return node?.tagClass === Class.UNIVERSAL && node.type === wanted.type && node.constructed === wanted.constructed;
}

/** Whether it is `[tag]` of the context. */
export function isTagged(node: Node | undefined, tag: number, constructed: boolean): node is Node {
  return node?.tagClass === Class.CONTEXT_SPECIFIC && (node.type as number) === tag && node.constructed === constructed;
}

/** Members of a SEQUENCE or SET. @throws DerError when it is none. */
export function members(node: Node | undefined, tag: 'sequence' | 'set', what: string): readonly Node[] {
  if (!is(node, tag)) throw new DerError(`${what} is no ${tag.toUpperCase()}`);
  return taggedMembers(node);
}

/** Members of any constructed value. */
export function taggedMembers(node: Node): readonly Node[] {
  if (typeof node.value === 'string') throw new DerError('a constructed value was expected');
  return node.value;
}

/** Content bytes of a primitive of this type. @throws DerError when it is another type. */
export function content(node: Node | undefined, tag: Exclude<Tag, 'sequence' | 'set'>, what: string): Buffer {
  if (!is(node, tag)) throw new DerError(`${what} is no ${tag.toUpperCase()}`);
  return rawContent(node);
}

/** Content bytes of any primitive. */
export function rawContent(node: Node): Buffer {
  if (typeof node.value !== 'string') throw new DerError('a primitive value was expected');
  return Buffer.from(node.value, 'latin1');
}

/** @throws DerError when it is no well-formed object identifier. */
export function readOid(node: Node | undefined, what: string): string {
  const bytes = content(node, 'oid', what);
  const last = bytes.at(-1);
  // Each arc ends with a byte below 0x80 and may not start with 0x80.
  const padded = bytes.some((byte, i) => byte === 0x80 && (i === 0 || (bytes[i - 1] ?? 0) < 0x80));
  if (last === undefined || last >= 0x80 || padded || bytes.length > 32) throw new DerError(`${what} is malformed`);
  return asn1.derToOid(bytes.toString('latin1'));
}

/** @throws DerError unless the BIT STRING is made of whole bytes. */
export function wholeBytes(node: Node | undefined, what: string): Buffer {
  const bytes = content(node, 'bits', what);
  if (bytes[0] !== 0) throw new DerError(`${what} is no BIT STRING of whole bytes`);
  return bytes.subarray(1);
}

/** Set bits of a named BIT STRING, by number. @throws DerError when it is not in DER's form. */
export function bitNumbers(node: Node | undefined, what: string): readonly number[] {
  const [unused = 8, ...bytes] = content(node, 'bits', what);
  const numbers = bytes.flatMap((byte, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (0x80 >> bit)) !== 0).map((bit) => i * 8 + bit),
  );
  const last = numbers.at(-1);
  // Named bit lists end with a set bit; an empty one has no bytes at all.
  const size = bytes.length * 8 - unused;
  if (unused > 7 || size !== (last === undefined ? 0 : last + 1)) throw new DerError(`${what} is malformed`);
  return numbers;
}

/** @throws DerError when it is no UTCTime or GeneralizedTime. */
export function readTime(node: Node | undefined): Date {
  if (node?.tagClass === Class.UNIVERSAL && !node.constructed) {
    const text = rawContent(node).toString('latin1');
    if (node.type === Type.UTCTIME && /^\d{12}Z$/.test(text)) return asn1.utcTimeToDate(text);
    if (node.type === Type.GENERALIZEDTIME && /^\d{14}Z$/.test(text)) return asn1.generalizedTimeToDate(text);
  }
  throw new DerError('a date is malformed');
}

const printableCharacters = /^[A-Za-z0-9 '()+,./:=?-]*$/;

/** Text of a UTF8String, PrintableString or IA5String. @throws DerError for other types and for bytes outside their alphabets. */
export function readText(node: Node | undefined, what: string): string {
  if (node?.tagClass !== Class.UNIVERSAL || node.constructed) throw new DerError(`${what} is no text`);
  const bytes = rawContent(node);
  if (node.type === Type.UTF8) return readUtf8(bytes, what);
  if (node.type === Type.IA5STRING) return readAscii(bytes, what);
  if (node.type !== Type.PRINTABLESTRING) throw new DerError(`${what} is text of an unknown type`);
  const text = bytes.toString('latin1');
  if (printableCharacters.test(text)) return text;
  throw new DerError(`${what} has characters that PrintableString forbids`);
}

/** @throws DerError for bytes above 0x7f. */
export function readAscii(bytes: Buffer, what: string): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new DerError(`${what} is not ASCII`);
  return bytes.toString('latin1');
}

function readUtf8(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DerError(`${what} is not UTF-8`);
  }
}
