import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterAll, describe, expect, test } from 'vitest';
import { realCfssl } from '../../support/cfssl.ts';
import { because } from '../../support/upstream.ts';
import { byCfssl, byK8sup, openssl, openWorkspace, runJson, type Outcome } from './tools.ts';

const real = await realCfssl();
const missing = 'missing' in real ? real.missing : undefined;
const cfssl = 'missing' in real ? '' : real.cfssl;
const work = openWorkspace();
afterAll(() => work.remove());

type Make = (words: readonly string[]) => Promise<Outcome>;
const makers: Readonly<Record<'cfssl' | 'k8sup', Make>> = {
  cfssl: (words) => byCfssl(cfssl, words),
  k8sup: byK8sup,
};

/** A certificate with its key, also in files. */
interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly flags: readonly string[];
}

async function pair(make: Make, words: readonly string[]): Promise<Pair> {
  const outcome = await make(words);
  if ('refused' in outcome) throw new Error(outcome.refused);
  const { cert = '', key = '' } = outcome.made;
  const certFile = work.file('cert.pem', cert);
  return { cert, key, certFile, flags: ['-ca', certFile, '-ca-key', work.file('key.pem', key)] };
}

const config = work.file('config.json', {
  signing: {
    profiles: {
      middle: {
        usages: ['cert sign', 'crl sign'],
        expiry: '2000h',
        ca_constraint: { is_ca: true, max_path_len_zero: true },
      },
      server: { usages: ['signing', 'server auth'], expiry: '1000h' },
    },
  },
});
const request = (content: object): string => work.file('csr.json', content);
const chainOf = async (kind: object, root: Make, below: Make, last: Make): Promise<readonly [Pair, Pair, Pair]> => {
  const key = { key: kind };
  const ca = await pair(root, ['gencert', '-initca', request({ CN: 'root_1', names: [{ O: 'k8s' }], ...key })]);
  const by = (pairAbove: Pair, profile: string): readonly string[] => [
    ...['gencert', ...pairAbove.flags, '-config', config, '-profile', profile],
  ];
  const middle = await pair(below, [...by(ca, 'middle'), request({ CN: 'middle ☸', ...key })]);
  const leaf = await pair(last, [
    ...by(middle, 'server'),
    request({ CN: 'web', hosts: ['web.example', '127.0.0.1'], names: [{ O: 'a' }, { O: 'b' }], ...key }),
  ]);
  return [ca, middle, leaf];
};

const kinds = [
  { algo: 'ecdsa', size: 256 },
  { algo: 'ecdsa', size: 521 },
  { algo: 'rsa', size: 2048 },
  { algo: 'ed25519' },
];
const orders = [
  ['cfssl', 'k8sup', 'cfssl'],
  ['k8sup', 'cfssl', 'k8sup'],
  ['cfssl', 'cfssl', 'k8sup'],
  ['k8sup', 'k8sup', 'cfssl'],
] as const;

describe.skipIf(missing !== undefined)(`a chain${because(missing)}`, () => {
  test.each(kinds.flatMap((kind) => orders.map((order) => ({ kind, order, name: Object.values(kind).join(' ') }))))(
    'of $name by $order verifies with openssl, Go and Node',
    async ({ kind, order }) => {
      const [root, middle, leaf] = await chainOf(kind, makers[order[0]], makers[order[1]], makers[order[2]]);
      const files = ['-CAfile', root.certFile, '-untrusted', middle.certFile, leaf.certFile];
      expect(openssl(['verify', '-x509_strict', '-purpose', 'sslserver', ...files])).toMatch(/: OK\n$/);
      // cfssl's bundle verifies with Go's own reader.
      const words = ['bundle', '-cert', leaf.certFile, '-int-bundle', middle.certFile, '-ca-bundle', root.certFile];
      const theirs = await runJson(cfssl, words);
      expect(theirs).toMatchObject({ root: root.cert.trim(), crt: leaf.cert.trim() });
      const ours = await runJson('k8sup', words);
      expect({ ...ours, hostnames: [], status: {} }).toEqual({ ...theirs, hostnames: [], status: {} });
      expect(ours['hostnames']).toEqual(expect.arrayContaining(theirs['hostnames'] as string[]));
      expect([new X509Certificate(leaf.cert), new X509Certificate(middle.cert)].map(issuedBy(middle, root))).toEqual([
        true,
        true,
      ]);
      expect(await handshake(leaf, middle, root)).toBe(true);
    },
  );

  test('that does not lead to the root is refused by both bundles', async () => {
    const [root, , leaf] = await chainOf({ algo: 'ecdsa', size: 256 }, makers.cfssl, makers.k8sup, makers.cfssl);
    const words = ['bundle', '-cert', leaf.certFile, '-int-bundle', root.certFile, '-ca-bundle', root.certFile];
    await expect(runJson(cfssl, words)).rejects.toThrow(/unknown authority/);
    await expect(runJson('k8sup', words)).rejects.toThrow(/PKI_CHAIN/);
  });
});

function issuedBy(middle: Pair, root: Pair): (certificate: X509Certificate, index: number) => boolean {
  return (certificate, index) => {
    const issuer = new X509Certificate(index === 0 ? middle.cert : root.cert);
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  };
}

/** Whether a client that trusts the root alone believes a server with the leaf. */
async function handshake(leaf: Pair, middle: Pair, root: Pair): Promise<boolean> {
  // Node knows Ed25519 keys by their standard label alone.
  const key = leaf.key.replaceAll('Ed25519 PRIVATE KEY', 'PRIVATE KEY');
  const server = createServer({ key, cert: leaf.cert + middle.cert });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', servername: 'web.example', ca: root.cert });
  try {
    await once(client, 'secureConnect');
    return client.authorized;
  } finally {
    client.destroy();
    server.close();
  }
}
