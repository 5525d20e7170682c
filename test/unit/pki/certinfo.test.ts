import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';

import { certInfo, daysLeft, gencert } from '../../../src/pki/index.ts';
import { codeOf, days, now } from './fixture.ts';

const json = (value: unknown) => ({ name: 'test.json', text: JSON.stringify(value) });

test("tells what cfssl certinfo tells, in CFSSL's order", async () => {
  const request = { CN: 'root', names: [{ C: 'DE', O: 'k8s', OU: 'u' }, { O: 'b' }], ca: { expiry: '24h' } };
  const ca = await gencert({ initCa: true, csr: json({ ...request, key: { algo: 'ecdsa', size: 384 } }), now });
  const config = json({ signing: { default: { usages: ['server auth'], expiry: '2h' } } });
  const hosts = ['a.example', 'fd00::1', 'x@y.org', 'spiffe://a/b'];
  const leaf = await gencert({ ca: ca.cert, caKey: ca.key, config, csr: json({ CN: 'leaf', hosts }), now });
  const name = {
    common_name: 'root',
    country: 'DE',
    organization: 'b,k8s',
    organizational_unit: 'u',
    names: ['DE', 'b', 'k8s', 'u', 'root'],
  };
  const root = certInfo(ca.cert);
  expect(certInfo(leaf.cert)).toEqual({
    subject: { common_name: 'leaf', names: ['leaf'] },
    issuer: name,
    serial_number: BigInt(`0x${new X509Certificate(leaf.cert).serialNumber}`).toString(),
    sans: hosts,
    not_before: '2030-01-15T11:55:00Z',
    not_after: '2030-01-15T13:55:00Z',
    sigalg: 'ECDSAWithSHA384',
    authority_key_id: root.subject_key_id,
    subject_key_id: expect.stringMatching(/^([0-9A-F]{2}:){19}[0-9A-F]{2}$/) as string,
    pem: leaf.cert,
  });
  expect(Object.keys(root)).toEqual(
    'subject issuer serial_number not_before not_after sigalg authority_key_id subject_key_id pem'.split(' '),
  );
  expect(root.authority_key_id).toBe('');
});

test('counts whole days, also of a chain and below zero', async () => {
  const ca = await gencert({ initCa: true, csr: json({ CN: 'x', ca: { expiry: '240h' } }), now });
  expect(daysLeft(ca.cert, now)).toBe(9);
  expect(daysLeft(`${ca.cert}${ca.cert}`, days(9))).toBe(0);
  expect(daysLeft(ca.cert, days(12))).toBe(-3);
});

test('what is no certificate is an error', async () => {
  expect(await codeOf(() => certInfo('hello', 'x.pem'))).toBe('PKI_CERTIFICATE');
});
