import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { readCertificate } from '../../../src/pki/certificate.ts';
import { namesOf, noNames } from '../../../src/pki/der/alternative-names.ts';
import {
  cappedAt,
  type CertificateContent,
  type Issuer,
  issueCertificate,
  selfSign,
  validityFrom,
} from '../../../src/pki/issue.ts';
import { generateKey, type KeySpec, privateKeyPem } from '../../../src/pki/keys.ts';
import { codeOf, days, hasOpenssl, now, openssl, opensslVerify } from './fixture.ts';

const specs: readonly KeySpec[] = [
  { algo: 'rsa', size: 2048 },
  { algo: 'ecdsa', size: 256 },
  { algo: 'ecdsa', size: 384 },
  { algo: 'ecdsa', size: 521 },
  { algo: 'ed25519' },
];
const year = 365 * 86_400_000;
const subject = { commonName: 'a_name with ünicode', organization: ['system:masters', 'b'] };

async function authority(spec: KeySpec, lifetimeMs = 10 * year): Promise<Issuer> {
  const key = await generateKey(spec);
  const content = {
    subject: { commonName: 'ca_1' },
    names: noNames,
    usages: ['cert sign', 'crl sign'] as const,
    ca: {},
  };
  const pem = await selfSign(content, key, validityFrom(now, lifetimeMs));
  return { key, certificate: readCertificate(pem, 'ca') };
}

type Over = Partial<CertificateContent> & { readonly hosts?: readonly string[] };

async function leaf(issuer: Issuer, spec: KeySpec, over: Over = {}): Promise<string> {
  const { hosts = ['a.example'], ...more } = over;
  const content = { subject, names: namesOf(hosts), usages: ['signing', 'server auth'] as const, ...more };
  const validity = validityFrom(now, year);
  return issueCertificate(content, createPublicKey(await generateKey(spec)), { issuer, validity });
}

describe.each(specs)('an authority with a key of $algo $size', (caSpec) => {
  test('signs leaves of every kind that node accepts', async () => {
    const issuer = await authority(caSpec);
    const ca = new X509Certificate(issuer.certificate.pem);
    for (const spec of specs) {
      const x509 = new X509Certificate(await leaf(issuer, spec));
      expect(x509.checkIssued(ca) && x509.verify(ca.publicKey)).toBe(true);
    }
  });

  test.skipIf(!hasOpenssl)('signs leaves of every kind that openssl -x509_strict accepts', async () => {
    const issuer = await authority(caSpec);
    for (const spec of specs) {
      expect(await opensslVerify(await leaf(issuer, spec), issuer.certificate.pem)).toMatch(/: OK$/);
    }
  });

  test.skipIf(!hasOpenssl)('has a private key that openssl reads', async () => {
    expect(openssl(['pkey', '-noout', '-text'], privateKeyPem((await authority(caSpec)).key))).toMatch(/private-key/i);
  });
});

describe('a certificate', () => {
  const ec: KeySpec = { algo: 'ecdsa', size: 256 };

  test('carries every kind of alternative name, grouped as Go does', async () => {
    const hosts = ['b.example', 'x@y.org', '10.0.0.1', 'https://u.example/p', 'fd00:0::1', '*.c.example', '10.0.0.1'];
    const read = readCertificate(await leaf(await authority(ec), ec, { hosts }), 'leaf');
    expect(read.names).toEqual({
      dnsNames: ['b.example', '*.c.example'],
      emails: ['x@y.org'],
      ipAddresses: ['10.0.0.1', 'fd00::1'],
      uris: ['https://u.example/p'],
    });
    const shown = new X509Certificate(read.pem).subjectAltName;
    expect(shown).toBe(
      'DNS:b.example, DNS:*.c.example, email:x@y.org, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1, URI:https://u.example/p',
    );
  });

  test('names its authority by the key identifier of the authority, not its own', async () => {
    const issuer = await authority(ec);
    const read = readCertificate(await leaf(issuer, ec), 'leaf');
    expect(read.authorityKeyId).toEqual(issuer.certificate.subjectKeyId);
    expect(read.authorityKeyId).not.toEqual(read.subjectKeyId);
  });

  test('has critical keyUsage and basicConstraints, and extended usages that are not', async () => {
    const { extensions, ca } = readCertificate(await leaf(await authority(ec), ec), 'leaf');
    const critical = extensions.filter((extension) => extension.critical).map((extension) => extension.oid);
    expect(critical).toEqual(['2.5.29.15', '2.5.29.19']);
    expect(ca).toBeUndefined();
  });

  test('has critical alternative names where there is no subject', async () => {
    const read = readCertificate(await leaf(await authority(ec), ec, { subject: {} }), 'leaf');
    expect(read.extensions.find(({ oid }) => oid === '2.5.29.17')?.critical).toBe(true);
  });

  test('writes text as Go does: PrintableString, and UTF8String where there is as much as an underscore', async () => {
    const read = readCertificate(await leaf(await authority(ec), ec), 'leaf');
    expect(read.subject.map(({ value }) => value)).toEqual(['b', 'system:masters', 'a_name with ünicode']);
    expect(read.subjectDer.includes(Buffer.from([0x13, 0x0e, ...Buffer.from('system:masters')]))).toBe(true);
    expect(read.subjectDer.includes(Buffer.from([0x0c, 0x14, ...Buffer.from('a_name with ünicode')]))).toBe(true);
  });

  test('has a serial number of 20 bytes, positive, never the same', async () => {
    const issuer = await authority(ec);
    const read = await Promise.all(
      Array.from({ length: 20 }, async () => readCertificate(await leaf(issuer, ec), 'leaf')),
    );
    expect(read.every(({ serial }) => serial.length === 20 && (serial[0] ?? 0x80) < 0x80)).toBe(true);
    expect(new Set(read.map(({ serial }) => serial.toString('hex'))).size).toBe(20);
  });

  test('starts five minutes early and lives as long as asked', async () => {
    const read = readCertificate(await leaf(await authority(ec), ec), 'leaf');
    expect(read.notBefore.toISOString()).toBe('2030-01-15T11:55:00.000Z');
    expect(read.notAfter.getTime() - read.notBefore.getTime()).toBe(year);
  });

  test('may end after 2050', async () => {
    const { certificate } = await authority(ec, 100 * year);
    expect(certificate.notAfter.getUTCFullYear()).toBe(2129);
    expect(new Date(new X509Certificate(certificate.pem).validTo)).toEqual(certificate.notAfter);
  });

  test('that would outlive its authority is refused, and can be capped', async () => {
    const issuer = await authority(ec, year / 2);
    expect(await codeOf(() => leaf(issuer, ec))).toBe('PKI_LIFETIME');
    expect(cappedAt(validityFrom(now, year), issuer.certificate).notAfter).toEqual(issuer.certificate.notAfter);
    expect(cappedAt(validityFrom(now, year / 4), issuer.certificate)).toEqual(validityFrom(now, year / 4));
  });

  test('is not signed in the name of what is no authority', async () => {
    const key = await generateKey(ec);
    const pem = await selfSign({ subject, names: noNames, usages: ['signing'] }, key, validityFrom(days(0), 2 * year));
    expect(await codeOf(() => leaf({ key, certificate: readCertificate(pem, 'x') }, ec))).toBe('PKI_CA');
  });

  test('of an authority is signed within the path length of the one above alone', async () => {
    const key = await generateKey(ec);
    const content = { subject, names: noNames, usages: ['cert sign'] as const, ca: { pathLength: 1 } };
    const certificate = readCertificate(await selfSign(content, key, validityFrom(now, 2 * year)), 'ca');
    expect(await codeOf(() => leaf({ key, certificate }, ec, { ca: { pathLength: 1 } }))).toBe('PKI_CA');
    expect(readCertificate(await leaf({ key, certificate }, ec, { ca: { pathLength: 0 } }), 'x').ca).toEqual({
      pathLength: 0,
    });
  });

  test.each(['', 'a b', 'bücher.example', 'fe80::1%eth0', 'a\nb', 'a.example:443', '10.0.0.0/8', '/path'])(
    'refuses the name %j',
    async (host) => {
      const issuer = await authority(ec);
      expect(await codeOf(() => leaf(issuer, ec, { hosts: [host] }))).toBe('PKI_HOST');
    },
  );
});

test.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
  'a text without a certificate is an error: %j',
  async (text) => {
    expect(await codeOf(() => readCertificate(text, 'x.pem'))).toBe('PKI_CERTIFICATE');
  },
);
