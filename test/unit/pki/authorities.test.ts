import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { authorityNames, ensureAuthorities, ensureLeaves, openStore } from '../../../src/pki/index.ts';
import { codeOf, days, hasOpenssl, now, opensslVerify, sampleInventory, temporaryFolder } from './fixture.ts';

const inventory = sampleInventory();

async function newStore() {
  return openStore(join(await temporaryFolder(), 'pki'));
}

describe('authorities', () => {
  test('are three, with a service account pair, an encryption key and an id, all apart', async () => {
    const made = await ensureAuthorities(await newStore(), inventory, { now });
    const cas = authorityNames.map((name) => made.ca[name]);
    const keys = [...cas.map((ca) => ca.keyPem), made.serviceAccount.keyPem];
    expect(new Set(keys).size).toBe(4);
    for (const ca of cas) {
      const x509 = new X509Certificate(ca.certPem);
      expect(x509.ca && x509.verify(x509.publicKey) && x509.checkPrivateKey(createPrivateKey(ca.keyPem ?? ''))).toBe(
        true,
      );
      expect(x509.subject).toBe(`CN=${ca.name}`);
    }
    const account = createPrivateKey(made.serviceAccount.keyPem);
    expect(createPublicKey(account).equals(createPublicKey(made.serviceAccount.publicPem))).toBe(true);
    expect(account.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(made.encryptionKeys.map(({ secret }) => Buffer.from(secret, 'base64').length)).toEqual([32]);
    expect(made.clusterId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(made.pending).toBe(false);
  });

  test('live as long as the inventory says', async () => {
    const short = sampleInventory(undefined, { lifetimes: { caHours: 20_000, leafHours: 8760, nodeHours: 20_000 } });
    const { certificate } = (await ensureAuthorities(await newStore(), short, { now })).ca['etcd-ca'];
    expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).toBe(20_000 * 3_600_000);
  });

  test.skipIf(!hasOpenssl)('satisfy openssl -x509_strict', async () => {
    const { ca } = await ensureAuthorities(await newStore(), inventory, { now });
    for (const { certPem } of Object.values(ca)) expect(await opensslVerify(certPem, certPem)).toMatch(/: OK$/);
  });

  test('are the same the second time', async () => {
    const store = await newStore();
    const first = await ensureAuthorities(store, inventory, { now });
    const second = await ensureAuthorities(await openStore(store.dir), inventory, { now: days(100) });
    const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
    expect(plain(second)).toEqual(plain(first));
  });

  test('of a dry run are in memory only', async () => {
    const store = await newStore();
    const made = await ensureAuthorities(store, inventory, { now, dryRun: true });
    expect([made.pending, made.ca['etcd-ca'].pending, made.serviceAccount.pending]).toEqual([true, true, true]);
    expect(await readdir(join(store.dir, '..'))).toEqual([]);
  });

  test('are completed after a run that was cut short', async () => {
    const store = await newStore();
    const first = await ensureAuthorities(store, inventory, { now });
    for (const name of ['cluster-id', 'front-proxy-ca.pem', 'front-proxy-ca-key.pem']) await rm(store.path(name));
    const second = await ensureAuthorities(store, inventory, { now });
    expect(second.ca['kubernetes-ca'].certPem).toBe(first.ca['kubernetes-ca'].certPem);
    expect(second.ca['front-proxy-ca'].certPem).not.toBe(first.ca['front-proxy-ca'].certPem);
  });
});

describe('what was lost is never made again silently', () => {
  const halves = authorityNames.flatMap((name) => [`${name}.pem`, `${name}-key.pem`]);
  test.each([...halves, 'service-account.pub', 'service-account-key.pem'])('%s alone', async (name) => {
    const store = await newStore();
    await ensureAuthorities(store, inventory, { now });
    await rm(store.path(name));
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now }))).toBe('PKI_HALF_PAIR');
    expect(await store.has(name)).toBe(false);
  });

  test('a whole pair, or the encryption key', async () => {
    const store = await newStore();
    await ensureAuthorities(store, inventory, { now });
    await rm(store.path('etcd-ca.pem'));
    await rm(store.path('etcd-ca-key.pem'));
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now }))).toBe('PKI_LOST');
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now, dryRun: true }))).toBe('PKI_LOST');
    const other = await newStore();
    await ensureAuthorities(other, inventory, { now });
    await rm(other.path('encryption.key'));
    expect(await codeOf(() => ensureAuthorities(other, inventory, { now }))).toBe('PKI_LOST');
  });

  test('the id of a cluster that has certificates', async () => {
    const store = await newStore();
    await ensureLeaves(store, inventory, { now });
    await rm(store.path('cluster-id'));
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now }))).toBe('PKI_LOST');
  });
});

describe('refused are', () => {
  test('lifetimes made longer than an authority that is there', async () => {
    const store = await newStore();
    await ensureAuthorities(store, inventory, { now });
    const longer = sampleInventory(undefined, { lifetimes: { caHours: 200_000, leafHours: 8760, nodeHours: 100_000 } });
    expect(await codeOf(() => ensureAuthorities(store, longer, { now }))).toBe('PKI_LIFETIME');
  });

  test('pairs that do not belong together', async () => {
    const [store, other] = [await newStore(), await newStore()];
    await ensureAuthorities(store, inventory, { now });
    const foreign = await ensureAuthorities(other, inventory, { now });
    await store.write([{ name: 'etcd-ca-key.pem', text: foreign.ca['etcd-ca'].keyPem ?? '' }]);
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now }))).toBe('PKI_CA');
    await other.write([{ name: 'service-account.pub', text: 'x' }]);
    expect(await codeOf(() => ensureAuthorities(other, inventory, { now }))).toBe('PKI_KEY');
  });

  test('an encryption key of another length', async () => {
    const store = await newStore();
    await ensureAuthorities(store, inventory, { now });
    await writeFile(store.path('encryption.key'), `${Buffer.alloc(16).toString('base64')}\n`);
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now }))).toBe('PKI_KEY');
  });

  test('an authority that has ended', async () => {
    const store = await newStore();
    await ensureAuthorities(store, inventory, { now });
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now: days(3651) }))).toBe('PKI_CA_EXPIRED');
  });

  test.each([
    { caHours: 8760, leafHours: 8761, nodeHours: 8760 },
    { caHours: 8760, leafHours: 8760, nodeHours: 87_600 },
  ])('lifetimes longer than the authority: %j', async (lifetimes) => {
    const store = await newStore();
    const longer = sampleInventory(undefined, { lifetimes });
    expect(await codeOf(() => ensureAuthorities(store, longer, { now }))).toBe('PKI_LIFETIME');
    expect(await store.has('kubernetes-ca.pem')).toBe(false);
  });
});
