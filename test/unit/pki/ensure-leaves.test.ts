import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { Inventory } from '../../../src/inventory/model.ts';
import { decodeName } from '../../../src/pki/der/name.ts';
import { decode, members } from '../../../src/pki/der/read.ts';
import { bits, encode, oid, sequence, setOf, utf8 } from '../../../src/pki/der/write.ts';
import { toPem } from '../../../src/pki/pem.ts';
import { algorithmFor, signBytes } from '../../../src/pki/signature.ts';
import { type EnsureOptions, type Leaf, leafOf, openClusterPki } from '../../../src/pki/index.ts';
import {
  codeOf,
  days,
  filesWithKeys,
  hasOpenssl,
  now,
  openssl,
  opensslVerify,
  packageFiles,
  sampleInventory,
  temporaryFolder,
  threeHosts,
} from './fixture.ts';

const inventory = sampleInventory();

/** A store of its own, and a way to run on it again. */
async function cluster() {
  const dir = join(await temporaryFolder(), 'pki');
  const ensure = (options: EnsureOptions = {}, of: Inventory = inventory) =>
    openClusterPki(dir, of, { now, ...options });
  return { dir, ensure };
}

const changedIds = (leaves: readonly Leaf[]) =>
  leaves
    .filter(({ issued }) => issued !== undefined)
    .map(({ host, name, issued }) => `${host ?? ''}/${name}: ${issued ?? ''}`);

async function snapshot(dir: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)));
}

/** The same certificate with its subject in UTF8String, signed again. */
async function inUtf8(pem: string, key: KeyObject): Promise<string> {
  const [tbs, algorithm] = members(decode(new X509Certificate(pem).raw), 'sequence', 'a certificate');
  const fields = [...members(tbs, 'sequence', 'a certificate')];
  const texts = decodeName(fields[5]).map(({ oid: id, value }) => setOf(sequence(oid(id), utf8(value))));
  fields[5] = sequence(...texts);
  const changed = sequence(...fields);
  const signature = await signBytes(algorithmFor(key), encode(changed), key);
  if (algorithm === undefined) throw new Error('there is no algorithm');
  return toPem('CERTIFICATE', encode(sequence(changed, algorithm, bits(signature))));
}

describe.each([
  { algo: 'ecdsa', size: 256 },
  { algo: 'ecdsa', size: 384 },
  { algo: 'rsa', size: 2048 },
])('leaves with keys of $algo $size', (key) => {
  test('are signed by their own authority alone, with their key and usages', async () => {
    const { ensure } = await cluster();
    const { authorities, leaves } = await ensure({ files: await filesWithKeys(key) });
    const [server, client] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
    const usages = { server: [server], client: [client], peer: [server, client] };
    for (const leaf of leaves) {
      const x509 = new X509Certificate(leaf.certPem);
      const signers = Object.values(authorities.ca).filter((ca) => x509.verify(ca.certificate.publicKey));
      expect(signers.map((ca) => ca.name)).toEqual([leaf.kind.ca]);
      expect(x509.checkPrivateKey(createPrivateKey(leaf.keyPem))).toBe(true);
      expect(x509.keyUsage).toEqual(usages[leaf.kind.profile]);
      if (hasOpenssl) expect(await opensslVerify(leaf.certPem, authorities.ca[leaf.kind.ca].certPem)).toMatch(/: OK$/);
    }
    expect(new Set(leaves.map(({ keyPem }) => keyPem)).size).toBe(leaves.length);
  });
});

test.skipIf(!hasOpenssl)('openssl refuses a leaf under the authority of another part', async () => {
  const { authorities, leaves } = await (await cluster()).ensure();
  const certPem = leafOf(leaves, 'etcd-server', 'm1').certPem;
  expect(await opensslVerify(certPem, authorities.ca['kubernetes-ca'].certPem)).toContain('verification failed');
  expect(openssl(['x509', '-noout', '-ext', 'extendedKeyUsage'], certPem)).toContain(
    'TLS Web Server Authentication, TLS Web Client Authentication',
  );
});

describe('a second run', () => {
  test('changes no byte', async () => {
    const { dir, ensure } = await cluster();
    const first = await ensure();
    const before = await snapshot(dir);
    const second = await ensure({ now: days(270) });
    expect(await snapshot(dir)).toEqual(before);
    expect(changedIds(second.leaves)).toEqual([]);
    expect(second.leaves.map(({ certPem }) => certPem)).toEqual(first.leaves.map(({ certPem }) => certPem));
    expect(second.leaves.every((leaf) => before.get(leaf.certPath) === leaf.certPem)).toBe(true);
    expect(second.adminKubeconfig()).toBe(first.adminKubeconfig());
  });

  test('keeps what has the same subject in text of another type, as cfssl or an earlier k8sup wrote it', async () => {
    const { dir, ensure } = await cluster();
    const { authorities } = await ensure();
    const path = join(dir, 'admin.pem');
    const pem = await inUtf8(await readFile(path, 'utf8'), authorities.ca['kubernetes-ca'].key);
    await writeFile(path, pem);
    const { leaves } = await ensure();
    expect(changedIds(leaves)).toEqual([]);
    expect(leafOf(leaves, 'admin').certPem).toBe(pem);
  });

  test('with another name of the apiserver issues the apiservers alone', async () => {
    const { ensure } = await cluster();
    await ensure();
    const more = sampleInventory(undefined, { apiserverExtraSANs: ['more.example.org'] });
    const { leaves } = await ensure({}, more);
    expect(changedIds(leaves)).toEqual(['m1/kube-apiserver: names', 'm2/kube-apiserver: names']);
    const { subjectAltName } = new X509Certificate(leafOf(leaves, 'kube-apiserver', 'm1').certPem);
    expect(subjectAltName).toContain('DNS:more.example.org');
    expect(changedIds((await ensure({}, more)).leaves)).toEqual([]);
  });

  test('with another host issues its leaves alone', async () => {
    const { ensure } = await cluster();
    await ensure();
    const host = { name: 'n2', address: '10.0.0.4', roles: ['node'] };
    const { leaves } = await ensure({}, sampleInventory([...threeHosts, host]));
    expect(changedIds(leaves)).toEqual(['n2/kube-proxy: missing', 'n2/flannel: missing']);
  });

  test('with another address of a member issues what names it', async () => {
    const { ensure } = await cluster();
    await ensure();
    const [first, ...rest] = threeHosts;
    const moved = sampleInventory([{ name: 'm1', roles: first?.roles ?? [], address: '10.0.0.100' }, ...rest]);
    expect(changedIds((await ensure({}, moved)).leaves)).toEqual(
      ['m1/etcd-server', 'm1/etcd-peer', 'm1/kube-apiserver', 'm2/kube-apiserver'].map((id) => `${id}: names`),
    );
  });

  test('with other subjects, usages or kinds of key issues those leaves', async () => {
    const { ensure } = await cluster();
    await ensure();
    const files = await filesWithKeys({ algo: 'ecdsa', size: 256 });
    const write = (name: string, value: unknown) => writeFile(join(files, name), JSON.stringify(value));
    const key = { algo: 'ecdsa', size: 256 };
    await write('admin-csr.json', { CN: 'kubernetes-admin', key, names: [{ O: 'others' }] });
    await write('flannel-csr.json', {
      CN: 'system:k8sup:flannel',
      key: { algo: 'ecdsa', size: 384 },
      names: [{ O: 'system:k8sup:flannel' }],
    });
    const config = await readFile(join(packageFiles, 'ca-config.json'), 'utf8');
    await writeFile(
      join(files, 'ca-config.json'),
      config.replace(/"signing",(\s*)"server auth"(\s*)\]/, '"server auth"]'),
    );
    expect(changedIds((await ensure({ files })).leaves)).toEqual([
      'm1/kube-apiserver: usages',
      'm2/kube-apiserver: usages',
      'm1/flannel: key',
      'm2/flannel: key',
      'n1/flannel: key',
      '/admin: subject',
    ]);
  });

  test('repairs leaves that are damaged, half lost, mixed up, or of another authority', async () => {
    const [one, other] = [await cluster(), await cluster()];
    const { leaves } = await one.ensure();
    const foreign = (await other.ensure()).leaves;
    const admin = leafOf(leaves, 'admin');
    await writeFile(leafOf(leaves, 'kube-proxy', 'n1').certPath, 'rubbish');
    await rm(leafOf(leaves, 'etcd-peer', 'm1').keyPath);
    await writeFile(admin.keyPath, leafOf(leaves, 'kube-scheduler', 'm1').keyPem);
    const scheduler = leafOf(foreign, 'kube-scheduler', 'm2');
    const here = leafOf(leaves, 'kube-scheduler', 'm2');
    await writeFile(here.certPath, scheduler.certPem);
    await writeFile(here.keyPath, scheduler.keyPem);
    expect(changedIds((await one.ensure()).leaves)).toEqual([
      'm1/etcd-peer: missing',
      'm2/kube-scheduler: authority',
      'n1/kube-proxy: unreadable',
      '/admin: key',
    ]);
    expect(changedIds((await one.ensure()).leaves)).toEqual([]);
  });
});

describe('a dry run', () => {
  test('writes nothing, and marks what an apply would make', async () => {
    const { dir, ensure } = await cluster();
    const { leaves } = await ensure({ dryRun: true });
    expect(await readdir(join(dir, '..'))).toEqual([]);
    expect(leaves.every(({ pending }) => pending)).toBe(true);
  });

  test('of a changed inventory marks the changed leaves alone', async () => {
    const { dir, ensure } = await cluster();
    await ensure();
    const before = await snapshot(dir);
    const more = sampleInventory(undefined, { apiserverExtraSANs: ['more.example.org'] });
    const { authorities, leaves } = await ensure({ dryRun: true }, more);
    expect(leaves.filter(({ pending }) => pending).map(({ name }) => name)).toEqual([
      'kube-apiserver',
      'kube-apiserver',
    ]);
    expect(authorities.pending).toBe(false);
    expect(await snapshot(dir)).toEqual(before);
  });
});

describe('the life of a leaf', () => {
  const lifetimes = (caHours: number, leafHours: number) =>
    sampleInventory(undefined, { lifetimes: { caHours, leafHours, nodeHours: leafHours } });

  test('is as long as asked', async () => {
    const { leaves } = await (await cluster()).ensure({}, lifetimes(87_600, 87_500));
    expect(leaves.every(({ notAfter }) => notAfter.getTime() === now.getTime() + 87_500 * 3_600_000 - 300_000)).toBe(
      true,
    );
  });

  test('is renewed with less than 90 days left', async () => {
    const { ensure } = await cluster();
    await ensure();
    expect(changedIds((await ensure({ now: days(274) })).leaves)).toEqual([]);
    const { leaves } = await ensure({ now: days(276) });
    expect(leaves.every(({ issued }) => issued === 'expiring')).toBe(true);
    expect(changedIds((await ensure({ now: days(276) })).leaves)).toEqual([]);
  });

  test('is not renewed at each run where it is short', async () => {
    const { ensure } = await cluster();
    const short = lifetimes(87_600, 24 * 9);
    await ensure({}, short);
    expect(changedIds((await ensure({ now: days(5) }, short)).leaves)).toEqual([]);
    expect((await ensure({ now: days(7) }, short)).leaves.every(({ issued }) => issued === 'expiring')).toBe(true);
  });

  test('ends with its authority, and is then not renewed in vain', async () => {
    const { ensure } = await cluster();
    const short = lifetimes(24 * 400, 24 * 365);
    await ensure({}, short);
    const { authorities, leaves } = await ensure({ now: days(340) }, short);
    expect(
      leaves.every(({ notAfter }) => notAfter.getTime() === authorities.ca['etcd-ca'].certificate.notAfter.getTime()),
    ).toBe(true);
    expect(changedIds((await ensure({ now: days(395) }, short)).leaves)).toEqual([]);
  });

  test('longer than its authority is an error', async () => {
    expect(await codeOf(async () => (await cluster()).ensure({}, lifetimes(100, 200)))).toBe('PKI_LIFETIME');
  });
});

test('a name that no certificate can carry is an error', async () => {
  const bad = sampleInventory(undefined, { apiserverExtraSANs: ['not a name'] });
  expect(await codeOf(async () => (await cluster()).ensure({}, bad))).toBe('PKI_HOST');
});

test('leaves are found by name and host, shared ones on every host', async () => {
  const { leaves } = await (await cluster()).ensure();
  expect(leafOf(leaves, 'kube-proxy', 'n1').certPath).toMatch(/\/hosts\/n1\/kube-proxy\.pem$/);
  expect(leafOf(leaves, 'etcd-healthcheck-client', 'm2')).toBe(leafOf(leaves, 'etcd-healthcheck-client'));
  expect(() => leafOf(leaves, 'kube-apiserver', 'n1')).toThrow('no certificate kube-apiserver for n1');
});
