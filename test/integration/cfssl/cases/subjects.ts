import { initca, leaf, web } from './model.ts';
import type { Case, Expected } from './model.ts';

export const keys: readonly Case[] = [
  ...[2048, 3072].map((size) => leaf(`key rsa ${size}`, { ...web, key: { algo: 'rsa', size } })),
  ...[256, 384, 521].map((size) => leaf(`key ecdsa ${size}`, { ...web, key: { algo: 'ecdsa', size } })),
  leaf('key ed25519', { ...web, key: { algo: 'ed25519' } }),
  leaf('key of nothing', { ...web, key: {} }),
  leaf('key null', { ...web, key: null }),
  leaf('key of a size alone', { ...web, key: { size: 384 } }),
  leaf('key rsa without a size', { ...web, key: { algo: 'rsa' } }, 'both refuse'),
  leaf('key rsa 1024', { ...web, key: { algo: 'rsa', size: 1024 } }, 'both refuse'),
  leaf('key rsa 2047', { ...web, key: { algo: 'rsa', size: 2047 } }, 'both refuse'),
  leaf('key rsa 8193', { ...web, key: { algo: 'rsa', size: 8193 } }, 'both refuse'),
  leaf('key ecdsa 224', { ...web, key: { algo: 'ecdsa', size: 224 } }, 'both refuse'),
  leaf('key dsa', { ...web, key: { algo: 'dsa', size: 2048 } }, 'both refuse'),
  ...(['rsa', 'p384', 'p521', 'ed25519'] as const).map((ca) => leaf(`signed by ${ca}`, web, 'same', { ca })),
];

export const newAuthorities: readonly Case[] = [
  initca('no settings', { CN: 'ca' }),
  initca('rsa 2048', { CN: 'ca', key: { algo: 'rsa', size: 2048 } }),
  initca('ecdsa 521', { CN: 'ca', key: { algo: 'ecdsa', size: 521 } }),
  initca('ed25519', { CN: 'ca', key: { algo: 'ed25519' } }),
  initca('pathlen 2', { CN: 'ca', ca: { pathlen: 2 } }),
  initca('pathlen 0', { CN: 'ca', ca: { pathlen: 0 } }),
  initca('pathlenzero', { CN: 'ca', ca: { pathlen: 0, pathlenzero: true } }),
  initca('pathlen 1 with pathlenzero', { CN: 'ca', ca: { pathlen: 1, pathlenzero: true } }),
  ...['87600h', '1h30m', '90m', '1.5h', '36h15m30s', '876000h'].map((expiry) =>
    initca(`expiry ${expiry}`, { CN: 'ca', ca: { expiry } }),
  ),
  initca('expiry and backdate', { CN: 'ca', ca: { expiry: '10h', backdate: '2h' } }),
  initca('expiry in years', { CN: 'ca', ca: { expiry: '10y' } }, 'both refuse'),
  initca('hosts, of which addresses stay', { CN: 'ca', hosts: ['a.example', '10.0.0.1', 'x@y.org'] }),
  initca('crl_url', { CN: 'ca', crl_url: 'http://a.example/ca.crl' }),
  initca('no CN, but names', { names: [{ O: 'k8s' }] }),
  initca('-cn', { CN: 'ca' }, 'same', ['-cn', 'other']),
  initca('-hostname', { CN: 'ca' }, 'hostname of an authority', ['-hostname', '10.0.0.1']),
  initca('-loglevel', { CN: 'ca' }, 'same', ['-loglevel', '5']),
  initca('-initca=true', { CN: 'ca' }, 'same', ['-initca=true']),
  initca('nobody', { hosts: ['a.example'] }, 'both refuse'),
  {
    name: 'initca: with a key that is there',
    expected: 'same',
    words: (given) => ['gencert', '-initca', ...given.ca('p384').slice(2), given.file('ca.json', { CN: 'ca' })],
  },
  { name: 'renewca', expected: 'same', words: (given) => ['gencert', '-renewca', ...given.ca('root')] },
  {
    name: 'renewca: path length',
    expected: 'same',
    words: (given) => ['gencert', '--renewca', ...given.ca('limited')],
  },
  {
    name: 'renewca: with another key',
    expected: 'both refuse',
    words: (given) => ['gencert', '-renewca', ...given.ca('root').slice(0, 2), ...given.ca('one').slice(2)],
  },
];

const everyName = { C: 'DE', ST: 'Bayern', L: 'München', O: 'k8s', OU: 'a_b', E: 'x@y.org', OID: { '1.2.3.4': 'z' } };
export const subjects: readonly Case[] = [
  leaf('every field of a name', { CN: 'web', serialnumber: '42', names: [everyName] }),
  leaf('two names', {
    CN: 'web',
    names: [
      { C: 'DE', O: 'zeta', OU: 'b' },
      { O: 'alpha', OU: 'a' },
    ],
  }),
  leaf('empty fields of a name', { CN: 'web', names: [{ C: '', ST: '', O: 'k8s' }] }),
  leaf('an address of the post by its OID', { CN: 'web', names: [{ OID: { '2.5.4.17': '12345' } }] }),
  leaf('a CN in Unicode', { CN: 'größe ☸', hosts: ['a.example'] }),
  leaf('a CN with characters at the edge of PrintableString', { CN: "a*b&c@d_e'f(g)" }),
  leaf('a CN of Kubernetes', { CN: 'system:node:n1', names: [{ O: 'system:nodes' }] }),
  leaf('no subject: names become critical', { hosts: ['a.example'] }),
  leaf('-cn', web, 'same', { words: ['-cn=other'] }),
  leaf('a serial number below names', { CN: 'web', names: [{ SerialNumber: '7' }] }, 'serial number below names'),
  leaf('nobody', {}, 'nobody'),
  leaf('the name of its authority', { CN: 'rsa', hosts: ['a.example'] }, 'same name as its authority', { ca: 'rsa' }),
];

const hosts = (name: string, list: readonly string[], expected: Expected = 'same'): Case =>
  leaf(`hosts: ${name}`, { CN: 'web', hosts: list }, expected);
export const alternatives: readonly Case[] = [
  hosts('DNS', ['a.example', 'B.Example', '*.c.example', '_d.example', 'localhost']),
  hosts('IPv4', ['10.0.0.1', '255.255.255.255']),
  hosts('IPv6', ['fd00::1', '2001:0DB8:0:0:0:0:0:1', '::1', '::']),
  hosts('IPv4 in IPv6', ['::ffff:10.0.0.1']),
  hosts('e-mail', ['admin@a.example']),
  hosts('URI', ['spiffe://cluster.local/ns/a/sa/b', 'https://a.example:8443/p?q=1#f', 'urn:uuid:1-2']),
  hosts('every kind', ['https://u.example/', '10.0.0.1', 'x@y.org', 'a.example', 'fd00::1', 'b.example']),
  hosts('none', []),
  hosts('an empty one', [''], 'empty or doubled names'),
  hosts('one twice', ['a.example', 'a.example', '10.0.0.1', '10.0.0.1'], 'empty or doubled names'),
  hosts('with a port', ['a.example:443'], 'no name'),
  hosts('with a mask', ['10.0.0.0/8'], 'no name'),
  hosts('with a space', ['a b'], 'no name'),
  hosts('with a zone', ['fe80::1%eth0'], 'no name'),
  hosts('not ASCII', ['bücher.example'], 'both refuse'),
  leaf('-hostname', web, 'same', { words: ['-hostname', 'x.example,10.0.0.1,y@z.org'] }),
  leaf('-hostname with nothing', web, 'same', { words: ['-hostname='] }),
  leaf('-hostname with a space', web, 'spaces in -hostname', { words: ['-hostname', 'x.example, y.example'] }),
];
