import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostRows, rotationsOf, storeRows } from '../../../../src/cli/certs/rows.ts';
import type { FoundPlace } from '../../../../src/cli/certs/read-hosts.ts';
import {
  importAuthority,
  keptThings,
  leafOf,
  openClusterPki,
  openStore,
  startRotation,
} from '../../../../src/pki/index.ts';
import { hostOf } from '../../components/fixture.ts';
import { below, root } from '../../pki/elsewhere.ts';
import { sampleInventory, temporaryFolder } from '../../pki/fixture.ts';

const inventory = sampleInventory();
const made = async () => openClusterPki(join(await temporaryFolder(), 'pki'), inventory);
const found = (place: Partial<FoundPlace>) =>
  hostRows(
    new Map([
      [
        hostOf(inventory, 'm1'),
        [{ name: 'kube-apiserver', path: '/p.crt', pem: '', served: undefined, use: 'yes' as const, ...place }],
      ],
    ]),
  );

describe('certificates of the store', () => {
  test('are the authorities and what stays on the controller', async () => {
    const rows = storeRows(await made());
    expect(rows.map(({ name, where, use }) => `${name} ${where} ${use}`)).toEqual([
      'kubernetes-ca controller in use',
      'etcd-ca controller in use',
      'front-proxy-ca controller in use',
      'etcd-healthcheck-client controller in use',
      'admin controller in use',
    ]);
    expect(rows[0]).toMatchObject({ issuer: 'kubernetes-ca', daysLeft: 3649 });
  });

  test('near its end is told of as it is, not as the next one will be', async () => {
    const dir = join(await temporaryFolder(), 'pki');
    const { leaves } = await openClusterPki(dir, inventory);
    const { notAfter } = leafOf(leaves, 'admin');
    const now = new Date(notAfter.getTime() - 86_400_000);
    const later = storeRows(await openClusterPki(dir, inventory, { dryRun: true, now }));
    expect(later.find(({ name }) => name === 'admin')?.notAfter).toBe(notAfter.toISOString());
  });

  test('have the authorities above one that was brought', async () => {
    const store = await openStore(join(await temporaryFolder(), 'pki'));
    const [at, now] = [new Date(), new Date()];
    const top = await root({ name: 'company root', at });
    const { certPem, keyPem } = await below(top, { name: 'company kubernetes', at });
    const files = { cert: certPem, key: keyPem, chain: top.certPem };
    const source = (name: keyof typeof files) => ({ name, text: files[name] });
    const brought = { cert: source('cert'), key: source('key'), chain: source('chain') };
    await importAuthority(store, 'kubernetes-ca', brought, { inventory, now });
    const pki = await openClusterPki(store.dir, inventory);
    const rows = storeRows(pki).map(({ name, subject, issuer }) => `${name}: ${subject} by ${issuer}`);
    expect(rows.slice(0, 2)).toEqual([
      'kubernetes-ca: company kubernetes by company root',
      'kubernetes-ca: company root by company root',
    ]);
    expect(rows.at(-1)).toBe('admin: kubernetes-admin by company kubernetes');
    // What a host serves behind its leaf is no certificate of its own.
    const leaf = leafOf(pki.leaves, 'kube-apiserver', 'm1').certPem;
    expect(found({ pem: leaf, served: leaf })).toMatchObject([{ subject: 'kube-apiserver', use: 'in use' }]);
  });

  test('are none before the first apply', async () => {
    const dir = join(await temporaryFolder(), 'pki');
    expect(storeRows(await openClusterPki(dir, inventory, { dryRun: true }))).toEqual([]);
  });

  test('say what is being exchanged', async () => {
    const dir = join(await temporaryFolder(), 'pki');
    await openClusterPki(dir, inventory);
    await startRotation(await openStore(dir), (await keptThings(inventory))['etcd-ca']);
    expect(rotationsOf(await openClusterPki(dir, inventory))).toEqual({ 'etcd-ca': 'trust' });
  });
});

describe('a certificate of a host', () => {
  test('is in use where it is what is served, else it is on disk only, beside the one that is served', async () => {
    const { leaves } = await made();
    const [one, other] = [leafOf(leaves, 'kube-apiserver', 'm1'), leafOf(leaves, 'kube-apiserver', 'm2')];
    expect(found({ pem: one.certPem, served: one.certPem })).toMatchObject([
      { name: 'kube-apiserver', where: 'm1', path: '/p.crt', issuer: 'kubernetes-ca', use: 'in use', daysLeft: 364 },
    ]);
    const rows = found({ pem: one.certPem, served: other.certPem });
    expect(rows.map(({ use, serial }) => [use, serial])).toEqual([
      ['on disk only', expect.any(String)],
      ['served, not on disk', expect.any(String)],
    ]);
    expect(rows[0]?.names).toContain('10.0.0.1');
  });

  test.each([
    ['yes', 'in use'],
    ['no', 'on disk only'],
    ['unknown', 'unknown'],
  ] as const)('that nothing serves is told by its unit: %s', async (use, told) => {
    const { certPem: pem } = leafOf((await made()).leaves, 'kube-scheduler', 'm1');
    expect(found({ name: 'kube-scheduler', pem, use })).toMatchObject([{ use: told, names: [] }]);
  });

  test('is none where the file is not there, and each of a bundle', async () => {
    expect(found({})).toEqual([]);
    const { ca } = (await made()).authorities;
    expect(found({ pem: ca['etcd-ca'].certPem + ca['front-proxy-ca'].certPem }).map(({ subject }) => subject)).toEqual([
      'etcd-ca',
      'front-proxy-ca',
    ]);
  });
});
