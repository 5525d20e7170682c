import { by, hour, leaf, web } from './model.ts';
import type { Case } from './model.ts';

export const configurations: readonly Case[] = [
  leaf('no configuration', web),
  leaf('the default profile', web, 'same', { config: { signing: { default: { ...hour, usages: ['client auth'] } } } }),
  leaf('no default profile', web, 'same', { config: { signing: { profiles: { p: hour } } } }),
  leaf('URLs of the default profile', web, 'same', {
    profile: {},
    config: {
      signing: {
        default: { expiry: '1h', ocsp_url: 'http://o', crl_url: 'http://c', issuer_urls: ['http://i'] },
        profiles: { p: { ...hour, crl_url: 'http://own' } },
      },
    },
  }),
  leaf('no such profile', web, 'unknown profile', {
    words: ['-profile', 'q'],
    config: { signing: { default: hour, profiles: { p: hour } } },
  }),
  leaf('a default profile without usages', web, 'both refuse', { config: { signing: { default: { expiry: '1h' } } } }),
  leaf('no signing', web, 'both refuse', { config: { profiles: {} } }),
  leaf('no JSON', web, 'both refuse', { config: '{' }),
  leaf('a key of cfssl server', web, 'remote keys', {
    config: {
      signing: { default: { ...hour, auth_key: 'k' } },
      auth_keys: { k: { type: 'standard', key: '00' } },
    },
  }),
  leaf('an unknown key', web, 'unknown key', { config: { signing: { default: { ...hour, expires: '1h' } } } }),
  by('an unknown usage beside a known one', { usages: ['signing', 'server-auth'] }, 'unknown usage'),
  by('unknown usages alone', { usages: ['server-auth'] }, 'both refuse'),
  by('no usages', { usages: [] }, 'both refuse'),
  by('no expiry', { expiry: '' }, 'both refuse'),
  by('expiry in days', { expiry: '365d' }, 'both refuse'),
  by('expiry in the past', { expiry: '-1h' }, 'negative or no life'),
  by('expiry that is a number', { expiry: 24 }, 'both refuse'),
  by('backdate of nothing', { backdate: '0h' }, 'negative or no life'),
  by('a broken name_whitelist', { name_whitelist: '(' }, 'both refuse'),
  by('a policy that is no OID', { policies: [{ ID: 'mine' }] }, 'both refuse'),
  by('a qualifier of no kind', { policies: [{ ID: '1.2.3', Qualifiers: [{ Type: 'x', Value: 'y' }] }] }, 'both refuse'),
  by('not_before that is no time', { not_before: 'tomorrow' }, 'both refuse'),
  by('lint_error_level out of range', { lint_error_level: 9 }, 'both refuse'),
  by('ignored_lints', { ignored_lints: ['w_ct_sct_policy_count_unsatisfied'] }, 'no linter'),
  by('usages that are no list', { usages: 'signing' }, 'both refuse'),
  leaf('longer than the authority', web, 'outlives its authority', { ca: 'short' }),
  leaf('an authority below a limited one', { CN: 'm' }, 'below the path length', {
    ca: 'limited',
    profile: { ...hour, usages: ['cert sign'], ca_constraint: { is_ca: true } },
  }),
];
