import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { generateKey, privateKeyPem } from '../../../src/pki/keys.ts';
import { leafOf, openClusterPki, takeOver } from '../../../src/pki/index.ts';
import { below, root, signed, type Wish } from './elsewhere.ts';
import { codeOf, days, now, sampleInventory } from './fixture.ts';
import { apiserverNames, both, client, filesFor, inventory, open, rsa } from './layout-files.ts';

describe('what cfssl made', () => {
  const cfssl = async () => {
    const files = await filesFor('cfssl');
    const ca = await root({ name: 'Kubernetes' });
    await files.put('ca', ca);
    const leaf = async (name: string, wish: Wish): Promise<void> =>
      files.put(name, await signed(ca, { days: 364, ...wish }));
    await leaf('kubernetes', { name: 'kubernetes', organization: ['k8s'], usages: both, hosts: apiserverNames });
    await leaf('admin', { name: 'kubernetes-admin', organization: ['system:masters'], usages: both });
    await leaf('etcd', { name: 'etcd', usages: both, hosts: ['10.0.0.1'] });
    await leaf('kube-scheduler', {
      name: 'system:kube-scheduler',
      organization: ['system:kube-scheduler'],
      usages: both,
    });
    await leaf('kube-proxy', { name: 'system:kube-proxy', usages: both });
    return { files, ca };
  };
  const take = async (dir: string, store: Awaited<ReturnType<typeof open>>) =>
    takeOver(store, { dir, layout: 'cfssl', host: undefined }, { inventory, now });

  test('is taken over by what is in it: one pair for all masters, and for all nodes', async () => {
    const { files } = await cfssl();
    const store = await open();
    const { kept, leaves, anew } = await take(files.dir, store);
    expect(kept).toEqual(['kubernetes-ca']);
    expect(leaves.map(({ what }) => what)).toEqual([
      'kube-apiserver of m1',
      'kube-apiserver of m2',
      'kube-proxy of m1',
      'kube-proxy of m2',
      'kube-proxy of n1',
      'admin',
    ]);
    const why = (what: string): string => anew.find((one) => one.what === what)?.why ?? '';
    expect(why('etcd-server of m1')).toMatch(/etcd\.pem: etcd-ca did not sign it, but Kubernetes/);
    expect(why('kube-scheduler of m1')).toMatch(
      /its subject is CN=system:kube-scheduler, O=system:kube-scheduler, not/,
    );
    expect(why('front-proxy-client of m1')).toBe('no file there is for it');
    const pki = await openClusterPki(store.dir, inventory, { now });
    expect(leafOf(pki.leaves, 'kube-apiserver', 'm2').certPem).toBe(
      await readFile(join(files.dir, 'kubernetes.pem'), 'utf8'),
    );
  });

  test('is judged again when the cluster needs more than it has', async () => {
    const { files } = await cfssl();
    const store = await open();
    await take(files.dir, store);
    await openClusterPki(store.dir, inventory, { now });
    const more = sampleInventory(undefined, { apiserverExtraSANs: ['more.example.org'] });
    const { leaves } = await openClusterPki(store.dir, more, { now });
    expect(
      leaves.filter(({ issued }) => issued !== undefined).map(({ name, issued }) => `${name} ${issued ?? ''}`),
    ).toEqual(['kube-apiserver names', 'kube-apiserver names']);
  });

  test('is not taken where a name, a usage or the time is missing, or it is an authority', async () => {
    const { files, ca } = await cfssl();
    const put = async (wish: Wish): Promise<string> => {
      await files.put('kubernetes', await signed(ca, { days: 364, ...wish }));
      const { anew } = await take(files.dir, await open());
      return anew.find(({ what }) => what === 'kube-apiserver of m1')?.why ?? '';
    };
    const right = { name: 'kubernetes', usages: both, hosts: apiserverNames };
    expect(await put({ ...right, hosts: apiserverNames.filter((name) => name !== '10.0.0.2') })).toMatch(
      /lacks the names 10\.0\.0\.2$/,
    );
    expect(await put({ ...right, usages: client })).toMatch(/its usages are/);
    expect(await put({ ...right, at: days(-300), days: 330 })).toMatch(/it ends 2030/);
    expect(await put({ ...right, name: 'Kubernetes' })).toMatch(/its subject is that of kubernetes-ca itself/);
    expect(await put({ ...right, ca: {} })).toMatch(/it is an authority/);
    expect(await put({ ...right, usages: [...both, 'code signing'] })).toMatch(/its usages are/);
    expect(await put({ ...right, usages: [...both, 'cert sign'] })).toMatch(/its usages are/);
  });

  test('can be taken over again, and into a cluster that has the same authority, but not over another one', async () => {
    const { files, ca } = await cfssl();
    const store = await open();
    await take(files.dir, store);
    await openClusterPki(store.dir, inventory, { now });
    expect((await take(files.dir, store)).leaves).toEqual([]);
    await files.put('ca', await root({ name: 'Kubernetes' }));
    await expect(take(files.dir, store)).rejects.toMatchObject({
      code: 'PKI_IMPORT',
      why: expect.stringMatching(/another kubernetes-ca already/) as string,
    });
    expect(await readFile(store.path('kubernetes-ca.pem'), 'utf8')).toBe(ca.certPem);
  });

  test('does not overwrite half of a pair, whichever is left', async () => {
    const { files } = await cfssl();
    const account = privateKeyPem(await generateKey(rsa));
    const other = await root({ name: 'x', key: rsa });
    await files.write('sa-key.pem', account);
    for (const name of ['service-account', 'kubernetes-ca']) {
      const store = await open();
      await store.write([{ name: `${name}-key.pem`, text: other.keyPem }]);
      await expect(take(files.dir, store)).rejects.toMatchObject({
        code: 'PKI_IMPORT',
        why: expect.stringContaining(`another ${name} already`) as string,
      });
      expect(await store.read(`${name}-key.pem`)).toBe(other.keyPem);
    }
    const store = await open();
    await store.write([{ name: 'service-account-key.pem', text: account }]);
    expect((await take(files.dir, store)).kept).toContain('service-account');
    const { authorities } = await openClusterPki(store.dir, inventory, { now });
    expect(authorities.serviceAccount.keyPem).toBe(account);
    await store.remove(['service-account.pub', 'service-account-key.pem']);
    await files.write('sa-key.pem', other.keyPem);
    expect(await codeOf(() => take(files.dir, store))).toBe('PKI_IMPORT');
    expect(await store.has('service-account-key.pem')).toBe(false);
  });

  test('is refused with everything that is wrong at once, and nothing is written', async () => {
    const files = await filesFor('cfssl');
    const top = await root({ name: 'top' });
    await files.put('ca', await below(top, { name: 'middle' }));
    await files.put('etcd-ca', await root({ name: 'etcd', days: 30 }));
    await files.write('etcd-ca-key.pem', (await root({ name: 'x' })).keyPem);
    await chmod(join(files.dir, 'etcd-ca-key.pem'), 0o644);
    const store = await open();
    const error: unknown = await take(files.dir, store).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(K8supError);
    expect((error as K8supError).why?.split('\n')).toEqual([
      expect.stringMatching(/etcd-ca-key\.pem is open to other users/),
      expect.stringMatching(/kubernetes-ca: "middle" was signed by "top"/),
      expect.stringMatching(/etcd-ca: "etcd" ends/),
      expect.stringMatching(/etcd-ca: .*etcd-ca-key\.pem is not the key of/),
    ]);
    expect(await store.has('kubernetes-ca.pem')).toBe(false);
  });

  test('with one authority for Kubernetes and etcd under two names is refused', async () => {
    const files = await filesFor('cfssl');
    const ca = await root({ name: 'one' });
    await files.put('ca', ca);
    await files.put('etcd-ca', ca);
    await expect(take(files.dir, await open())).rejects.toMatchObject({
      why: expect.stringMatching(/the same key as kubernetes-ca/) as string,
    });
  });
});
