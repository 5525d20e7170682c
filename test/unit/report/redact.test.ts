import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { redact, redactEvent } from '../../../src/report/redact.ts';

const pems = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }),
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
].map(String);

test.each(pems)('a private key goes, what stands around it stays', (pem) => {
  const text = redact(`before\n${pem}after`);
  expect(text).toMatch(/^before\n-----BEGIN [A-Z ]+----- \[redacted\] -----END [A-Z ]+-----\nafter$/);
});

test.each(pems)('a private key in a kubeconfig goes', (pem) => {
  expect(redact(`client-key-data: ${Buffer.from(pem).toString('base64')}\nusers:`)).toBe(
    'client-key-data: [redacted]\nusers:',
  );
});

test('a private key that was cut off goes to the end of the text', () => {
  const [pem = ''] = pems;
  expect(redact(`x ${pem.slice(0, 90)}`)).toBe('x -----BEGIN PRIVATE KEY----- [redacted] -----END PRIVATE KEY-----');
});

test('two keys in one text do not take what is between them', () => {
  expect(redact(`${pems[0] ?? ''}between\n${pems[1] ?? ''}`)).toContain('\nbetween\n');
});

test('certificates and public keys stay', () => {
  const text = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----';
  const data = Buffer.from(text).toString('base64');
  expect(redact(text)).toBe(text);
  expect(redact(data)).toBe(data);
});

test.each([
  ['token: abcdef.0123456789abcdef', 'token: abcdef.[redacted]'],
  ['"abcdef.0123456789abcdef"', '"abcdef.[redacted]"'],
  ['Authorization: Bearer s3cr3t-token_value==', 'Authorization: Bearer [redacted]'],
  ['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl end', '[redacted] end'],
  ['https://user:pass@mirror.example/x', 'https://user:[redacted]@mirror.example/x'],
  ['http://user:p@ss:word@proxy:3128', 'http://user:[redacted]@proxy:3128'],
  ['http://:pass@proxy', 'http://:[redacted]@proxy'],
])('%s', (text, expected) => {
  expect(redact(text)).toBe(expected);
  expect(redact(redact(text))).toBe(expected);
});

test.each([
  'https://mirror.example:8443/a@b',
  'ssh://root@10.0.0.1:22',
  'v1.36.3-rc.0 sha256:0123456789ab etcd-0.example.org',
  'time 12:30:45 user:group /etc/a.conf',
])('nothing secret in: %s', (text) => expect(redact(text)).toBe(text));

test('every text of an event is redacted, and names stay', () => {
  const host = 'node01.kubernetescluste';
  const change = { path: 'token', from: 'none', to: 'abcdef.0123456789abcdef', effect: 'update' as const };
  expect(redactEvent({ type: 'change', stage: 's', step: 't', host, resource: 'file:/a', changes: [change] })).toEqual({
    type: 'change',
    stage: 's',
    step: 't',
    host,
    resource: 'file:/a',
    changes: [{ ...change, to: 'abcdef.[redacted]' }],
  });
});

test('long hostile text is redacted in time that grows with its length', () => {
  const hostile = ['://', ':', 'a.', '-----BEGIN ', 'abcdef.', 'eyJa', 'Bearer '].map((part) => part.repeat(20_000));
  for (const text of hostile) expect(redact(text).length).toBeGreaterThan(0);
});
