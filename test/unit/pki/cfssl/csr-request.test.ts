import { expect, test } from 'vitest';

import type { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { readCsrRequest } from '../../../../src/pki/cfssl/csr-request.ts';
import { codeOf } from '../fixture.ts';

const read = (request: unknown) => readCsrRequest({ name: 'x-csr.json', text: JSON.stringify(request) });

test('reads every field', () => {
  const request = read({
    CN: 'kubernetes',
    hosts: ['a', '', '10.0.0.1'],
    key: { algo: 'rsa', size: 4096 },
    names: [
      { C: 'CN', ST: 'BeiJing', L: 'BeiJing', O: 'k8s', OU: 'System', E: 'a@b.c', OID: { '1.2.3': 'x' } },
      { O: 'more', OU: '' },
    ],
    serialnumber: '7',
    ca: { expiry: '87600h', pathlen: 3, backdate: '1h' },
    crl_url: 'http://a.example/crl',
    delegation_enabled: true,
    extensions: [{ Id: [1, 2, 3, 4], Critical: true, Value: 'BQA=' }],
  });
  expect(request).toEqual({
    subject: {
      commonName: 'kubernetes',
      serialNumber: '7',
      country: ['CN'],
      province: ['BeiJing'],
      locality: ['BeiJing'],
      organization: ['k8s', 'more'],
      organizationalUnit: ['System'],
      extra: [
        { oid: '1.2.3', value: 'x' },
        { oid: '1.2.840.113549.1.9.1', value: 'a@b.c' },
      ],
    },
    hosts: ['a', '10.0.0.1'],
    key: { algo: 'rsa', size: 4096 },
    extensions: [
      { oid: '1.3.6.1.4.1.44363.44', critical: false, value: Buffer.from([5, 0]) },
      { oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) },
    ],
    ca: {
      expiryMs: 87_600 * 3_600_000,
      backdateMs: 3_600_000,
      constraint: { pathLength: 3 },
      crlUrl: 'http://a.example/crl',
    },
    forAuthority: 'ca',
  });
});

test("takes CFSSL's defaults: ECDSA P-256, five years, no limit of the path", () => {
  const { key, ca } = read({ CN: 'x' });
  expect(key).toEqual({ algo: 'ecdsa', size: 256 });
  expect(ca).toEqual({ expiryMs: 43_800 * 3_600_000, backdateMs: undefined, constraint: {}, crlUrl: undefined });
});

test.each([2048, 3072, 4096, 8192])('takes RSA keys of %i bits', (size) => {
  expect(read({ CN: 'x', key: { algo: 'rsa', size } }).key).toEqual({ algo: 'rsa', size });
});

test.each([
  { CN: 'x', key: { algo: 'rsa', size: 1024 } },
  { CN: 'x', key: { algo: 'rsa', size: 16_384 } },
  { CN: 'x', key: { algo: 'ecdsa', size: 224 } },
  { CN: 'x', key: { algo: 'dsa', size: 2048 } },
  { CN: 'x', unknown: 1 },
  { CN: 'x', names: [{ SerialNumber: '7' }] },
  { CN: 'x', names: [{ OID: { surname: 'y' } }] },
  { CN: 'x', key: { algo: 'rsa' } },
  { CN: 'x', ca: { expiry: '10 years' } },
  [],
])('refuses %j', async (request) => {
  expect(await codeOf(() => read(request))).toBe('PKI_REQUEST');
});

test('tells every mistake with its place in the file', () => {
  const text = `{
  "CN": "x", "CN": "y",
  "host": ["a"]
}`;
  const faults = (written: string): string => {
    try {
      readCsrRequest({ name: 'a.json', text: written });
      return '';
    } catch (error) {
      return (error as K8supError).why ?? '';
    }
  };
  expect(faults(text)).toBe('a.json:2:14: this key is there twice in one place');
  expect(faults(text.replace('"CN": "y",', '\t"key": { "algo": "rsa", "size": 100 },'))).toBe(
    [
      'a.json:2:39: key.size: 100: the size of an rsa key is from 2048 to 8192',
      'a.json:3:3: host: CFSSL has no such key here; "hosts" is known',
    ].join('\n'),
  );
  // Inside a list too, and where one is written in another way.
  expect(faults('{"CN": "a\\": b", "names": [{ "O": "x", "\\u004f": "y" }]}')).toBe(
    'a.json:1:40: this key is there twice in one place',
  );
  expect(faults('{\n  "CN": "x",\n}')).toMatch(/^a\.json:3:1: no JSON: /);
  expect(faults('{ "CN": "x"')).toMatch(/^a\.json:1:12: no JSON: /);
});
