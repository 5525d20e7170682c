import { extendedUsageOids, keyUsageBits } from '../../../../src/pki/der/usages.ts';
import { by, web } from './model.ts';
import type { Case } from './model.ts';

const allUsages = [...Object.keys(keyUsageBits), ...Object.keys(extendedUsageOids)];
export const profiles: readonly Case[] = [
  ...allUsages.map((usage) => by(`usage ${usage}`, { usages: [usage] })),
  by('every key usage', { usages: Object.keys(keyUsageBits) }),
  by('every extended usage but s/mime', {
    usages: Object.keys(extendedUsageOids).filter((usage) => usage !== 's/mime'),
  }),
  by('extended usages backwards', { usages: ['client auth', 'crl sign', 'server auth', 'signing'] }),
  by('email protection by both its names', { usages: ['email protection', 's/mime'] }, 'doubled usages'),
  ...['8760h', '1h30m', '90m', '1.5h', '100h15m30s', '1500ms'].map((expiry) => by(`expiry ${expiry}`, { expiry })),
  by('backdate', { backdate: '1h' }),
  by('not_before and not_after', { not_before: '2026-01-02T03:04:05Z', not_after: '2099-02-03T04:05:06+02:00' }),
  by('not_before alone', { not_before: '2026-01-02T03:04:05Z' }),
  by('not_after alone', { not_after: '2050-01-01T00:00:00Z' }),
  by('no built-in configuration', { usages: ['client auth'] }),
  by('ca_constraint', { usages: ['cert sign', 'crl sign'], ca_constraint: { is_ca: true } }),
  by('ca_constraint with names', { usages: ['cert sign'], ca_constraint: { is_ca: true } }, 'same', {
    CN: 'middle',
    hosts: ['a.example', '10.0.0.1', 'x@y.org'],
  }),
  by('ca_constraint max_path_len', { usages: ['cert sign'], ca_constraint: { is_ca: true, max_path_len: 3 } }),
  by('ca_constraint max_path_len_zero', {
    usages: ['cert sign'],
    ca_constraint: { is_ca: true, max_path_len_zero: true },
  }),
  by('ca_constraint is_ca false', { ca_constraint: { is_ca: false, max_path_len: 1 } }),
  by('ocsp_url', { ocsp_url: 'http://ocsp.example' }),
  by('crl_url', { crl_url: 'http://crl.example/a.crl' }),
  by('issuer_urls', { issuer_urls: ['http://a.example/a.cer', 'http://b.example/a.cer'] }),
  by('ocsp_no_check', { ocsp_no_check: true }),
  by('policies', { policies: [{ ID: '1.2.3.4' }, { ID: '2.23.140.1.2.1' }] }),
  by('policies with qualifiers', {
    Policies: [
      {
        ID: '1.3.6.1.4.1.99999.1',
        Qualifiers: [
          { Type: 'id-qt-cps', Value: 'http://cps.example' },
          { Type: 'id-qt-unotice', Value: 'Nur für Tests' },
        ],
      },
    ],
  }),
  by('everything at once', {
    ocsp_url: 'http://o.example',
    crl_url: 'http://c.example',
    issuer_urls: ['http://i.example'],
    ocsp_no_check: true,
    policies: [{ ID: '1.2.3' }],
    copy_extensions: true,
  }),
  by('name_whitelist', { name_whitelist: '^web(\\.example)?$' }),
  by('name_whitelist, whatever case', { name_whitelist: '(?i)^WEB' }),
  by('name_whitelist that refuses a host', { name_whitelist: '^web$' }, 'both refuse'),
  by('name_whitelist that refuses the CN', { name_whitelist: 'example$' }, 'both refuse'),
  by('name_whitelist leaves addresses alone', { name_whitelist: '^web$' }, 'same', { CN: 'web', hosts: ['10.0.0.1'] }),
  by('zero values of what is refused', { auth_key: '', remote: '', ct_log_servers: [], cert_store: '' }),
  by('copy_extensions off', { copy_extensions: false }, 'same', {
    ...web,
    extensions: [{ Id: [1, 2, 3], Value: 'BQA=' }],
  }),
  by('copy_extensions', { copy_extensions: true }, 'same', {
    ...web,
    extensions: [{ Id: [1, 2, 3], Critical: true, Value: 'BQA=' }],
  }),
  by('copy_extensions without a subject', { copy_extensions: true }, 'same', { hosts: ['a.example'] }),
  by('copy_extensions of a key usage', { copy_extensions: true }, 'same', {
    ...web,
    extensions: [{ Id: [2, 5, 29, 15], Critical: true, Value: 'AwIFoA==' }],
  }),
  by('delegation_enabled', {}, 'same', { ...web, delegation_enabled: true }),
  by(
    'CSRWhitelist',
    {
      CSRWhitelist: {
        ...{ Subject: true, PublicKeyAlgorithm: true, PublicKey: true, SignatureAlgorithm: true },
        ...{ DNSNames: false, IPAddresses: true, EmailAddresses: true, URIs: true },
      },
    },
    'same',
    { CN: 'web', hosts: ['a.example', '10.0.0.1', 'x@y.org', 'urn:a:b'] },
  ),
];
