import { describe, expect, test } from 'vitest';

import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { profileOfConfig, readCaConfig } from '../../../../src/pki/cfssl/config.ts';
import { codeOf } from '../fixture.ts';

const server = { usages: ['signing', 'key encipherment', 'server auth'], expiry: '8760h' };
const read = (signing: unknown) => readCaConfig({ name: 'ca-config.json', text: JSON.stringify({ signing }) });

test('reads profiles', () => {
  const config = read({ default: { expiry: '168h' }, profiles: { server: { ...server, backdate: '1h' } } });
  expect(profileOfConfig(config, 'server')).toMatchObject({
    usages: server.usages,
    expiryMs: 8760 * 3_600_000,
    backdateMs: 3_600_000,
    ca: undefined,
  });
});

test('reads what a profile may say besides', () => {
  const config = read({
    default: {
      expiry: '168h',
      ocsp_url: 'http://o.example',
      crl_url: 'http://c.example',
      issuer_urls: ['http://i.example'],
    },
    profiles: {
      p: {
        ...server,
        not_before: '2030-01-01T00:00:00Z',
        not_after: '2031-01-01T02:00:00+02:00',
        crl_url: 'http://own.example',
        ocsp_no_check: true,
        copy_extensions: true,
        name_whitelist: '(?i)\\.example$',
        policies: [{ ID: '1.2.3', Qualifiers: [{ Type: 'id-qt-cps', Value: 'http://p.example' }] }],
        CSRWhitelist: {
          PublicKey: true,
          PublicKeyAlgorithm: true,
          SignatureAlgorithm: true,
          Subject: true,
          URIs: false,
        },
        auth_key: '',
        ct_log_servers: [],
        lint_error_level: 0,
        cert_store: null,
      },
    },
  });
  expect(profileOfConfig(config, 'p')).toMatchObject({
    notBefore: new Date('2030-01-01T00:00:00Z'),
    notAfter: new Date('2031-01-01T00:00:00Z'),
    places: { ocsp: ['http://o.example'], crl: ['http://own.example'], issuers: ['http://i.example'] },
    ocspNoCheck: true,
    copyExtensions: true,
    nameWhitelist: /\.example$/iu,
    policies: [{ oid: '1.2.3', qualifiers: [{ kind: 'statement', value: 'http://p.example' }] }],
    requestParts: ['Subject'],
  });
});

test.each([
  [{ is_ca: true }, {}],
  [{ is_ca: true, max_path_len: 2 }, { pathLength: 2 }],
  [{ is_ca: true, max_path_len: 0 }, {}],
  [{ is_ca: true, max_path_len: 0, max_path_len_zero: true }, { pathLength: 0 }],
  [{ is_ca: false }, undefined],
])('the constraint %j means %j', (constraint, ca) => {
  expect(profileOfConfig(read({ profiles: { p: { ...server, ca_constraint: constraint } } }), 'p').ca).toEqual(ca);
});

const refusals: readonly (readonly [string, unknown, string])[] = [
  ['an unknown usage', { profiles: { p: { ...server, usages: ['serve auth'] } } }, 'serve auth'],
  ['an unknown key', { profiles: { p: { ...server, usage: ['signing'] } } }, '"usages" is known'],
  ...Object.entries({
    auth_key: 'k',
    prev_auth_key: 'k',
    auth_remote: { remote: 'r', auth_key: 'k' },
    remote: 'r',
    ct_log_servers: ['https://ct.example'],
    allowed_extensions: ['1.2.3'],
    cert_store: 'db',
    ClientProvidesSerialNumbers: true,
    lint_error_level: 'error',
    ignored_lints: ['l'],
    ignored_lint_sources: ['s'],
  }).map(([key, value]) => [key, { profiles: { p: { ...server, [key]: value } } }, `${key}: not supported`] as const),
  [
    'a life that ends before it begins',
    { default: { ...server, not_before: '2031-01-01T00:00:00Z', not_after: '2030-01-01T00:00:00Z' } },
    'not_after',
  ],
  ['a whitelist that Go alone reads', { default: { ...server, name_whitelist: '[[:alpha:]]+' } }, 'name_whitelist'],
  ['a whitelist that Go does not read', { default: { ...server, name_whitelist: '(?!x)y' } }, 'name_whitelist'],
  ['a policy without an identifier', { default: { ...server, policies: [{ ID: 'mine' }] } }, 'policies[0].ID'],
  [
    'a whitelist of parts without the key',
    { default: { ...server, CSRWhitelist: { Subject: true } } },
    'CSRWhitelist.PublicKey',
  ],
  ['no expiry', { profiles: { p: { usages: ['signing'] } } }, 'expiry'],
  ['a bad expiry', { profiles: { p: { ...server, expiry: '10y' } } }, '10y'],
  ['no usages', { profiles: { p: { ...server, usages: [] } } }, 'usages'],
];

test.each(refusals)('refuses %s and names it', (_what, signing, named) => {
  const error = (() => {
    try {
      return read(signing);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(K8supError);
  expect((error as K8supError).code).toBe('PKI_CONFIG');
  expect((error as K8supError).why).toContain(named);
});

test('what is no JSON is refused', async () => {
  expect(await codeOf(() => readCaConfig({ name: 'x', text: '{' }))).toBe('PKI_CONFIG');
});

describe('a profile', () => {
  test('that is not there is refused instead of replaced by the default', async () => {
    const config = read({ default: { ...server }, profiles: { server } });
    expect(await codeOf(() => profileOfConfig(config, 'sever'))).toBe('PKI_PROFILE');
    expect(profileOfConfig(config, undefined).usages).toEqual(server.usages);
  });

  test('without usages cannot be used', async () => {
    expect(await codeOf(() => profileOfConfig(read({ default: { expiry: '1h' } }), undefined))).toBe('PKI_PROFILE');
  });
});
