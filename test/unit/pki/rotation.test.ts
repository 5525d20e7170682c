import { X509Certificate } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import {
  ensureAuthorities,
  ensureLeaves,
  finishRotation,
  keptThings,
  leafOf,
  openStore,
  readRotations,
  rotatable,
  startRotation,
  writeRotation,
} from '../../../src/pki/index.ts';
import type { Rotatable } from '../../../src/pki/index.ts';
import { codeOf, hasOpenssl, now, opensslVerify, sampleInventory, temporaryFolder } from './fixture.ts';

const inventory = sampleInventory();
const open = () => temporaryFolder().then((folder) => openStore(join(folder, 'pki')));
const read = (store: Awaited<ReturnType<typeof open>>) => ensureAuthorities(store, inventory, { now });
const start = async (store: Awaited<ReturnType<typeof open>>, name: Rotatable): Promise<void> =>
  startRotation(store, (await keptThings(inventory, { now }))[name]);
const finish = async (store: Awaited<ReturnType<typeof open>>, name: Rotatable): Promise<void> =>
  finishRotation(store, (await keptThings(inventory, { now }))[name]);
const count = (pem: string): number => pem.split('-----BEGIN').length - 1;

describe('the exchange of an authority', () => {
  test('trusts both, then issues by the next one, then drops the old one, and is over', async () => {
    const store = await open();
    const old = (await read(store)).ca['etcd-ca'];
    await start(store, 'etcd-ca');
    const trust = (await read(store)).ca['etcd-ca'];
    expect([trust.certPem, trust.keyPem]).toEqual([old.certPem, old.keyPem]);
    expect(trust.bundlePem.startsWith(old.certPem)).toBe(true);
    expect(count(trust.bundlePem)).toBe(2);

    await writeRotation(store, 'etcd-ca', { phase: 'issue' });
    const issue = (await read(store)).ca['etcd-ca'];
    expect(trust.bundlePem).toBe(old.certPem + issue.certPem);
    // Nothing that trusts it needs a restart for this phase.
    expect(issue.bundlePem).toBe(trust.bundlePem);
    expect(new X509Certificate(issue.certPem).publicKey.equals(new X509Certificate(old.certPem).publicKey)).toBe(false);

    await writeRotation(store, 'etcd-ca', { phase: 'drop' });
    const drop = (await read(store)).ca['etcd-ca'];
    expect([drop.certPem, drop.bundlePem]).toEqual([issue.certPem, issue.certPem]);

    await finish(store, 'etcd-ca');
    const over = await read(store);
    expect([over.ca['etcd-ca'].certPem, over.ca['etcd-ca'].keyPem]).toEqual([issue.certPem, issue.keyPem]);
    expect(over.rotations.size).toBe(0);
    expect(await readdir(join(store.dir, 'next'))).toEqual([]);
  });

  test('leaves the others alone, and leaves are made anew once, by the next one', async () => {
    const store = await open();
    const before = await ensureLeaves(store, inventory, { now });
    await start(store, 'kubernetes-ca');
    expect((await ensureLeaves(store, inventory, { now })).filter(({ issued }) => issued !== undefined)).toEqual([]);
    await writeRotation(store, 'kubernetes-ca', { phase: 'issue' });
    const issued = (await ensureLeaves(store, inventory, { now })).filter((leaf) => leaf.issued !== undefined);
    const wanted = before.filter(({ kind }) => kind.ca === 'kubernetes-ca');
    expect(issued.map(({ name, host, issued: why }) => [name, host, why])).toEqual(
      wanted.map(({ name, host }) => [name, host, 'authority']),
    );
    expect((await ensureLeaves(store, inventory, { now })).filter((leaf) => leaf.issued !== undefined)).toEqual([]);
  });

  test.skipIf(!hasOpenssl)(
    'has a time in which old and new leaves are trusted, and an end of the old ones',
    async () => {
      const store = await open();
      const old = leafOf(await ensureLeaves(store, inventory, { now }), 'kube-apiserver', 'm1').certPem;
      await start(store, 'kubernetes-ca');
      await writeRotation(store, 'kubernetes-ca', { phase: 'issue' });
      const next = leafOf(await ensureLeaves(store, inventory, { now }), 'kube-apiserver', 'm1').certPem;
      const both = (await read(store)).ca['kubernetes-ca'].bundlePem;
      expect(await opensslVerify(old, both)).toMatch(/OK$/);
      expect(await opensslVerify(next, both)).toMatch(/OK$/);
      await writeRotation(store, 'kubernetes-ca', { phase: 'drop' });
      const alone = (await read(store)).ca['kubernetes-ca'].bundlePem;
      expect(await opensslVerify(next, alone)).toMatch(/OK$/);
      expect(await opensslVerify(old, alone)).not.toMatch(/OK$/);
    },
  );
});

test('the exchange of the service account pair trusts tokens of both, and signs with one', async () => {
  const store = await open();
  const old = (await read(store)).serviceAccount;
  await start(store, 'service-account');
  const trust = (await read(store)).serviceAccount;
  expect([trust.keyPem, count(trust.publicPem)]).toEqual([old.keyPem, 2]);
  await writeRotation(store, 'service-account', { phase: 'issue' });
  const issue = (await read(store)).serviceAccount;
  expect(issue.keyPem).not.toBe(old.keyPem);
  expect(count(issue.publicPem)).toBe(2);
  await writeRotation(store, 'service-account', { phase: 'drop' });
  await finish(store, 'service-account');
  const over = (await read(store)).serviceAccount;
  expect([over.keyPem, count(over.publicPem)]).toEqual([issue.keyPem, 1]);
});

test('the exchange of the encryption key reads with both, writes with the first, and keeps the names', async () => {
  const store = await open();
  await store.write([{ name: 'encryption.key', text: `${Buffer.alloc(32, 1).toString('base64')}\n` }]);
  const [old] = (await read(store)).encryptionKeys;
  expect(old?.name).toBe('key1');
  await start(store, 'encryption-key');
  const trust = (await read(store)).encryptionKeys;
  expect(trust.map(({ name }) => name)).toEqual(['key1', expect.stringMatching(/^key-[0-9a-f]{8}$/)]);
  await writeRotation(store, 'encryption-key', { phase: 'issue' });
  expect((await read(store)).encryptionKeys).toEqual([...trust].reverse());
  await writeRotation(store, 'encryption-key', { phase: 'drop' });
  await finish(store, 'encryption-key');
  expect((await read(store)).encryptionKeys).toEqual([trust[1]]);
});

describe('an exchange that was cut short', () => {
  test.each(rotatable)('while the next %s was made, begins again with another one', async (name) => {
    const store = await open();
    await read(store);
    await start(store, name);
    await rm(store.path('rotation.json'));
    const before = await read(store);
    expect(before.rotations.size).toBe(0);
    await start(store, name);
    expect((await readRotations(store)).get(name)).toEqual({ phase: 'trust' });
  });

  test('while the next one took the place of the old one, is ended by the next try', async () => {
    const store = await open();
    await read(store);
    await start(store, 'etcd-ca');
    await writeRotation(store, 'etcd-ca', { phase: 'drop' });
    const { certPem, keyPem } = (await read(store)).ca['etcd-ca'];
    // The key has its place already, the certificate has not.
    await store.write([{ name: 'etcd-ca-key.pem', text: keyPem ?? '' }]);
    expect((await read(store)).ca['etcd-ca'].certPem).toBe(certPem);
    await finish(store, 'etcd-ca');
    expect((await read(store)).ca['etcd-ca'].certPem).toBe(certPem);
  });
});

test('what an exchange needs is never made silently', async () => {
  const store = await open();
  await read(store);
  await start(store, 'etcd-ca');
  await rm(store.path('next/etcd-ca.pem'));
  expect(await codeOf(() => read(store))).toBe('PKI_LOST');
  await writeFile(store.path('rotation.json'), '{"etcd-ca":{"phase":"soon"}}', { mode: 0o600 });
  expect(await codeOf(() => read(store))).toBe('PKI_ROTATION');
});
