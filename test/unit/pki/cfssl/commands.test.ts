import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { readCertificate } from '../../../../src/pki/certificate.ts';
import {
  authorityWithKey,
  bundle,
  csrInfo,
  gencert,
  gencrl,
  genkey,
  renewAuthority,
  selfsign,
  sign,
} from '../../../../src/pki/index.ts';
import { codeOf, days, hasOpenssl, now, openssl } from '../fixture.ts';

const json = (value: unknown) => ({ name: 'test.json', text: JSON.stringify(value) });
const named = (text: string) => ({ name: 'test.pem', text });
const ca = await gencert({ initCa: true, csr: json({ CN: 'root', ca: { expiry: '87600h', pathlen: 1 } }), now });
const signing = { ca: ca.cert, caKey: ca.key, now };
const web = { CN: 'web', names: [{ O: 'k8s', C: 'DE' }], hosts: ['a.example', '10.0.0.1'] };
const request = await genkey({ csr: json(web) });
const profile = (content: object) =>
  json({ signing: { default: { usages: ['server auth'], expiry: '10h', ...content } } });

describe('sign', () => {
  test('gives a request a certificate by the profile, with its subject and names', async () => {
    const { cert, csr } = await sign({ ...signing, csr: named(request.csr), config: profile({ crl_url: 'http://c' }) });
    expect(csr).toBe(request.csr);
    const read = readCertificate(cert, 'x');
    expect(read.subject.map(({ value }) => value)).toEqual(['DE', 'k8s', 'web']);
    expect(read.names).toMatchObject({ dnsNames: ['a.example'], ipAddresses: ['10.0.0.1'] });
    expect(read.notAfter.getTime() - read.notBefore.getTime()).toBe(10 * 3_600_000);
    expect(read.extensions.map(({ oid }) => oid)).toContain('2.5.29.31');
  });

  test('takes names and subject beside the request before its own', async () => {
    const { cert } = await sign({
      ...signing,
      csr: named(request.csr),
      hostnames: ['b.example'],
      subject: json({ CN: 'other' }),
    });
    const read = readCertificate(cert, 'x');
    expect(read.subject.map(({ value }) => value)).toEqual(['DE', 'k8s', 'other']);
    expect(read.names.dnsNames).toEqual(['b.example']);
  });

  test.each([
    ['a name that the whitelist does not let through', { name_whitelist: '^web$' }, 'PKI_PROFILE'],
    ['a life longer than that of the authority', { not_after: '2060-01-01T00:00:00Z' }, 'PKI_LIFETIME'],
    ['an authority deeper than the path allows', { ca_constraint: { is_ca: true, max_path_len: 1 } }, 'PKI_CA'],
  ])('refuses %s', async (_what, content, code) => {
    expect(await codeOf(() => sign({ ...signing, csr: named(request.csr), config: profile(content) }))).toBe(code);
  });

  test('refuses what is no request, and one whose signature is of another key', async () => {
    const bytes = Buffer.from(request.csr.replace(/-----.*-----|\n/g, ''), 'base64');
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const broken = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(await codeOf(() => sign({ ...signing, csr: named(ca.cert) }))).toBe('PKI_REQUEST');
    expect(await codeOf(() => sign({ ...signing, csr: named(broken) }))).toBe('PKI_REQUEST');
  });
});

test('a request that asks for an authority is signed by a profile that makes one alone', async () => {
  const { csr } = await gencert({
    initCa: true,
    csr: json({ CN: 'middle', ca: { pathlen: 0, pathlenzero: true } }),
    now,
  });
  const may = profile({ usages: ['cert sign'], ca_constraint: { is_ca: true, max_path_len_zero: true } });
  expect(await codeOf(() => sign({ ...signing, csr: named(csr) }))).toBe('PKI_PROFILE');
  const { cert } = await sign({ ...signing, csr: named(csr), config: may });
  expect(readCertificate(cert, 'x').ca).toEqual({ pathLength: 0 });
});

test('selfsign makes what verifies with itself, for the name given', async () => {
  const { cert } = await selfsign({ csr: json(web), hostnames: ['localhost'], now });
  const x509 = new X509Certificate(cert);
  expect(x509.verify(x509.publicKey)).toBe(true);
  expect(x509.subjectAltName).toBe('DNS:localhost');
  expect(readCertificate(cert, 'x').notAfter).toEqual(new Date(now.getTime() + (2190 - 5 / 60) * 3_600_000));
});

test('an authority is made anew with its key, and for a key that is there', async () => {
  const renewed = readCertificate((await renewAuthority(ca.cert, ca.key, days(100))).cert, 'x');
  const before = readCertificate(ca.cert, 'x');
  expect(renewed).toMatchObject({ subject: before.subject, ca: { pathLength: 1 }, subjectKeyId: before.subjectKeyId });
  expect(renewed.notAfter.getTime() - before.notAfter.getTime()).toBe(days(100).getTime() - now.getTime());
  const again = await authorityWithKey({ csr: json({ CN: 'again' }), caKey: ca.key, now });
  expect(readCertificate(again.cert, 'x').subjectKeyId).toEqual(before.subjectKeyId);
  const leaf = await gencert({ ...signing, csr: json(web) });
  expect(await codeOf(() => renewAuthority(leaf.cert, leaf.key, now))).toBe('PKI_CA');
});

test.skipIf(!hasOpenssl)('gencrl lists serial numbers for the time asked, signed by the authority', async () => {
  const list = await gencrl({ ...signing, serials: named('255\n\n 4096 \n'), seconds: 3600 });
  const pem = `-----BEGIN X509 CRL-----\n${list.replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`;
  const text = openssl(['crl', '-noout', '-text'], pem);
  expect([...text.matchAll(/Serial Number: (\w+)/g)].map(([, serial]) => serial)).toEqual(['FF', '1000']);
  expect(text).toMatch(/Last Update: Jan 15 12:00:00 2030 GMT\s+Next Update: Jan 15 13:00:00 2030 GMT/);
  expect(await codeOf(() => gencrl({ ...signing, serials: named('1\nff') }))).toBe('PKI_REQUEST');
  const leaf = await gencert({ ...signing, csr: json(web) });
  expect(await codeOf(() => gencrl({ ca: leaf.cert, caKey: leaf.key, serials: named('1') }))).toBe('PKI_CA');
});

test('bundle takes the shortest chain that leads to a root, or the one that is there', async () => {
  const middle = await gencert({
    ...signing,
    csr: json({ CN: 'middle' }),
    config: profile({ usages: ['cert sign'], expiry: '20h', ca_constraint: { is_ca: true } }),
  });
  const leaf = await gencert({ ca: middle.cert, caKey: middle.key, csr: json(web), config: profile({}), now });
  const options = { cert: named(leaf.cert), roots: named(ca.cert), flavor: 'optimal' as const };
  const made = bundle({ ...options, intermediates: named(ca.cert + middle.cert), key: named(leaf.key) });
  expect(made['bundle']).toBe((leaf.cert + middle.cert).trimEnd());
  expect(made).toMatchObject({
    root: ca.cert.trimEnd(),
    key: leaf.key.trimEnd(),
    subject: '/Country=DE/Organization=k8s/CommonName=web',
  });
  expect(await codeOf(() => bundle(options))).toBe('PKI_CHAIN');
  expect(await codeOf(() => bundle({ ...options, key: named(middle.key) }))).toBe('PKI_KEY');
  expect(bundle({ ...options, flavor: 'force', cert: named(leaf.cert + ca.cert) })['bundle']).toBe(
    (leaf.cert + ca.cert).trimEnd(),
  );
});

test("certinfo of a request has Go's names", () => {
  expect(csrInfo(named(request.csr))).toMatchObject({
    Subject: { CommonName: 'web', Country: ['DE'], Locality: null },
    SignatureAlgorithm: 10,
    DNSNames: ['a.example'],
    IPAddresses: ['10.0.0.1'],
    URIs: null,
  });
});
