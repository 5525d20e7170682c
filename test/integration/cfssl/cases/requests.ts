import { hour, leaf, sign, web } from './model.ts';
import type { Case } from './model.ts';

export const requests: readonly Case[] = [
  leaf('a request with ca', { ...web, ca: { expiry: '1h' } }, 'both refuse'),
  leaf('a request that is no JSON', '{ "CN": "web", }', 'both refuse'),
  leaf('hosts that are no list', { CN: 'web', hosts: 'web.example' }, 'both refuse'),
  leaf('a CN that is a number', { CN: 1 }, 'both refuse'),
  leaf('names that are no list', { CN: 'web', names: { O: 'k8s' } }, 'both refuse'),
  leaf('an OID that is none', { CN: 'web', names: [{ OID: { surname: 'x' } }] }, 'both refuse'),
  leaf('an unknown key of a request', { ...web, host: ['a'] }, 'unknown key'),
  leaf('cn in small letters', { cn: 'web' }, 'key in another case'),
  leaf('CN twice', '{ "CN": "a", "CN": "b" }', 'key twice'),
  { name: 'no authority', expected: 'both refuse', words: ({ file }) => ['gencert', file('csr.json', web)] },
  {
    name: 'a key of another authority',
    expected: 'both refuse',
    words: (given) => [
      'gencert',
      ...given.ca('root').slice(0, 2),
      ...given.ca('one').slice(2),
      given.file('csr.json', web),
    ],
  },
  {
    name: 'an authority that is no PEM',
    expected: 'both refuse',
    words: (given) => [
      'gencert',
      '-ca',
      given.file('ca.pem', 'x'),
      ...given.ca('one').slice(2),
      given.file('c.json', web),
    ],
  },
  {
    name: 'a file that is not there',
    expected: 'both refuse',
    words: () => ['gencert', '-initca', '/nonexistent/x.json'],
  },
  {
    name: 'genkey',
    expected: 'same',
    words: ({ file }) => [
      'genkey',
      file('csr.json', { ...web, names: [{ C: 'DE', L: 'München', O: 'k8s', E: 'x@y.org' }] }),
    ],
  },
  {
    name: 'genkey with ca',
    expected: 'both refuse',
    words: ({ file }) => ['genkey', file('csr.json', { ...web, ca: {} })],
  },
  {
    name: 'genkey -initca',
    expected: 'same',
    words: ({ file }) => ['genkey', '-initca', file('csr.json', { CN: 'ca' })],
  },
  { name: 'selfsign', expected: 'same', words: ({ file }) => ['selfsign', 'web.example', file('csr.json', web)] },
  {
    name: 'selfsign with another name',
    expected: 'hostname of selfsign',
    words: ({ file }) => ['selfsign', 'other.example', file('csr.json', web)],
  },
  {
    name: 'selfsign by a profile',
    expected: 'same',
    words: ({ file }) => [
      ...[
        'selfsign',
        '-config',
        file('c.json', { signing: { profiles: { p: { ...hour, issuer_urls: ['http://i'] } } } }),
      ],
      ...['-profile', 'p', 'web.example', file('csr.json', { ...web, extensions: [{ Id: [1, 2, 3], Value: 'BQA=' }] })],
    ],
  },
];

const san = ['-addext', 'subjectAltName=DNS:a.example,IP:10.0.0.1,email:x@y.org,URI:urn:a:b'];
const asCa = ['-addext', 'basicConstraints=critical,CA:TRUE'];
export const signed: readonly Case[] = [
  sign('a subject in another order', ['-subj', '/CN=web/O=k8s/C=DE/L=Berlin/O=zeta', '-utf8']),
  sign('a subject with what has no field', ['-subj', '/CN=web/emailAddress=a@b.org/GN=Ada/street=Weg 1']),
  sign('two CNs', ['-subj', '/CN=a/CN=b']),
  sign('alternative names', ['-subj', '/CN=web', ...san]),
  sign('no subject', ['-subj', '/', ...san]),
  sign('usages of the request are left out', ['-subj', '/CN=web', '-addext', 'keyUsage=keyCertSign']),
  sign(
    'copy_extensions',
    ['-subj', '/CN=web', ...san, '-addext', 'keyUsage=critical,keyAgreement', '-addext', 'nsComment=x'],
    'same',
    {
      profile: { copy_extensions: true, crl_url: 'http://c' },
    },
  ),
  sign('-hostname', ['-subj', '/CN=web', ...san], 'same', { words: () => ['-hostname', 'b.example,10.0.0.2'] }),
  sign('a subject beside it', ['-subj', '/CN=web/O=k8s/C=DE'], 'same', {
    subject: { CN: 'other', names: [{ O: 'new' }] },
  }),
  sign('an empty subject beside it', ['-subj', '/CN=web/O=k8s'], 'same', { subject: {} }),
  sign('-csr', [], 'same', { flag: true, words: (given) => ['-csr', given.request(['-subj', '/CN=web'])] }),
  sign('NEW CERTIFICATE REQUEST', ['-subj', '/CN=web', '-newhdr'], 'same'),
  sign('CSRWhitelist', ['-subj', '/CN=web', ...san], 'same', {
    profile: { CSRWhitelist: { PublicKeyAlgorithm: true, PublicKey: true, SignatureAlgorithm: true, DNSNames: true } },
  }),
  sign('an authority', ['-subj', '/CN=m', ...asCa], 'same', {
    profile: { usages: ['cert sign'], ca_constraint: { is_ca: true } },
  }),
  sign('an authority that the profile does not make', ['-subj', '/CN=m', ...asCa], 'both refuse'),
  sign('an authority below a limited one', ['-subj', '/CN=m', ...asCa], 'both refuse', {
    ca: 'limited',
    profile: { usages: ['cert sign'], ca_constraint: { is_ca: true } },
  }),
  sign('an RSA key of 1024 bits', ['-subj', '/CN=web'], 'weak key', { key: 'rsa1024' }),
  sign('no request', ['-subj', '/CN=web'], 'both refuse', { change: (_path, { file }) => file('x.csr', 'hello') }),
  sign('a certificate', ['-subj', '/CN=web'], 'both refuse', { change: (_path, { ca }) => ca('root')[1] ?? '' }),
];
