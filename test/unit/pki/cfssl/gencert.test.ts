import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { certInfo, gencert } from '../../../../src/pki/index.ts';
import { codeOf, hasOpenssl, now, openssl, opensslVerify } from '../fixture.ts';

const json = (value: unknown) => ({ name: 'test.json', text: JSON.stringify(value) });
const root = { CN: 'root', key: { algo: 'ecdsa', size: 256 }, names: [{ O: 'k8s' }], ca: { expiry: '87600h' } };
const web = { CN: 'web', hosts: ['web.example', '10.0.0.9'], key: { algo: 'rsa', size: 2048 } };
const config = json({
  signing: {
    profiles: {
      server: { usages: ['signing', 'key encipherment', 'server auth'], expiry: '8760h' },
      middle: { usages: ['cert sign'], expiry: '9000h', ca_constraint: { is_ca: true } },
      long: { usages: ['signing'], expiry: '100000h' },
    },
  },
});
const newRoot = () => gencert({ initCa: true, csr: json(root), now });

describe('gencert', () => {
  test('makes an authority that signs a leaf by a profile', async () => {
    const ca = await newRoot();
    const leaf = await gencert({ ca: ca.cert, caKey: ca.key, config, profile: 'server', csr: json(web), now });
    const x509 = new X509Certificate(leaf.cert);
    expect(x509.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
    expect(x509.subjectAltName).toBe('DNS:web.example, IP Address:10.0.0.9');
    expect(x509.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(createPublicKey(createPrivateKey(leaf.key)).equals(x509.publicKey)).toBe(true);
    expect(Object.keys(leaf)).toEqual(['cert', 'csr', 'key']);
  });

  test.skipIf(!hasOpenssl)('satisfies openssl with the certificate, the request and the key', async () => {
    const ca = await newRoot();
    const leaf = await gencert({ ca: ca.cert, caKey: ca.key, config, profile: 'server', csr: json(web), now });
    expect(await opensslVerify(leaf.cert, ca.cert)).toMatch(/: OK$/);
    const request = openssl(['req', '-noout', '-verify', '-text'], leaf.csr);
    expect(request).toContain('DNS:web.example, IP Address:10.0.0.9');
    expect(leaf.key).toContain('BEGIN RSA PRIVATE KEY');
  });

  test('takes host names given beside the request in their place', async () => {
    const ca = await newRoot();
    const leaf = await gencert({ ca: ca.cert, caKey: ca.key, csr: json(web), hostnames: ['other.example'], now });
    expect(certInfo(leaf.cert).sans).toEqual(['other.example']);
  });

  test("signs with CFSSL's defaults where no configuration is given", async () => {
    const ca = await newRoot();
    const leaf = await gencert({ ca: ca.cert, caKey: ca.key, csr: json(web), now });
    expect(new X509Certificate(leaf.cert).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  test('makes an authority below another by ca_constraint', async () => {
    const ca = await newRoot();
    const csr = json({ CN: 'middle' });
    const middle = await gencert({ ca: ca.cert, caKey: ca.key, config, profile: 'middle', csr, now });
    expect(new X509Certificate(middle.cert).ca).toBe(true);
    const leaf = await gencert({ ca: middle.cert, caKey: middle.key, config, profile: 'server', csr: json(web), now });
    expect(new X509Certificate(leaf.cert).verify(new X509Certificate(middle.cert).publicKey)).toBe(true);
  });

  test('refuses a leaf that outlives its authority, an unknown profile, and a key of another authority', async () => {
    const [ca, other] = await Promise.all([newRoot(), newRoot()]);
    const base = { ca: ca.cert, caKey: ca.key, config, csr: json(web), now };
    expect(await codeOf(() => gencert({ ...base, profile: 'long' }))).toBe('PKI_LIFETIME');
    expect(await codeOf(() => gencert({ ...base, profile: 'sever' }))).toBe('PKI_PROFILE');
    expect(await codeOf(() => gencert({ ...base, caKey: other.key, profile: 'server' }))).toBe('PKI_CA');
    expect(await codeOf(() => gencert({ ...base, caKey: 'no key', profile: 'server' }))).toBe('PKI_KEY');
  });
});
