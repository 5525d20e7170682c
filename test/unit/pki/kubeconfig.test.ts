import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { kubeconfig } from '../../../src/pki/index.ts';

const base = { cluster: 'on', server: 'https://10.0.0.1:6443', caPem: 'CA\n', user: 'yes' };
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('holds one context with a client certificate', () => {
  const text = kubeconfig({ ...base, credentials: { certPem: 'CERT\n', keyPem: 'KEY\n' } });
  expect(parse(text)).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'on', cluster: { 'certificate-authority-data': base64('CA\n'), server: 'https://10.0.0.1:6443' } },
    ],
    contexts: [{ name: 'yes@on', context: { cluster: 'on', user: 'yes' } }],
    'current-context': 'yes@on',
    users: [{ name: 'yes', user: { 'client-certificate-data': base64('CERT\n'), 'client-key-data': base64('KEY\n') } }],
  });
});

test('holds a token', () => {
  const text = kubeconfig({ ...base, credentials: { token: '07401b.f395accd246ae52d' } });
  expect(parse(text)).toHaveProperty('users', [{ name: 'yes', user: { token: '07401b.f395accd246ae52d' } }]);
});

test('is read the same by YAML 1.1, and the same bytes each time', () => {
  const options = { ...base, credentials: { token: '1e3' } };
  const text = kubeconfig(options);
  expect(parse(text, { version: '1.1' })).toEqual(parse(text));
  expect(parse(text, { version: '1.1' })).toHaveProperty('clusters.0.name', 'on');
  expect(kubeconfig(options)).toBe(text);
});
