import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadInventory } from '../../../../src/inventory/load.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { openClusterPki } from '../../../../src/pki/index.ts';
import { temporaryFolder } from '../../pki/fixture.ts';
import { below, type Made, root, signed } from '../../pki/elsewhere.ts';
import { cli } from '../io.ts';

let folder: string;
let inventory: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  inventory = join(folder, 'inventory.yaml');
  const host = { name: 'm1', address: '10.0.0.1', roles: ['etcd', 'master', 'node'] };
  writeFileSync(inventory, JSON.stringify({ cluster: { name: 'own' }, hosts: [host] }));
});

const at = new Date();
const pki = (...parts: readonly string[]): string => join(folder, '.k8sup/own/pki', ...parts);

function put(name: string, { certPem, keyPem }: Made, mode = 0o600): readonly string[] {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)];
  writeFileSync(cert, certPem);
  writeFileSync(key, keyPem, { mode });
  return ['--cert', cert, '--key', key];
}

const certs = (command: string, ...args: readonly string[]) =>
  cli('certs', command, ...args, '-i', inventory, '-o', 'plain');

describe('certs import-ca', () => {
  test('takes an authority with its chain, and says whose it is', async () => {
    const top = await root({ name: 'company root', at });
    const files = put('ca', await below(top, { name: 'company kubernetes', at }));
    writeFileSync(join(folder, 'root.pem'), top.certPem);
    const { code, out } = await certs('import-ca', 'kubernetes', ...files, '--chain', join(folder, 'root.pem'));
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('kubernetes-ca is in the store: company kubernetes, below company root'),
    ]);
    expect(readFileSync(pki('kubernetes-ca.pem'), 'utf8').split('BEGIN')).toHaveLength(3);
    const again = await certs('import-ca', 'kubernetes', ...files, '--chain', join(folder, 'root.pem'));
    expect([again.code, again.err]).toEqual([15, expect.stringContaining('PKI_THERE')]);
  });

  test('refuses a key that others may read, and one that is not said to be elsewhere', async () => {
    const files = put('ca', await root({ name: 'r', at }), 0o644);
    const open = await certs('import-ca', 'etcd', ...files);
    expect([open.code, open.err]).toEqual([
      15,
      expect.stringMatching(/PKI_IMPORT[\s\S]*open to other users \(mode 0644\)/),
    ]);
    const nowhere = await certs('import-ca', 'etcd', ...files.slice(0, 2));
    expect([nowhere.code, nowhere.err]).toEqual([64, expect.stringContaining('IMPORT_KEY')]);
    const twice = await certs('import-ca', 'etcd', ...files, '--offline');
    expect([twice.code, twice.err]).toEqual([64, expect.stringContaining('IMPORT_KEY')]);
  });

  test('refuses Kubernetes’ own without its key, with the way out', async () => {
    const files = put('ca', await root({ name: 'r', at }));
    const { code, err } = await certs('import-ca', 'kubernetes', ...files.slice(0, 2), '--offline');
    expect(code).toBe(15);
    expect(err).toMatch(
      /PKI_OFFLINE[\s\S]*controller-manager signs kubelets[\s\S]*import-ca kubernetes --cert FILE --key FILE --chain/,
    );
  });
});

test('an authority whose key is elsewhere: requests out, certificates in, by the lines of the README beside them', async () => {
  const ca = await root({ name: 'etcd elsewhere', at });
  const [, cert = ''] = put('etcd-ca', ca);
  expect((await certs('import-ca', 'etcd', '--cert', cert, '--offline')).code).toBe(0);
  const out = join(folder, 'usb');
  const asked = await cli('certs', 'requests', inventory, '--out', out, '-o', 'plain');
  expect([asked.code, asked.out]).toEqual([0, expect.stringContaining(`4 requests wait: carry ${out}`)]);
  const requests = readdirSync(out).filter((name) => name.endsWith('.csr'));
  expect(requests).toEqual([
    'apiserver-etcd-client.m1.csr',
    'etcd-healthcheck-client.csr',
    'etcd-peer.m1.csr',
    'etcd-server.m1.csr',
  ]);
  put('usb/etcd-ca', ca);
  const lines = readFileSync(join(out, 'README.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('  k8sup pki sign'));
  expect(lines).toHaveLength(4);
  const isFile = (word: string): boolean => /\.(pem|csr|json)$/.test(word) || requests.includes(`${word}.csr`);
  for (const line of lines) {
    const words = line.trim().split(' ').slice(1);
    expect((await cli(...words.map((word) => (isFile(word) ? join(out, word) : word)))).code).toBe(0);
  }
  const back = await certs('import', out);
  expect([back.code, back.out]).toEqual([
    0,
    expect.stringMatching(/taken: .*etcd-server of m1[\s\S]*k8sup apply {2}brings them/),
  ]);
  expect(readFileSync(pki('hosts/m1/etcd-server.pem'), 'utf8')).toBe(
    readFileSync(join(out, 'etcd-server.m1.pem'), 'utf8'),
  );
  expect((await cli('certs', 'requests', inventory, '-o', 'plain')).out).toMatch(/no certificate waits/);
  expect(existsSync(pki('kubernetes-ca.pem'))).toBe(false);
  const { authorities } = await openClusterPki(pki(), await loadInventory(inventory, networkPlugins));
  expect(authorities.ca['etcd-ca'].key).toBeUndefined();
});

test('certs import refuses what nobody asked for, and a folder with nothing', async () => {
  const ca = await root({ name: 'etcd elsewhere', at });
  const [, cert = ''] = put('ca', ca);
  await certs('import-ca', 'etcd', '--cert', cert, '--offline');
  mkdirSync(join(folder, 'in'));
  const none = await certs('import', join(folder, 'in'));
  expect([none.code, none.err]).toEqual([64, expect.stringContaining('PKI_FILE')]);
  put('in/x', await signed(ca, { name: 'x', usages: ['client auth'], days: 300, at }));
  const foreign = await certs('import', join(folder, 'in'));
  expect([foreign.code, foreign.err]).toEqual([15, expect.stringMatching(/PKI_IMPORT[\s\S]*answers no request/)]);
  expect(readdirSync(pki()).sort()).toEqual(['brought.json', 'etcd-ca-key.pem', 'etcd-ca.pem']);
});

test('certs renew asks for what is signed elsewhere, and keeps what is in use', async () => {
  const ca = await root({ name: 'etcd elsewhere', at });
  const [, cert = ''] = put('ca', ca);
  await certs('import-ca', 'etcd', '--cert', cert, '--offline');
  await cli('certs', 'requests', inventory);
  mkdirSync(join(folder, 'in'));
  for (const name of readdirSync(pki('requests')).filter((file) => file.endsWith('.csr'))) {
    const profile = /^etcd-(server|peer)/.test(name) ? 'peer' : 'client';
    const by = ['--ca', cert, '--ca-key', join(folder, 'ca-key.pem'), '--config', pki('requests/ca-config.json')];
    const bare = join(folder, 'in', name.replace('.csr', ''));
    expect((await cli('pki', 'sign', ...by, '--profile', profile, '--bare', bare, pki('requests', name))).code).toBe(0);
  }
  expect((await certs('import', join(folder, 'in'))).code).toBe(0);
  await openClusterPki(pki(), await loadInventory(inventory, networkPlugins));
  const before = readFileSync(pki('hosts/m1/etcd-server.pem'), 'utf8');
  const { code, err } = await cli('certs', 'renew', 'etcd-server', '-i', inventory, '-o', 'plain');
  expect([code, err]).toEqual([15, expect.stringMatching(/PKI_REQUESTS[\s\S]*1 certificate waits[\s\S]*k8sup apply/)]);
  expect(readFileSync(pki('hosts/m1/etcd-server.pem'), 'utf8')).toBe(before);
  expect(readdirSync(pki('requests')).filter((name) => name.endsWith('.csr'))).toEqual(['etcd-server.m1.csr']);
  await cli('certs', 'renew', 'etcd-healthcheck-client', '-i', inventory, '-o', 'plain');
  const out = join(folder, 'usb');
  const asked = await cli('certs', 'requests', inventory, '--out', out, '-o', 'plain');
  expect(asked.out).toContain('2 requests wait');
  expect(readdirSync(out)).toEqual([
    'README.txt',
    'ca-config.json',
    'etcd-healthcheck-client.csr',
    'etcd-server.m1.csr',
  ]);
  await openClusterPki(pki(), await loadInventory(inventory, networkPlugins));
  for (const dir of [out, pki('requests')]) {
    expect(readFileSync(join(dir, 'README.txt'), 'utf8').match(/cfssl sign.* \S+\.csr/g)).toHaveLength(2);
    expect(readFileSync(join(dir, 'ca-config.json'), 'utf8')).toMatch(/"peer"[\s\S]*"client"|"client"[\s\S]*"peer"/);
  }
  // A kubelet's are none of those that wait: the run goes on, up to a host that nobody reaches.
  const host = { name: 'm1', address: '192.0.2.1', roles: ['etcd', 'master', 'node'], ssh: { proxyCommand: 'false' } };
  writeFileSync(inventory, JSON.stringify({ cluster: { name: 'own' }, hosts: [host] }));
  const both = await cli('certs', 'renew', 'kubelet', 'etcd-server', '-i', inventory, '-o', 'plain');
  expect([both.code, both.out + both.err]).toEqual([11, expect.stringContaining('1 certificate waits')]);
});

test('certs renew refuses what none of the named hosts has, which would renew nothing', async () => {
  const { code, err } = await cli('certs', 'renew', 'admin', '--hosts', 'm1', '-i', inventory, '-o', 'plain');
  expect([code, err]).toEqual([64, expect.stringMatching(/RENEW_WHAT[\s\S]*m1 has no admin of its own[\s\S]*--hosts/)]);
});

test('certs take-over tells what is kept and what is made anew', async () => {
  const ca = await root({ name: 'Kubernetes', at });
  mkdirSync(join(folder, 'certs'));
  put('certs/ca', ca);
  put(
    'certs/admin',
    await signed(ca, {
      name: 'kubernetes-admin',
      organization: ['system:masters'],
      usages: ['signing', 'client auth'],
      days: 300,
      at,
    }),
  );
  const { code, out } = await certs('take-over', 'cfssl', join(folder, 'certs'));
  expect(code).toBe(0);
  expect(out).toMatch(/taken over: kubernetes-ca/);
  expect(out).toMatch(/taken over: admin, from .*certs\/admin\.pem/);
  expect(out).toMatch(/apply makes etcd-ca anew: it is not there/);
  expect(out).toMatch(/apply makes kube-apiserver of m1 anew: no file there is for it/);
  const unknown = await certs('take-over', 'cfssl', join(folder, 'certs'), '--host', 'm9');
  expect([unknown.code, unknown.err]).toEqual([64, expect.stringContaining('UNKNOWN_HOST')]);
});

test('certs take-over needs to be told that keys stay elsewhere', async () => {
  mkdirSync(join(folder, 'certs'));
  put('certs/ca', await root({ name: 'Kubernetes', at }));
  writeFileSync(join(folder, 'certs/etcd-ca.pem'), (await root({ name: 'etcd', at })).certPem);
  const silent = await certs('take-over', 'cfssl', join(folder, 'certs'));
  expect([silent.code, silent.err]).toEqual([15, expect.stringMatching(/PKI_IMPORT[\s\S]*--offline/)]);
  const told = await certs('take-over', 'cfssl', join(folder, 'certs'), '--offline');
  expect([told.code, told.out]).toEqual([0, expect.stringContaining('taken over: etcd-ca')]);
});

test('certs rotate-ca refuses an authority that was brought, unless it is said by what', async () => {
  const files = put('ca', await root({ name: 'r', at }));
  await certs('import-ca', 'etcd', ...files);
  // As after an apply.
  await openClusterPki(pki(), await loadInventory(inventory, networkPlugins));
  const { code, err } = await cli('certs', 'rotate-ca', 'etcd', inventory, '-o', 'plain');
  expect([code, err]).toEqual([15, expect.stringMatching(/PKI_BROUGHT[\s\S]*--self-signed/)]);
});
