import { expect, test } from 'vitest';
import { certificateText, kubeconfig, kubeconfigText } from '../../../src/pki/index.ts';
import { namesOf } from '../../../src/pki/der/alternative-names.ts';
import { selfSign } from '../../../src/pki/issue.ts';
import { generateKey, privateKeyPem } from '../../../src/pki/keys.ts';

const key = await generateKey({ algo: 'ecdsa', size: 256 });
const begin = new Date('2030-01-15T12:00:00Z');
const end = new Date('2031-01-15T12:30:01Z');
const certPem = await selfSign(
  {
    subject: { commonName: 'system:kube-proxy', organization: ['system:nodes'] },
    usages: ['server auth'],
    names: namesOf(['10.0.0.1', 'api.example.org']),
  },
  key,
  { notBefore: begin, notAfter: end },
);
const common = [
  'Subject: CN=system:kube-proxy, O=system:nodes',
  'Issuer: CN=system:kube-proxy, O=system:nodes',
  'Name: DNS api.example.org',
  'Name: IP 10.0.0.1',
];

test('a certificate is told by who it is for, its names, key and life', () => {
  const lines = certificateText(certPem)
    .replace(/\([0-9a-f]{12}\)/, '(id)')
    .split('\n');
  const life = ['Begins: 2030-01-15T12:00:00Z', 'Expires: 2031-01-15T12:30:01Z', ''];
  expect(lines).toEqual([...common, 'Key: EC prime256v1 (id)', ...life]);
});

test('one that is yet to be made has no key and no time to the second', () => {
  const life = ['Begins: 2030-01-15, from when it is made', 'Expires: 2031-01-15, from when it is made', ''];
  expect(certificateText(certPem, true).split('\n')).toEqual([...common, 'Key: EC prime256v1, made by apply', ...life]);
});

test('what is no certificate is told as such', () => {
  expect(certificateText('anything')).toBe('no certificate that can be read\n');
});

test('a kubeconfig is told without its key', () => {
  const credentials = { certPem, keyPem: privateKeyPem(key) };
  const text = kubeconfig({ cluster: 'on', server: 'https://10.0.0.1:6443', caPem: certPem, user: 'yes', credentials });
  const shown = kubeconfigText(text);
  expect(shown).toContain('client-key-data: (secret)');
  expect(shown).toMatch(/client-certificate-data:\n +Subject: CN=system:kube-proxy/);
  expect(shown).not.toMatch(/LS0tLS1|PRIVATE/);
});
