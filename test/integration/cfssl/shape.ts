import { createHash } from 'node:crypto';
import { decodeExtensions } from '../../../src/pki/der/extensions.ts';
import {
  content,
  decode,
  isTagged,
  members,
  readOid,
  readTime,
  taggedMembers,
  wholeBytes,
} from '../../../src/pki/der/read.ts';
import { encode, type Node } from '../../../src/pki/der/write.ts';
import { pemBlocks } from '../../../src/pki/pem.ts';

/** Everything of a certificate that is neither random nor the time, a line a field, in the order of its DER. */
export interface Shape {
  readonly lines: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Keys, identifiers of keys and serial numbers are replaced by what must hold of them. */
export function certificateShape(pem: string): Shape {
  const [tbs, algorithm] = members(decode(derOf(pem, 'CERTIFICATE')), 'sequence', 'a certificate');
  const fields = members(tbs, 'sequence', 'a certificate');
  const [version, serial, inner, issuer, validity, subject, spki, holder, ...rest] = fields;
  if (!version || !issuer || !subject || !spki || !holder || rest.length > 0) throw new Error('an unexpected form');
  const [notBefore, notAfter] = members(validity, 'sequence', 'the validity').map((node) => readTime(node).getTime());
  const key = keyShape(spki);
  const number = content(serial, 'integer', 'the serial number');
  return {
    lines: [
      `version ${hex(version)}`,
      `serial number ${number.length <= 20 && (number[0] ?? 0x80) < 0x80 ? 'positive, at most 20 bytes' : number.toString('hex')}`,
      `signed with ${hex(inner)} and ${hex(algorithm)}`,
      `issuer ${hex(issuer)}`,
      `subject ${hex(subject)}`,
      `key ${key.kind}`,
      ...extensionLines(holder, key.id),
    ],
    notBefore: notBefore ?? 0,
    notAfter: notAfter ?? 0,
  };
}

/** The same of a request. */
export function requestShape(pem: string): readonly string[] {
  const [info, algorithm] = members(decode(derOf(pem, 'CERTIFICATE REQUEST')), 'sequence', 'a request');
  const [version, subject, spki, attributes] = members(info, 'sequence', 'a request');
  if (!version || !subject || !spki || !attributes) throw new Error('an unexpected form');
  const key = `key ${keyShape(spki).kind}`;
  return [
    `version ${hex(version)}`,
    `subject ${hex(subject)}`,
    key,
    `asks ${hex(attributes)}`,
    `signed with ${hex(algorithm)}`,
  ];
}

/** The same of a list of revoked certificates, without the times of its entries. */
export function listShape(der: Buffer): readonly string[] {
  const [tbs, algorithm] = members(decode(der), 'sequence', 'a list');
  const fields = members(tbs, 'sequence', 'a list');
  const [version, inner, issuer, , , revoked] = fields;
  const holder = fields.find((node) => isTagged(node, 0, true));
  const serials =
    revoked === holder
      ? []
      : members(revoked, 'sequence', 'a list').map((entry) => members(entry, 'sequence', 'an entry'));
  return [
    `version ${hex(version)}`,
    `signed with ${hex(inner)} and ${hex(algorithm)}`,
    `issuer ${hex(issuer)}`,
    ...serials.map(([serial, , ...more]) => `revoked ${hex(serial)}${more.map(hex).join('')}`),
    ...(holder ? extensionLines(holder, '') : []),
  ];
}

function extensionLines(holder: Node, keyId: string): readonly string[] {
  return decodeExtensions(taggedMembers(holder)[0]).map(({ oid, critical, value }) => {
    const text = value.toString('hex');
    const shown = keyId !== '' && text === `0414${keyId}` ? 'identifier of its key' : text;
    return `extension ${oid}${critical ? ' critical' : ''} ${shown}`;
  });
}

function keyShape(spki: Node): { readonly kind: string; readonly id: string } {
  const [algorithm, bits] = members(spki, 'sequence', 'a key');
  const bytes = wholeBytes(bits, 'a key');
  const oid = readOid(members(algorithm, 'sequence', 'an algorithm')[0], 'an algorithm');
  return {
    kind: `${oid} ${hex(algorithm)} of ${bytes.length} bytes`,
    id: createHash('sha1').update(bytes).digest('hex'),
  };
}

function derOf(pem: string, label: string): Buffer {
  const [block, ...more] = pemBlocks(pem);
  if (block?.label !== label || more.length > 0) throw new Error(`exactly one ${label} was expected`);
  return block.der;
}

function hex(node: Node | undefined): string {
  return node ? encode(node).toString('hex') : '(none)';
}
