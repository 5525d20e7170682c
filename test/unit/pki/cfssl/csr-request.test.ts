import { expect, test } from 'vitest';

import { readCsrRequest } from '../../../../src/pki/cfssl/csr-request.ts';
import { codeOf } from '../fixture.ts';

const read = (request: unknown) => readCsrRequest({ name: 'x-csr.json', text: JSON.stringify(request) });

test('reads every field', () => {
  const request = read({
    CN: 'kubernetes',
    hosts: ['a', '', '10.0.0.1'],
    key: { algo: 'rsa', size: 4096 },
    names: [
      { C: 'CN', ST: 'BeiJing', L: 'BeiJing', O: 'k8s', OU: 'System' },
      { O: 'more', OU: '' },
    ],
    serialnumber: '7',
    ca: { expiry: '87600h', pathlen: 3, backdate: '1h' },
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
    },
    hosts: ['a', '10.0.0.1'],
    key: { algo: 'rsa', size: 4096 },
    ca: { expiryMs: 87_600 * 3_600_000, backdateMs: 3_600_000, constraint: { pathLength: 3 } },
  });
});

test("takes CFSSL's defaults: ECDSA P-256, five years, no limit of the path", () => {
  const { key, ca } = read({ CN: 'x' });
  expect(key).toEqual({ algo: 'ecdsa', size: 256 });
  expect(ca).toEqual({ expiryMs: 43_800 * 3_600_000, backdateMs: undefined, constraint: {} });
});

test.each([
  { CN: 'x', key: { algo: 'rsa', size: 1024 } },
  { CN: 'x', key: { algo: 'rsa', size: 16_384 } },
  { CN: 'x', key: { algo: 'ecdsa', size: 224 } },
  { CN: 'x', key: { algo: 'dsa', size: 2048 } },
  { CN: 'x', unknown: 1 },
  { CN: 'x', names: [{ E: 'a@b.c' }] },
  { CN: 'x', ca: { expiry: '10 years' } },
  [],
])('refuses %j', async (request) => {
  expect(await codeOf(() => read(request))).toBe('PKI_REQUEST');
});
