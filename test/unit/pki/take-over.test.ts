import { X509Certificate } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { generateKey, privateKeyPem } from '../../../src/pki/keys.ts';
import { ensureAuthorities, kubeconfig, leafOf, openClusterPki, takeOver } from '../../../src/pki/index.ts';
import { type Made, root, signed, type Wish } from './elsewhere.ts';
import { codeOf, days, now } from './fixture.ts';
import { apiserverNames, both, client, type Files, filesFor, inventory, open, rsa, server } from './layout-files.ts';

/** What `kubeadm init` writes on m1. */
async function kubeadm() {
  const files = await filesFor('kubeadm');
  const [ca, etcd, proxy] = await Promise.all([
    root({ name: 'kubernetes', key: rsa }),
    root({ name: 'etcd-ca', key: rsa }),
    root({ name: 'front-proxy-ca', key: rsa }),
  ]);
  const member = ['m1', 'localhost', '10.0.0.1', '127.0.0.1', '::1'];
  const leaf = async (path: string, issuer: Made, wish: Wish): Promise<void> =>
    files.put(path, await signed(issuer, { key: rsa, days: 364, ...wish }));
  await files.put('ca', ca);
  await files.put('etcd/ca', etcd);
  await files.put('front-proxy-ca', proxy);
  await leaf('apiserver', ca, {
    name: 'kube-apiserver',
    usages: server,
    hosts: [...new Set(apiserverNames), 'm1.lan'],
  });
  await leaf('apiserver-kubelet-client', ca, {
    ...{ name: 'kube-apiserver-kubelet-client', organization: ['kubeadm:cluster-admins'], usages: client },
  });
  await leaf('apiserver-etcd-client', etcd, { name: 'kube-apiserver-etcd-client', usages: client });
  await leaf('front-proxy-client', proxy, { name: 'front-proxy-client', usages: client });
  await leaf('etcd/server', etcd, { name: 'm1', usages: both, hosts: member });
  await leaf('etcd/peer', etcd, { name: 'm1', usages: both, hosts: member });
  await leaf('etcd/healthcheck-client', etcd, { name: 'kube-etcd-healthcheck-client', usages: client });
  const account = privateKeyPem(await generateKey(rsa));
  await files.write('sa.key', account);
  return { files, ca, account };
}

describe('what kubeadm made', () => {
  test('is taken over and not made anew; what does not do is named, with the reason', async () => {
    const { files, ca, account } = await kubeadm();
    const store = await open();
    const source = { dir: files.dir, layout: 'kubeadm', host: 'm1' } as const;
    const { kept, leaves, anew } = await takeOver(store, source, { inventory, now });
    expect(kept).toEqual(['kubernetes-ca', 'etcd-ca', 'front-proxy-ca', 'service-account']);
    expect(leaves.map(({ what, from }) => `${what}: ${from.slice(files.dir.length + 1)}`)).toEqual([
      'etcd-server of m1: etcd/server.crt',
      'etcd-peer of m1: etcd/peer.crt',
      'etcd-healthcheck-client: etcd/healthcheck-client.crt',
      'apiserver-etcd-client of m1: apiserver-etcd-client.crt',
      'kube-apiserver of m1: apiserver.crt',
      'front-proxy-client of m1: front-proxy-client.crt',
    ]);
    expect(anew.map(({ what }) => what)).toEqual([
      'encryption-key',
      'apiserver-kubelet-client of m1',
      'kube-controller-manager of m1',
      'kube-scheduler of m1',
      'csr-approver of m1',
      'kube-proxy of m1',
      'flannel of m1',
      'admin',
    ]);
    expect(anew[1]?.why).toMatch(
      /apiserver-kubelet-client\.crt: its subject is CN=.*O=kubeadm:cluster-admins, not CN=/,
    );
    const pki = await openClusterPki(store.dir, inventory, { now });
    expect(pki.authorities.ca['kubernetes-ca'].certPem).toBe(ca.certPem);
    expect(pki.authorities.serviceAccount.keyPem).toBe(account);
    const serial = async (name: string) => new X509Certificate(await readFile(join(files.dir, name))).serialNumber;
    const stored = (name: Parameters<typeof leafOf>[1]) =>
      new X509Certificate(leafOf(pki.leaves, name, 'm1').certPem).serialNumber;
    expect(stored('kube-apiserver')).toBe(await serial('apiserver.crt'));
    expect(stored('etcd-server')).toBe(await serial('etcd/server.crt'));
    const again = await openClusterPki(store.dir, inventory, { now: days(100) });
    expect(again.leaves.filter(({ issued }) => issued !== undefined)).toEqual([]);
  });

  test('in its kubeconfigs is taken over too, from the folder above', async () => {
    const files = await filesFor('kubeadm');
    const ca = await root({ name: 'kubernetes' });
    await files.put('pki/ca', ca);
    const conf = async (name: string, wish: Wish): Promise<void> => {
      const { certPem, keyPem } = await signed(ca, { usages: client, days: 364, ...wish });
      const credentials = { certPem, keyPem };
      await files.write(`${name}.conf`, kubeconfig({ cluster: 'c', server: 'https://m1', user: 'u', credentials }));
    };
    await conf('controller-manager', { name: 'system:kube-controller-manager' });
    await conf('scheduler', { name: 'system:kube-scheduler', usages: server });
    await conf('admin', { name: 'kubernetes-admin', organization: ['kubeadm:cluster-admins'] });
    const store = await open();
    const source = { dir: files.dir, layout: 'kubeadm', host: 'm1' } as const;
    const { kept, leaves, anew } = await takeOver(store, source, { inventory, now });
    expect(kept).toEqual(['kubernetes-ca']);
    expect(leaves).toEqual([
      { what: 'kube-controller-manager of m1', from: join(files.dir, 'controller-manager.conf') },
    ]);
    const why = (what: string): string => anew.find((one) => one.what === what)?.why ?? '';
    expect(why('kube-scheduler of m1')).toMatch(/scheduler\.conf: its usages are/);
    expect(why('admin')).toMatch(/admin\.conf: its subject is CN=kubernetes-admin, O=kubeadm:cluster-admins, not/);
    await chmod(join(files.dir, 'admin.conf'), 0o644);
    await expect(takeOver(store, source, { inventory, now })).rejects.toMatchObject({
      why: expect.stringMatching(/admin\.conf is open to other users/) as string,
    });
  });

  test('is taken over folder by folder: what one lacks is named, and made by the next apply alone', async () => {
    const [ca, etcd] = await Promise.all([root({ name: 'kubernetes' }), root({ name: 'etcd-ca' })]);
    const [member, master] = await Promise.all([filesFor('kubeadm'), filesFor('kubeadm')]);
    await member.put('etcd/ca', etcd);
    const names = ['m1', 'localhost', '10.0.0.1', '127.0.0.1', '::1'];
    await member.put('etcd/peer', await signed(etcd, { name: 'm1', usages: both, hosts: names, days: 364 }));
    await master.put('ca', ca);
    const account = privateKeyPem(await generateKey(rsa));
    await master.write('sa.key', account);
    const store = await open();
    const take = async ({ dir }: Files) => takeOver(store, { dir, layout: 'kubeadm', host: 'm1' }, { inventory, now });
    const first = await take(member);
    expect(first.leaves.map(({ what }) => what)).toContain('etcd-peer of m1');
    expect(first.anew.slice(0, 4)).toEqual(
      ['kubernetes-ca', 'front-proxy-ca', 'service-account', 'encryption-key'].map((what) => ({
        ...{ what, why: 'it is not there' },
      })),
    );
    expect((await take(master)).kept).toEqual(['kubernetes-ca', 'service-account']);
    expect(await store.has('cluster-id')).toBe(false);
    const { authorities, leaves } = await openClusterPki(store.dir, inventory, { now });
    expect([authorities.ca['kubernetes-ca'].certPem, authorities.ca['etcd-ca'].certPem]).toEqual([
      ca.certPem,
      etcd.certPem,
    ]);
    expect(authorities.serviceAccount.keyPem).toBe(account);
    expect(leafOf(leaves, 'etcd-peer', 'm1').issued).toBeUndefined();
    await store.remove(['cluster-id']);
    expect(await codeOf(() => ensureAuthorities(store, inventory, { now }))).toBe('PKI_LOST');
  });

  test('is renewed as k8sup’s own when its end is near', async () => {
    const { files } = await kubeadm();
    const store = await open();
    await takeOver(store, { dir: files.dir, layout: 'kubeadm', host: undefined }, { inventory, now });
    await openClusterPki(store.dir, inventory, { now });
    const { leaves } = await openClusterPki(store.dir, inventory, { now: days(300) });
    const server = leafOf(leaves, 'etcd-server', 'm1');
    expect(server.issued).toBe('expiring');
    expect(new X509Certificate(server.certPem).subject).toBe('CN=etcd-server');
  });

  test('without the key of etcd’s authority (external CA mode) waits for signatures; without that of Kubernetes it is refused', async () => {
    const files = await filesFor('kubeadm');
    const [ca, etcd] = await Promise.all([root({ name: 'kubernetes' }), root({ name: 'etcd-ca' })]);
    await files.put('ca', ca);
    await files.write('etcd/ca.crt', etcd.certPem, 0o644);
    const store = await open();
    const source = { dir: files.dir, layout: 'kubeadm', host: undefined } as const;
    await expect(takeOver(store, source, { inventory, now })).rejects.toMatchObject({
      code: 'PKI_IMPORT',
      why: expect.stringMatching(/etcd-ca: its key is not beside .*etcd\/ca\.crt/) as string,
    });
    expect(await store.has('kubernetes-ca.pem')).toBe(false);
    await takeOver(store, source, { inventory, now, offline: true });
    expect(await codeOf(() => openClusterPki(store.dir, inventory, { now }))).toBe('PKI_REQUESTS');
    await files.write('etcd/ca.key', (await root({ name: 'x' })).keyPem);
    await expect(takeOver(store, source, { inventory, now })).rejects.toMatchObject({
      why: expect.stringMatching(/is not the key of/) as string,
    });
    await files.write('etcd/ca.key', etcd.keyPem);
    expect((await takeOver(store, source, { inventory, now })).kept).toEqual(['etcd-ca']);
    expect((await openClusterPki(store.dir, inventory, { now })).authorities.ca['etcd-ca'].keyPem).toBe(etcd.keyPem);
    const without = await filesFor('kubeadm');
    await without.write('ca.crt', ca.certPem, 0o644);
    const take = async () =>
      takeOver(await open(), { dir: without.dir, layout: 'kubeadm', host: undefined }, { inventory, now });
    expect(await codeOf(take)).toBe('PKI_OFFLINE');
  });
});
