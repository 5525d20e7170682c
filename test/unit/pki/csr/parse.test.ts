import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { namesOf } from '../../../../src/pki/der/alternative-names.ts';
import { generateKey, privateKeyPem } from '../../../../src/pki/keys.ts';
import { createRequest } from '../../../../src/pki/request.ts';
import { parseCsr } from '../../../../src/pki/index.ts';
import { hasOpenssl, openssl } from '../fixture.ts';
import {
  asking,
  attribute,
  der,
  names,
  nodeKey,
  oids,
  pemOf,
  rawNames,
  requestDer,
  requestPem,
  subject,
  text,
  withKey,
} from '../../../support/csr.ts';

/** The reason, or what was read where it should not have been. */
function reason(pem: string): string {
  const result = parseCsr(pem);
  return result.ok ? `read: ${JSON.stringify(result.csr)}` : result.reason;
}

describe('a request is read', () => {
  test.each([
    { algo: 'rsa', size: 2048 },
    { algo: 'ecdsa', size: 256 },
    { algo: 'ecdsa', size: 384 },
    { algo: 'ecdsa', size: 521 },
    { algo: 'ed25519' },
  ] as const)('with a key of $algo $size', async (spec) => {
    const hosts = ['node1', '10.0.0.1', 'fd00::1', 'x@y.org', 'https://u.example/p'];
    const content = {
      subject: { commonName: 'system:node:node1', organization: ['system:nodes'] },
      names: namesOf(hosts),
    };
    const result = parseCsr(await createRequest(content, await generateKey(spec)));
    expect(result).toMatchObject({
      ok: true,
      csr: {
        commonName: 'system:node:node1',
        organizations: ['system:nodes'],
        otherSubject: [],
        dnsNames: ['node1'],
        ipAddresses: ['10.0.0.1', 'fd00::1'],
        emails: ['x@y.org'],
        uris: ['https://u.example/p'],
        extensions: ['2.5.29.17'],
        unknownExtensions: [],
        unknownAttributes: [],
        isCa: false,
      },
    });
  });

  test.skipIf(!hasOpenssl)('when openssl made it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'k8sup-csr-'));
    try {
      await writeFile(join(folder, 'key.pem'), privateKeyPem(nodeKey), { mode: 0o600 });
      const extensions = [
        'subjectAltName=DNS:node1,IP:10.0.0.1',
        'keyUsage=digitalSignature',
        'extendedKeyUsage=serverAuth',
      ];
      const args = ['req', '-new', '-key', join(folder, 'key.pem'), '-subj', '/O=system:nodes/CN=system:node:node1'];
      const pem = openssl([...args, ...extensions.flatMap((extension) => ['-addext', extension])]);
      expect(parseCsr(pem)).toMatchObject({
        ok: true,
        csr: { dnsNames: ['node1'], ipAddresses: ['10.0.0.1'], keyUsage: [0], extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('with what a kubelet does not ask for, and tells it', () => {
    const unknown = { oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) };
    const ca = { oid: oids.constraints, critical: true, value: der.encode(der.sequence(der.yes())) };
    const usage = { oid: oids.keyUsage, critical: true, value: der.encode(der.bits(Buffer.from([0xa0]), 5)) };
    const password = attribute('1.2.840.113549.1.9.7', der.utf8('secret'));
    const parts = { attributes: [password, asking(unknown, ca, usage)], subject: subject(['CN', 'a'], ['OU', 'b']) };
    expect(parseCsr(requestPem(parts))).toMatchObject({
      ok: true,
      csr: {
        isCa: true,
        keyUsage: [0, 2],
        unknownExtensions: ['1.2.3.4'],
        unknownAttributes: ['1.2.840.113549.1.9.7'],
        otherSubject: [{ oid: oids.unit, value: 'b' }],
      },
    });
  });
});

describe('a request is refused, with a reason,', () => {
  const good = requestPem();
  test.each([
    ['is empty', ''],
    ['has text before it', `x\n${good}`],
    ['is two', good + good],
    ['has a PEM header', good.replace('\n', '\nProc-Type: 4,ENCRYPTED\n')],
    ['is a certificate by its label', good.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['has base64 with spare bits', good.replace(/(.)(\n-----END)/, '$1=$2')],
  ])('when it %s', (_what, pem) => {
    expect(reason(pem)).toMatch(/PEM block|base64/);
  });

  test('when it is huge', () => {
    expect(reason(pemOf(Buffer.alloc(20_000)))).toBe('the request is too big');
  });

  test('when bytes follow', () => {
    expect(reason(pemOf(Buffer.concat([requestDer(), Buffer.from([5, 0])])))).toMatch(/^not DER/);
  });

  test('when a length is not minimal', () => {
    const bytes = requestDer();
    // 30 81 xx or 30 82 xx xx becomes one byte longer.
    const size = (bytes[1] ?? 0) & 0x7f;
    const longer = Buffer.concat([Buffer.from([0x30, 0x81 + size, 0]), bytes.subarray(2)]);
    expect(reason(pemOf(longer))).toMatch(/^not DER/);
  });

  test('when it is cut short', () => {
    expect(reason(pemOf(requestDer().subarray(0, -1)))).toMatch(/^not DER/);
  });

  test('when it is nested too deep', () => {
    const deep = Array.from({ length: 60 }).reduce<Buffer>(
      (inner) => Buffer.concat([Buffer.from([0x30, inner.length]), inner]),
      Buffer.alloc(0),
    );
    expect(reason(pemOf(deep))).toMatch(/^not DER/);
  });

  const twice = asking(names('a'));
  const long = 'a'.repeat(300);
  test.each([
    ['another version', { version: der.smallInteger(1) }, 'version'],
    ['no CN', { subject: subject(['O', 'system:nodes']) }, 'no CN'],
    ['two CNs', { subject: subject(['CN', 'a'], ['CN', 'b']) }, 'more than one CN'],
    ['a control character in the CN', { subject: subject(['CN', 'system:node:a\u001b[2J']) }, 'control characters'],
    ['a right-to-left override in O', { subject: subject(['CN', 'a'], ['O', 'a\u202eb']) }, 'control characters'],
    ['a NUL in the CN', { subject: subject(['CN', 'system:node:node1\0.evil']) }, 'control characters'],
    ['a CN that is not UTF-8', { subject: subject(['CN', text(12, '\xc3\x28')]) }, 'UTF-8'],
    ['a CN as BMPString', { subject: subject(['CN', text(30, 'ab')]) }, 'unknown type'],
    ['a CN as T61String', { subject: subject(['CN', text(20, 'ab')]) }, 'unknown type'],
    ['an underscore in a PrintableString', { subject: subject(['CN', der.printable('a_b')]) }, 'PrintableString'],
    ['an empty part of the name', { subject: der.sequence(der.setOf()) }, 'empty'],
    ['an attribute twice', { attributes: [twice, twice] }, 'attribute comes twice'],
    [
      'extensions asked for twice',
      { attributes: [attribute(oids.extensionRequest, der.sequence(), der.sequence())] },
      'more than once',
    ],
    ['no extensions at all in their attribute', { attributes: [attribute(oids.extensionRequest)] }, 'more than once'],
    ['an extension twice', { attributes: [asking(names('a'), names('b'))] }, 'extension comes twice'],
    ['an attribute that is none', { attributes: [der.nothing()] }, 'no SEQUENCE'],
    ['an empty list of names', { attributes: [asking(rawNames(der.sequence()))] }, 'empty'],
    ['an empty name', { attributes: [asking(rawNames(der.sequence(der.implicit(2, Buffer.alloc(0)))))] }, 'empty'],
    [
      'a directory name',
      { attributes: [asking(rawNames(der.sequence(der.tagged(4, subject(['CN', 'a'])))))] },
      'unknown kind',
    ],
    [
      'an other name',
      { attributes: [asking(rawNames(der.sequence(der.tagged(0, der.oid('1.2.3')))))] },
      'unknown kind',
    ],
    [
      'a registered id',
      { attributes: [asking(rawNames(der.sequence(der.implicit(8, Buffer.from([42])))))] },
      'unknown kind',
    ],
    [
      'an address of 5 bytes',
      { attributes: [asking(rawNames(der.sequence(der.implicit(7, Buffer.alloc(5)))))] },
      '4 nor 16',
    ],
    [
      'a control character in a DNS name',
      { attributes: [asking(rawNames(der.sequence(der.implicit(2, Buffer.from('a\nb')))))] },
      'control',
    ],
    [
      'a DNS name that is not ASCII',
      { attributes: [asking(rawNames(der.sequence(der.implicit(2, Buffer.from('bü')))))] },
      'ASCII',
    ],
    [
      'an algorithm of another kind',
      { algorithm: der.sequence(der.oid('1.2.840.113549.1.1.5'), der.nothing()) },
      'algorithm',
    ],
    [
      'parameters where there are none',
      { algorithm: der.sequence(der.oid('1.2.840.10045.4.3.2'), der.nothing()) },
      'algorithm',
    ],
    ['a public key that is none', { spki: der.sequence() }, 'public key'],
    [
      'a signature by another key',
      { spoil: (bytes: Buffer) => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) as Buffer },
      'signature',
    ],
    ['a signature of nothing', { spoil: () => Buffer.alloc(0) }, 'signature'],
    ['a long reason', { subject: subject(['CN', der.sequence(der.utf8(long))]) }, 'no text'],
  ])('when it has %s', (_what, parts, expected) => {
    expect(reason(requestPem(parts))).toContain(expected);
  });

  test('when the flag of an extension is FALSE, which DER leaves out', () => {
    const falseFlag = der.sequence(der.oid(oids.names), text(1, '\0'), der.octets(names('a').value));
    const pem = requestPem({ attributes: [attribute(oids.extensionRequest, der.sequence(falseFlag))] });
    expect(reason(pem)).toBe('an extension is malformed');
  });

  test('when its key is weak or of an unsupported kind', async () => {
    expect(await withKey({ algo: 'rsa', size: 1024 }).then(reason)).toContain('1024 bits');
  });

  test('when it was signed by a key other than its own', async () => {
    const [mine, other] = [requestDer(), requestDer({ key: await generateKey({ algo: 'ecdsa', size: 256 }) })];
    const [information, algorithm] = partsOf(mine);
    const [, , signature] = partsOf(other);
    const body = Buffer.concat([information, algorithm, signature]);
    // A request of this kind is between 128 and 65535 bytes: one length byte behind 0x81, or two behind 0x82.
    const length = body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
    const swapped = Buffer.concat([Buffer.from([0x30, ...length]), body]);
    expect(reason(pemOf(swapped))).toContain('its signature is not made by the key');
  });
});

/** The three parts of a request: its information, the algorithm, the signature; lengths of one or two bytes are enough here. */
function partsOf(der: Buffer): readonly [Buffer, Buffer, Buffer] {
  const parts: Buffer[] = [];
  let at = sizeOf(der).header;
  while (at < der.length) {
    const { header, content } = sizeOf(der.subarray(at));
    parts.push(der.subarray(at, at + header + content));
    at += header + content;
  }
  const [information = der, algorithm = der, signature = der] = parts;
  return [information, algorithm, signature];
}

function sizeOf(der: Buffer): { readonly header: number; readonly content: number } {
  const first = der[1] ?? 0;
  if (first < 0x80) return { header: 2, content: first };
  const bytes = first & 0x7f;
  return { header: 2 + bytes, content: der.readUIntBE(2, bytes) };
}
