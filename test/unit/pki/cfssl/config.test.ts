import { describe, expect, test } from 'vitest';

import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { profileOfConfig, readCaConfig } from '../../../../src/pki/cfssl/config.ts';
import { codeOf } from '../fixture.ts';

const server = { usages: ['signing', 'key encipherment', 'server auth'], expiry: '8760h' };
const read = (signing: unknown) => readCaConfig({ name: 'ca-config.json', text: JSON.stringify({ signing }) });

test('reads profiles', () => {
  const config = read({ default: { expiry: '168h' }, profiles: { server: { ...server, backdate: '1h' } } });
  expect(profileOfConfig(config, 'server')).toEqual({
    usages: server.usages,
    expiryMs: 8760 * 3_600_000,
    backdateMs: 3_600_000,
    ca: undefined,
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

test.each([
  ['an unknown usage', { profiles: { p: { ...server, usages: ['serve auth'] } } }, 'serve auth'],
  ['an unknown key', { profiles: { p: { ...server, auth_key: 'k' } } }, 'auth_key'],
  ['no expiry', { profiles: { p: { usages: ['signing'] } } }, 'expiry'],
  ['a bad expiry', { profiles: { p: { ...server, expiry: '10y' } } }, '10y'],
  ['no usages', { profiles: { p: { ...server, usages: [] } } }, 'usages'],
])('refuses %s and names it', (_what, signing, named) => {
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
