import { X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { K8supError } from '../../../src/errors/k8sup-error.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { sign } from '../../../src/pki/cfssl/sign.ts';
import {
  ensureAuthorities,
  finishRotation,
  importAuthority,
  importSigned,
  keptThings,
  leafOf,
  offlineLeaves,
  openClusterPki,
  openStore,
  refuseWaiting,
  type Store,
  writeRotation,
} from '../../../src/pki/index.ts';
import { startAuthorityRotation } from '../../../src/pki/next-authority.ts';
import { below, type Made, root } from './elsewhere.ts';
import { codeOf, days, hasOpenssl, now, openssl, sampleInventory, temporaryFolder, threeHosts } from './fixture.ts';

const inventory = sampleInventory();
const source = (name: string, text: string) => ({ name, text });

/** A store with an authority of etcd whose key is elsewhere. */
async function offline(): Promise<{ readonly store: Store; readonly ca: Made }> {
  const store = await openStore(join(await temporaryFolder(), 'pki'));
  const ca = await root({ name: 'etcd root' });
  const brought = { cert: source('ca.pem', ca.certPem), key: undefined, chain: undefined };
  await importAuthority(store, 'etcd-ca', brought, { inventory, now });
  return { store, ca };
}

const apply = (store: Store, at = now, of: Inventory = inventory) => openClusterPki(store.dir, of, { now: at });
const requestsOf = async (store: Store): Promise<readonly string[]> =>
  (await readdir(store.path('requests'))).filter((name) => name.endsWith('.csr')).sort();
const csr = (store: Store, name: string) => readFile(join(store.path('requests'), name), 'utf8');

/** Signs all requests as somebody would who has the key and the folder. */
async function signAll(store: Store, ca: Made, over: { readonly profile?: string; readonly at?: Date } = {}) {
  const config = source('ca-config.json', await readFile(join(store.path('requests'), 'ca-config.json'), 'utf8'));
  const of = async (name: string) => {
    const profile = over.profile ?? (/^etcd-(server|peer)/.test(name) ? 'peer' : 'client');
    const { cert } = await sign({
      ...{ csr: source(name, await csr(store, name)), ca: ca.certPem, caKey: ca.keyPem },
      ...{ config, profile, now: over.at ?? now },
    });
    return source(name.replace('.csr', '.pem'), cert);
  };
  return Promise.all((await requestsOf(store)).map(of));
}

async function readBack(store: Store, files: readonly { readonly name: string; readonly text: string }[], at = now) {
  const wanted = await offlineLeaves(inventory, await ensureAuthorities(store, inventory, { now: at }));
  return importSigned(store, wanted, { files, now: at });
}

async function whyNot(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return '';
  } catch (error) {
    if (error instanceof K8supError && error.code === 'PKI_IMPORT') return error.why ?? '';
    throw error;
  }
}

const names = [
  'apiserver-etcd-client.m1.csr',
  'apiserver-etcd-client.m2.csr',
  'etcd-healthcheck-client.csr',
  'etcd-peer.m1.csr',
  'etcd-server.m1.csr',
];

describe('an authority whose key is elsewhere', () => {
  test('stops an apply with requests, which a plan does not write, and goes on with what was signed', async () => {
    const { store, ca } = await offline();
    const planned = await openClusterPki(store.dir, inventory, { now, dryRun: true });
    expect(await codeOf(() => refuseWaiting(planned))).toBe('PKI_REQUESTS');
    expect(await store.has('requests')).toBe(false);
    await expect(apply(store)).rejects.toMatchObject({
      code: 'PKI_REQUESTS',
      message: '5 certificates wait to be signed by etcd-ca, whose key is kept elsewhere; no host was changed',
      why: expect.stringContaining('etcd-server of m1') as string,
      fix: expect.stringContaining(store.path('requests')) as string,
    });
    expect(await requestsOf(store)).toEqual(names);
    expect(await readBack(store, await signAll(store, ca))).toMatchObject({ waiting: [] });
    const { leaves, authorities } = await apply(store);
    expect(authorities.ca['etcd-ca'].key).toBeUndefined();
    expect(leaves.filter(({ waiting, pending }) => waiting !== undefined || pending)).toEqual([]);
    const server = new X509Certificate(leafOf(leaves, 'etcd-server', 'm1').certPem);
    expect(server.issuer).toBe('CN=etcd root');
    expect(await requestsOf(store)).toEqual([]);
    expect(await readdir(store.path('waiting/hosts/m1'))).toEqual([]);
  });

  test('has its requests in a folder without keys; the keys are in the store, for its owner alone', async () => {
    const { store } = await offline();
    await codeOf(() => apply(store));
    const folder = store.path('requests');
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    expect(texts.join('')).not.toMatch(/PRIVATE/);
    expect((await stat(store.path('waiting/hosts/m1/etcd-server-key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'README.txt'), 'utf8')).toMatch(/openssl x509 -req -in etcd-server\.m1\.csr/);
  });

  test('keeps a request that was carried away already, and makes another where it must ask for something else', async () => {
    const { store } = await offline();
    await codeOf(() => apply(store));
    const before = await Promise.all(names.map((name) => csr(store, name)));
    await codeOf(() => apply(store));
    expect(await Promise.all(names.map((name) => csr(store, name)))).toEqual(before);
    const [first, ...rest] = threeHosts;
    const moved = sampleInventory([{ name: 'm1', roles: first?.roles ?? [], address: '10.0.0.100' }, ...rest]);
    await codeOf(() => apply(store, now, moved));
    const changed = await Promise.all(
      names.map(async (name, index) => ((await csr(store, name)) === before[index] ? [] : [name])),
    );
    expect(changed.flat()).toEqual(['etcd-peer.m1.csr', 'etcd-server.m1.csr']);
  });

  test.skipIf(!hasOpenssl)('takes what openssl signed by copying what is asked for', async () => {
    const at = new Date();
    const store = await openStore(join(await temporaryFolder(), 'pki'));
    const ca = await root({ name: 'etcd root', at });
    await importAuthority(
      store,
      'etcd-ca',
      { cert: source('ca', ca.certPem), key: undefined, chain: undefined },
      { inventory, now: at },
    );
    await codeOf(() => apply(store, at));
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'ca.pem'), ca.certPem);
    await writeFile(join(folder, 'ca-key.pem'), ca.keyPem, { mode: 0o600 });
    const files = await Promise.all(
      (await requestsOf(store)).map(async (name) => {
        const by = [
          '-CA',
          join(folder, 'ca.pem'),
          '-CAkey',
          join(folder, 'ca-key.pem'),
          '-days',
          '365',
          '-copy_extensions',
          'copy',
        ];
        return source(name, openssl(['x509', '-req', ...by], await csr(store, name)));
      }),
    );
    expect((await readBack(store, files, at)).waiting).toEqual([]);
    expect((await apply(store, at)).leaves.filter(({ waiting }) => waiting !== undefined)).toEqual([]);
  });

  test('asks for the next one of what is near its end, and goes on with the old one until it ends', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    await readBack(store, await signAll(store, ca));
    const near = days(300);
    const { leaves } = await apply(store, near);
    const server = leafOf(leaves, 'etcd-server', 'm1');
    expect([server.waiting, server.pending, server.issued]).toEqual(['expiring', false, undefined]);
    expect(await requestsOf(store)).toEqual(names);
    expect(await codeOf(() => apply(store, days(370)))).toBe('PKI_REQUESTS');
    expect((await readBack(store, await signAll(store, ca, { at: near }), near)).waiting).toEqual([]);
    const next = leafOf((await apply(store, near)).leaves, 'etcd-server', 'm1');
    expect([next.waiting, next.certPem === server.certPem]).toEqual([undefined, false]);
  });

  test('is told from one whose key was lost', async () => {
    const { store } = await offline();
    await rm(store.path('etcd-ca-key.pem'));
    expect(await codeOf(() => apply(store))).toBe('PKI_HALF_PAIR');
  });

  test('can be no one that masters sign with', async () => {
    const { store } = await offline();
    await store.write([
      { name: 'kubernetes-ca-key.pem', text: 'offline\n' },
      { name: 'kubernetes-ca.pem', text: (await root({ name: 'r' })).certPem },
    ]);
    expect(await codeOf(() => apply(store))).toBe('PKI_OFFLINE');
  });
});

describe('what was signed is refused', () => {
  test('all of it where one is wrong, each with the reason', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    const good = await signAll(store, ca);
    const foreign = await root({ name: 'etcd root' });
    const bad = [...good.slice(1), ...(await signAll(store, foreign)).slice(0, 1)];
    expect(await whyNot(readBack(store, bad))).toBe(
      'apiserver-etcd-client.m1.pem (apiserver-etcd-client of m1): etcd-ca did not sign it, but etcd root',
    );
    expect(await store.has('hosts/m1/etcd-server.pem')).toBe(false);
  });

  test.each([
    ['of other usages', { profile: 'client' }, /etcd-server of m1\): its usages are .*client auth, not .*server auth/],
    ['that has ended', { at: days(-400) }, /it ended/],
    ['that begins later', { at: days(2) }, /not valid before/],
    ['that would be asked for again', { at: days(-300) }, /ends .* already/],
  ] as const)('%s', async (_what, over, said) => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    expect(await whyNot(readBack(store, await signAll(store, ca, over)))).toMatch(said);
  });

  test('that lives longer than the inventory asks', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    const path = join(store.path('requests'), 'ca-config.json');
    await chmod(path, 0o600);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('8760h', '9000h'));
    expect(await whyNot(readBack(store, await signAll(store, ca)))).toMatch(
      /it lives 9000 hours, longer than the 8760/,
    );
  });

  test('with other names, or for another subject', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    const config = source('c', await readFile(join(store.path('requests'), 'ca-config.json'), 'utf8'));
    const by = { ca: ca.certPem, caKey: ca.keyPem, config, profile: 'peer', now };
    const request = source('r', await csr(store, 'etcd-server.m1.csr'));
    const named = await sign({ ...by, csr: request, hostnames: ['10.0.0.1', 'evil.example'] });
    const said = await whyNot(readBack(store, [source('x.pem', named.cert)]));
    expect(said).toMatch(/lacks the names .*localhost/);
    expect(said).toMatch(/has the names evil\.example that nobody asked for/);
    const other = await sign({ ...by, csr: request, subject: source('s', JSON.stringify({ CN: 'root' })) });
    expect(await whyNot(readBack(store, [source('x.pem', other.cert)]))).toMatch(
      /its subject is CN=root, not CN=etcd-server/,
    );
  });

  test('twice for one request, also in one file', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    const [one, other] = [await signAll(store, ca), await signAll(store, ca, { at: days(-1) })];
    const bundle = source('all.pem', `${one[0]?.text ?? ''}${other[0]?.text ?? ''}`);
    expect(await whyNot(readBack(store, [bundle]))).toMatch(
      /all\.pem \(apiserver-etcd-client of m1\): all\.pem is for it too/,
    );
  });

  test('for a key that nobody waits for; but not what was taken before, nor authorities', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    const files = await signAll(store, ca);
    const all = [...files, source('ca.pem', ca.certPem)];
    expect((await readBack(store, all)).taken).toHaveLength(5);
    expect(await readBack(store, all)).toEqual({ taken: [], waiting: [] });
    const other = await offline();
    await codeOf(() => apply(other.store));
    expect(await whyNot(readBack(other.store, files.slice(0, 1)))).toMatch(/answers no request/);
  });
});

describe('the exchange of an authority that was brought', () => {
  const kept = async () => ({ ...(await keptThings(inventory, { now }))['etcd-ca'], name: 'etcd-ca' as const });

  test('is refused where nobody says by what', async () => {
    const { store } = await offline();
    const start = async () => startAuthorityRotation(store, await kept(), { by: 'default' }, { inventory, now });
    expect(await codeOf(start)).toBe('PKI_BROUGHT');
  });

  test('by one that k8sup makes needs the old key for nothing', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    await readBack(store, await signAll(store, ca));
    await startAuthorityRotation(store, await kept(), { by: 'made' }, { inventory, now });
    expect((await apply(store)).authorities.ca['etcd-ca'].bundlePem.split('BEGIN')).toHaveLength(3);
    for (const phase of ['issue', 'drop'] as const) {
      await writeRotation(store, 'etcd-ca', { phase });
      await apply(store);
    }
    await finishRotation(store, await kept());
    const { authorities, leaves } = await apply(store);
    expect(authorities.ca['etcd-ca'].keyPem).toMatch(/PRIVATE KEY/);
    expect(new X509Certificate(leafOf(leaves, 'etcd-server', 'm1').certPem).issuer).toBe('CN=etcd-ca');
    // From here on it is k8sup's own.
    await startAuthorityRotation(store, await kept(), { by: 'default' }, { inventory, now });
  });

  test('by another one that was brought, with its chain', async () => {
    const { store, ca } = await offline();
    await codeOf(() => apply(store));
    await readBack(store, await signAll(store, ca));
    const top = await root({ name: 'next root' });
    const next = await below(top, { name: 'next' });
    const brought = { cert: source('c', next.certPem), key: source('k', next.keyPem), chain: source('r', top.certPem) };
    await startAuthorityRotation(store, await kept(), { by: 'brought', brought }, { inventory, now });
    await writeRotation(store, 'etcd-ca', { phase: 'issue' });
    const { authorities, leaves } = await apply(store);
    expect(authorities.ca['etcd-ca'].bundlePem).toBe(ca.certPem + next.certPem);
    expect(leafOf(leaves, 'etcd-server', 'm1').certPem.endsWith(next.certPem)).toBe(true);
  });
});
