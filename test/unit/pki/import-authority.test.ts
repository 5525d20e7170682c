import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';

import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { encode, octets } from '../../../src/pki/der/write.ts';
import {
  type AuthorityName,
  type BroughtAuthority,
  importAuthority,
  leafOf,
  openClusterPki,
  openStore,
} from '../../../src/pki/index.ts';
import { judgeOrThrow } from '../../../src/pki/import-authority.ts';
import { below, type Made, root, signed } from './elsewhere.ts';
import { codeOf, days, hasOpenssl, now, opensslVerify, sampleInventory, temporaryFolder } from './fixture.ts';

const inventory = sampleInventory();
const open = async () => openStore(join(await temporaryFolder(), 'pki'));
const source = (name: string, text: string) => ({ name, text });

function brought(authority: Made, chain: readonly Made[] = [], over: Partial<BroughtAuthority> = {}): BroughtAuthority {
  return {
    cert: source('ca.pem', authority.certPem),
    key: source('ca-key.pem', authority.keyPem),
    chain: chain.length === 0 ? undefined : source('chain.pem', chain.map(({ certPem }) => certPem).join('')),
    ...over,
  };
}

/** All that is said against it. */
async function against(given: BroughtAuthority, of = inventory): Promise<string> {
  try {
    await importAuthority(await open(), 'etcd-ca', given, { inventory: of, now });
    return '';
  } catch (error) {
    if (error instanceof K8supError && error.code === 'PKI_IMPORT') return error.why ?? '';
    throw error;
  }
}

async function family(at = now) {
  const top = await root({ name: 'company root', at });
  const middle = await below(top, { name: 'company kubernetes', ca: { pathLength: 0 }, at });
  const other = await below(top, { name: 'company mail', at });
  return { top, middle, other };
}

type Family = Awaited<ReturnType<typeof family>>;

describe('an authority below a root', () => {
  test('is stored with its chain, signs the leaves, and what is served leads to the root', async () => {
    const { top, middle } = await family();
    const store = await open();
    await importAuthority(store, 'kubernetes-ca', brought(middle, [top]), { inventory, now });
    expect((await stat(store.path('kubernetes-ca-key.pem'))).mode & 0o777).toBe(0o600);
    const pki = await openClusterPki(store.dir, inventory, { now });
    const { authorities, leaves } = pki;
    const ca = authorities.ca['kubernetes-ca'];
    expect([ca.certPem, ca.keyPem]).toEqual([middle.certPem, middle.keyPem]);
    expect(ca.servedPem).toBe(middle.certPem);
    expect(ca.serverBundlePem).toBe(middle.certPem + top.certPem);
    const { certPem } = leafOf(leaves, 'kube-apiserver', 'm1');
    expect(certPem.endsWith(middle.certPem)).toBe(true);
    expect(
      Buffer.from(pki.adminKubeconfig().match(/certificate-authority-data: (.*)/)?.[1] ?? '', 'base64').toString(),
    ).toBe(ca.serverBundlePem);
    if (hasOpenssl) expect(await opensslVerify(certPem, ca.serverBundlePem)).toMatch(/: OK$/);
    const again = await openClusterPki(store.dir, inventory, { now });
    expect(again.leaves.filter(({ issued }) => issued !== undefined)).toEqual([]);
    expect(leafOf(again.leaves, 'kube-apiserver', 'm1').certPem).toBe(certPem);
  });

  test.skipIf(!hasOpenssl)(
    'lets in whom it signed itself, and nobody else of its root, with whatever chain they come',
    async () => {
      const { top, middle, other } = await family();
      const store = await open();
      await importAuthority(store, 'kubernetes-ca', brought(middle, [top]), { inventory, now });
      const { authorities, leaves } = await openClusterPki(store.dir, inventory, { now });
      const wish = { name: 'kubernetes-admin', organization: ['system:masters'], usages: ['client auth'] as const };
      const stranger = await signed(other, wish);
      const judged = async (leaf: string, chain: string): Promise<string> => {
        const folder = await temporaryFolder();
        const file = async (name: string, text: string): Promise<string> => {
          await writeFile(join(folder, name), text);
          return join(folder, name);
        };
        // As Go does: an authority in the list is trusted, root or not.
        const by = ['-partial_chain', '-purpose', 'sslclient', '-attime', String(now.getTime() / 1000)];
        const trust = await file('trust', authorities.ca['kubernetes-ca'].bundlePem);
        const args = [
          'verify',
          ...by,
          '-CAfile',
          trust,
          '-untrusted',
          await file('chain', chain),
          await file('leaf', leaf),
        ];
        const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
        return `${stdout}${stderr}`;
      };
      expect(await judged(leafOf(leaves, 'admin').certPem, middle.certPem + top.certPem)).toMatch(/: OK$/m);
      expect(await judged(stranger.certPem, other.certPem + top.certPem)).toMatch(/verification failed/);
    },
  );

  test('is known over TLS to a client that knows the root alone', async () => {
    const at = new Date();
    const { top, middle } = await family(at);
    const store = await open();
    await importAuthority(store, 'kubernetes-ca', brought(middle, [top]), { inventory, now: at });
    const { certPem, keyPem } = leafOf((await openClusterPki(store.dir, inventory)).leaves, 'kube-apiserver', 'm1');
    const server = createServer({ cert: certPem, key: keyPem }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', ca: top.certPem });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
  });
});

describe('an authority is refused', () => {
  test.each<readonly [string, (made: Family) => BroughtAuthority | Promise<BroughtAuthority>, RegExp]>([
    [
      'with the key of another',
      ({ top, other }) => brought(top, [], { key: source('k', other.keyPem) }),
      /k is not the key of ca\.pem/,
    ],
    ['with a key that is none', ({ top }) => brought(top, [], { key: source('k', 'x') }), /k holds no private key/],
    [
      'with a key for everybody',
      ({ top }) => brought(top, [], { key: { ...source('k', top.keyPem), mode: 0o100644 } }),
      /k is open to other users \(mode 0644\)/,
    ],
    [
      'that is none',
      async ({ top }) => brought(await signed(top, { name: 'leaf', usages: ['server auth'] }), [top]),
      /"leaf" is no certificate of an authority/,
    ],
    [
      'without its chain',
      ({ middle }) => brought(middle),
      /"company kubernetes" was signed by "company root", whose certificate is not among those given/,
    ],
    [
      'with a foreign chain',
      async ({ middle }) => brought(middle, [await root({ name: 'company root' })]),
      /must lead to a root/,
    ],
    [
      'with more than its chain',
      ({ top, middle, other }) => brought(middle, [other, top]),
      /^"company mail" is no part of the chain$/,
    ],
    ['that has ended', async () => brought(await root({ name: 'old', days: -0.5 })), /"old" ended/],
    ['that has not begun', async () => brought(await root({ name: 'new', at: days(10) })), /"new" is not valid before/],
    [
      'that ends before the leaves',
      async () => brought(await root({ name: 'short', days: 100 })),
      /"short" ends .* 8760 hours/,
    ],
    [
      'that may not sign',
      async () => brought(await root({ name: 'r', usages: ['crl sign'] })),
      /may not sign certificates/,
    ],
    [
      'for servers alone',
      async () => brought(await root({ name: 'r', usages: ['cert sign', 'server auth'] })),
      /limited to other usages/,
    ],
    [
      'with name constraints',
      async () =>
        brought(
          await root({
            name: 'r',
            more: [{ oid: '2.5.29.30', critical: true, value: encode(octets(Buffer.from([0]))) }],
          }),
        ),
      /name constraints/,
    ],
  ])('%s', async (_what, make, said) => {
    expect(await against(await make(await family()))).toMatch(said);
  });

  test('below a root whose path length is too short', async () => {
    const long = await root({ name: 'short root' });
    const short = await root({ name: 'short root', ca: { pathLength: 0 }, key: long.key });
    const middle = await below(long, { name: 'middle' });
    expect(await against(brought(middle, [short]))).toMatch(
      /"short root" has the path length 0, and 1 authorities are below it/,
    );
  });

  test('with the key of another one, of the next one of another, or, for an exchange, of its own', async () => {
    const store = await open();
    const [own, next] = [await root({ name: 'own' }), await root({ name: 'next' })];
    await store.write([
      { name: 'etcd-ca-key.pem', text: own.keyPem },
      { name: 'etcd-ca.pem', text: own.certPem },
      { name: 'next/etcd-ca.pem', text: next.certPem },
    ]);
    const judge = (name: AuthorityName, made: Made) => () =>
      judgeOrThrow(store, name, brought(made), { inventory, now });
    expect(await codeOf(judge('kubernetes-ca', own))).toBe('PKI_IMPORT');
    expect(await codeOf(judge('kubernetes-ca', next))).toBe('PKI_IMPORT');
    expect(await codeOf(judge('etcd-ca', own))).toBe('PKI_IMPORT');
    // One that an earlier try left is not used, and may be brought again.
    await judge('etcd-ca', next)();
  });

  test('with all that is wrong at once', async () => {
    const { other } = await family();
    const bad = await root({ name: 'bad', days: 100, usages: ['crl sign'] });
    const lines = (await against(brought(bad, [], { key: source('k', other.keyPem) }))).split('\n');
    expect(lines).toHaveLength(3);
  });

  test('where it is, or is above, another one of the cluster: each would let in whom the other signs', async () => {
    const { top, middle } = await family();
    const store = await open();
    await importAuthority(store, 'kubernetes-ca', brought(middle, [top]), { inventory, now });
    const etcd = (given: BroughtAuthority) => importAuthority(store, 'etcd-ca', given, { inventory, now });
    await expect(etcd(brought(middle, [top]))).rejects.toMatchObject({
      why: expect.stringContaining('the same key as kubernetes-ca') as string,
    });
    await expect(etcd(brought(top))).rejects.toMatchObject({
      why: expect.stringContaining('it signed kubernetes-ca') as string,
    });
    expect(await store.has('etcd-ca.pem')).toBe(false);
  });

  test('over one that is there, and in a store that was in use', async () => {
    const { top, other } = await family();
    const store = await open();
    await importAuthority(store, 'etcd-ca', brought(top), { inventory, now });
    const before = await readFile(store.path('etcd-ca.pem'), 'utf8');
    const again = (name: 'etcd-ca' | 'front-proxy-ca') =>
      codeOf(() => importAuthority(store, name, brought(other, [top]), { inventory, now }));
    expect(await again('etcd-ca')).toBe('PKI_THERE');
    await openClusterPki(store.dir, inventory, { now });
    expect(await again('front-proxy-ca')).toBe('PKI_THERE');
    expect(await readFile(store.path('etcd-ca.pem'), 'utf8')).toBe(before);
  });

  test('without its key where masters sign with it', async () => {
    const { top } = await family();
    const given = brought(top, [], { key: undefined });
    expect(await codeOf(async () => importAuthority(await open(), 'kubernetes-ca', given, { inventory, now }))).toBe(
      'PKI_OFFLINE',
    );
  });
});
