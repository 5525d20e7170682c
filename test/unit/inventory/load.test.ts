import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCodes, K8supError } from '../../../src/errors/k8sup-error.ts';
import { loadInventory } from '../../../src/inventory/load.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { InventoryError } from '../../../src/inventory/problem.ts';
import { inventoryWith, smallest, summary } from './sample.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k8sup-inventory-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

async function errorOf(file: string): Promise<K8supError> {
  const error: unknown = await loadInventory(file, networkPlugins).then(
    () => new Error('no error'),
    (reason: unknown) => reason,
  );
  if (error instanceof K8supError) return error;
  throw error;
}

const privateKey = '-----BEGIN OPENSSH PRIVATE KEY-----\n';

test('a good file and the files it names', async () => {
  await put('id', privateKey);
  await put('password', 'x');
  await put('image.tar', '', 0o644);
  const runtime =
    'runtime: { images: [image.tar], credentials: [{ registry: r, username: u, passwordFile: password }] }';
  const file = await put('inventory.yaml', `ssh: { privateKey: id }\n${inventoryWith(runtime)}`);
  const inventory = await loadInventory(file, networkPlugins);
  expect(inventory.file).toBe(file);
  expect(inventory.hosts[0]?.ssh.privateKey).toBe(join(folder, 'id'));
  expect(inventory.cluster.runtime.credentials[0]?.passwordFile).toBe(join(folder, 'password'));
});

test('no file leads to k8sup init', async () => {
  const error = await errorOf(join(folder, 'none.yaml'));
  expect(error).toMatchObject({ code: 'INVENTORY_NOT_FOUND', exitCode: exitCodes.inventory });
  expect(error.fix).toContain('k8sup init');
});

test('a directory is no inventory', async () => {
  expect(await errorOf(folder)).toMatchObject({ code: 'INVENTORY_UNREADABLE', kind: 'inventory' });
});

test('mistakes come as one error with every place in it', async () => {
  const file = await put('inventory.yaml', inventoryWith('foo: 1\nbar: 2'));
  const error = await errorOf(file);
  expect(error).toBeInstanceOf(InventoryError);
  expect(error).toMatchObject({ code: 'INVENTORY_INVALID', kind: 'inventory', message: `${file} has 2 mistakes` });
  expect(error.why).toContain(`${file}:3:3: cluster.foo: there is no key "foo" in cluster [UNKNOWN_KEY]`);
  expect(error.why).toContain(`${file}:4:3: cluster.bar`);
});

test('files that are absent, open to others or no keys are found beside the other mistakes', async () => {
  await put('open', privateKey, 0o644);
  await put('id.pub', 'ssh-ed25519 AAAA');
  const hosts = ['none', 'open', 'id.pub'].map(
    (key, index) => `- { name: h${index}, address: 192.0.2.${index + 1}, ssh: { privateKey: ${key} } }`,
  );
  const runtime =
    'runtime: { images: [none.tar], credentials: [{ registry: r, username: u, passwordFile: none }] }\nartifacts: { directory: open }\nfoo: 1';
  const error = await errorOf(await put('inventory.yaml', inventoryWith(runtime, hosts.join('\n'))));
  expect(
    error instanceof InventoryError ? summary(error.problems).map((line) => line.replace(/ \S+ /, ' ')) : [],
  ).toEqual([
    'IMAGE_FILE_UNREADABLE cluster.runtime.images[0]',
    'PASSWORD_FILE_UNREADABLE cluster.runtime.credentials[0].passwordFile',
    'ARTIFACT_DIRECTORY_UNREADABLE cluster.artifacts.directory',
    'UNKNOWN_KEY cluster.foo',
    'NO_ETCD hosts',
    'NO_MASTER hosts',
    'KEY_FILE_UNREADABLE hosts[0].ssh.privateKey',
    'SECRET_FILE_MODE hosts[1].ssh.privateKey',
    'KEY_FILE_INVALID hosts[2].ssh.privateKey',
  ]);
});

test.each([
  ['open to others', 'A'.repeat(43).concat('='), 0o644, ['SECRET_FILE_MODE']],
  ['without a key in it', 'a password', 0o600, ['SECRET_FILE_INVALID']],
  ['as it must be', `${'A'.repeat(43)}=\n`, 0o600, []],
])("a network's secret in a file %s", async (_what, text, mode, codes) => {
  await put('psk', text, mode);
  const wireguard = 'network: { flannel: { backend: wireguard, wireguard: { pskFile: psk } } }';
  const file = await put('inventory.yaml', inventoryWith(wireguard));
  if (codes.length === 0) {
    const { network } = (await loadInventory(file, networkPlugins)).cluster;
    expect(network.secretFiles).toEqual({ psk: join(folder, 'psk') });
    return;
  }
  const error = await errorOf(file);
  expect(error instanceof InventoryError ? error.problems.map(({ code }) => code) : []).toEqual(codes);
  expect(String(error)).not.toContain('a password');
});

describe('what opens the store of keys', () => {
  const store = (text: string): Promise<string> =>
    put('inventory.yaml', inventoryWith(`certificates: { store: { ${text} } }`));

  test('is a file or a command, from the inventory on', async () => {
    await put('id', 'AGE-SECRET-KEY-1', 0o600);
    await put('pass', 'x', 0o600);
    const of = async (text: string) => (await loadInventory(await store(text), networkPlugins)).cluster.store;
    expect(await of('identityFile: id, passphraseFile: pass')).toEqual({
      identityFile: join(folder, 'id'),
      passphrase: { file: join(folder, 'pass') },
    });
    expect(await of('passphraseCommand: pass show prod')).toEqual({ passphrase: { command: 'pass show prod' } });
    expect((await loadInventory(await put('smallest.yaml', smallest), networkPlugins)).cluster.store).toEqual({});
  });

  test('is for its owner alone, and one thing', async () => {
    await put('id', 'AGE-SECRET-KEY-1', 0o644);
    const error = await errorOf(await store('identityFile: id, passphraseFile: none, passphraseCommand: c'));
    expect(error instanceof InventoryError ? error.problems.map(({ code }) => code).sort() : []).toEqual([
      'PASSWORD_FILE_UNREADABLE',
      'SECRET_FILE_MODE',
      'TWO_PASSWORD_SOURCES',
    ]);
  });
});

test('warnings stop nothing and come with the inventory', async () => {
  const inventory = await loadInventory(
    await put('inventory.yaml', inventoryWith('bootstrap: token-file')),
    networkPlugins,
  );
  expect(inventory.warnings.map((warning) => warning.code)).toEqual(['TOKEN_FILE_NEVER_EXPIRES']);
  expect((await loadInventory(await put('smallest.yaml', smallest), networkPlugins)).warnings).toEqual([]);
});

test('files of passwords, keys and configuration of SSH are looked at, for jump hosts too', async () => {
  await put('pw', 'x', 0o644);
  await put('id-cert.pub', 'ssh-ed25519-cert-v01@openssh.com AAAA');
  const host = '- { name: a, address: 192.0.2.1, ssh: { passwordFile: pw, becomePasswordFile: none } }';
  const ssh =
    'ssh: { config: none-such, privateKey: id-cert.pub, proxyJump: gate }\njumpHosts: [{ name: gate, passwordFile: none }]\n';
  const error = await errorOf(await put('inventory.yaml', `${inventoryWith('', host)}${ssh}`));
  expect(
    error instanceof InventoryError ? summary(error.problems).map((line) => line.replace(/ \S+ /, ' ')) : [],
  ).toEqual([
    'SECRET_FILE_MODE hosts[0].ssh.passwordFile',
    'PASSWORD_FILE_UNREADABLE hosts[0].ssh.becomePasswordFile',
    'SSH_CONFIG_UNREADABLE ssh.config',
    'KEY_FILE_INVALID ssh.privateKey',
    'PASSWORD_FILE_UNREADABLE jumpHosts[0].passwordFile',
  ]);
  expect(error.why).toContain('a certificate, which k8sup does not use');
});
