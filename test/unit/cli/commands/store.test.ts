import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../../src/cli/program.ts';
import { readBackup, openClusterPki, writeBackup } from '../../../../src/pki/index.ts';
import { newAgePair } from '../../../../src/pki/age.ts';
import { loadInventory } from '../../../../src/inventory/load.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { memory } from '../../report/output.ts';
import { cli } from '../io.ts';

/** Made once: a store has keys of RSA. */
let template: string;
let folder: string;
const inventoryOf = (name: string): string =>
  `cluster: { name: ${name} }\nhosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, master, node], ssh: { proxyCommand: 'false' } }]\n`;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'k8sup-store-'));
  const inventory = join(template, 'inventory.yaml');
  await writeFile(inventory, inventoryOf('one'));
  await openClusterPki(join(template, '.k8sup/one/pki'), await loadInventory(inventory, networkPlugins));
  await writeFile(join(template, '.k8sup/one/users.json'), '[]\n', { mode: 0o600 });
  for (const dir of ['.k8sup', '.k8sup/one']) await chmod(join(template, dir), 0o700);
});
afterAll(() => rm(template, { recursive: true }));
beforeEach(async ({ onTestFinished }) => {
  folder = await mkdtemp(join(tmpdir(), 'k8sup-store-'));
  await cp(template, folder, { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true }));
});

const at = (...names: readonly string[]): string => join(folder, ...names);
const state = (...names: readonly string[]): string => at('.k8sup/one', ...names);

async function keyPair(): Promise<{ readonly file: string; readonly recipient: string }> {
  const { identity, recipient } = await newAgePair();
  const file = at(`${recipient.slice(-8)}.key`);
  await writeFile(file, `${identity}\n`, { mode: 0o600 });
  return { file, recipient };
}

/** Files of the state folder but its log and lock, with what is in them. */
async function kept(dir = state()): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (file) => [file.slice(dir.length + 1), await readFile(file, 'utf8')] as const);
  return Object.fromEntries((await Promise.all(read)).sort());
}

async function run(...args: readonly string[]) {
  const [command = '', ...rest] = args;
  const inventory = command === 'restore' ? ['-i', at('inventory.yaml')] : [at('inventory.yaml')];
  return cli('pki', command, ...rest, ...inventory);
}

describe('pki backup and restore', () => {
  test('give back a store that is lost, byte by byte, with the modes it needs', async () => {
    const before = await kept();
    const { file, recipient } = await keyPair();
    expect(await run('backup', '--recipient', recipient, '--out', at('b'))).toMatchObject({ code: 0, err: '' });
    const text = await readFile(at('b'), 'utf8');
    expect(text).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
    expect((await stat(at('b'))).mode & 0o777).toBe(0o600);
    await rm(state(), { recursive: true });
    expect((await run('restore', at('b'))).err).toContain('PKI_LOCKED');
    expect(existsSync(state('pki'))).toBe(false);
    const restored = await run('restore', at('b'), '--identity', file);
    expect(restored).toMatchObject({ code: 0, err: '' });
    expect(await kept()).toEqual(before);
    for (const dir of ['pki', 'pki/hosts/h1']) expect((await stat(state(dir))).mode & 0o777).toBe(0o700);
    expect((await stat(state('pki/kubernetes-ca-key.pem'))).mode & 0o777).toBe(0o600);
    expect((await run('restore', at('b'), '--identity', file)).out).toContain('already as in');
  });

  test('in the clear is only written where that is said, is the same each time, and tells what it is of', async () => {
    const none = await run('backup', '--out', at('b'));
    expect(none).toMatchObject({ code: 64 });
    expect(none.err).toContain('SEAL_WHOM');
    expect(existsSync(at('b'))).toBe(false);
    for (const name of ['b', 'c'])
      expect(await run('backup', '--plain', '--out', at(name))).toMatchObject({
        code: 0,
        out: expect.stringContaining('Its keys are in the clear') as string,
      });
    const text = await readFile(at('b'), 'utf8');
    expect(await readFile(at('c'), 'utf8')).toBe(text);
    const { files, ...about } = readBackup(text, 'b');
    const clusterId = (await readFile(state('pki/cluster-id'), 'utf8')).trim();
    expect(about).toEqual({ cluster: 'one', clusterId, k8sup: expect.stringMatching(/^\d/) as string });
    expect(Object.fromEntries(files.map((file) => [file.name, file.text]))).toEqual(await kept());
  });

  test('by a passphrase', async () => {
    await writeFile(at('pass'), 'correct horse battery\n', { mode: 0o600 });
    await writeFile(at('short'), 'short\n', { mode: 0o600 });
    expect((await run('backup', '--passphrase-file', at('short'), '--out', at('b'))).err).toContain('PASSPHRASE_SHORT');
    expect((await run('backup', '--passphrase-file', at('pass'), '--out', at('b'))).code).toBe(0);
    const before = await kept();
    await rm(state(), { recursive: true });
    const unasked = await run('restore', at('b'));
    expect(unasked.err).toMatch(/NO_TERMINAL[^]*at a terminal, or name cluster\.certificates\.store\.passphraseFile /);
    expect(unasked.err).not.toContain('ssh-agent');
    expect((await run('restore', at('b'), '--passphrase-file', at('pass'))).code).toBe(0);
    expect(await kept()).toEqual(before);
  });

  test('never write over a file, a store of another cluster, or one that may have more', async () => {
    await run('backup', '--plain', '--out', at('b'));
    expect((await run('backup', '--plain', '--out', at('b'))).err).toContain('FILE_EXISTS');
    await writeFile(state('pki/admin.pem'), 'a newer one', { mode: 0o600 });
    const newer = await kept();
    const refused = await run('restore', at('b'));
    expect(refused.code).toBe(15);
    expect(refused.err).toMatch(/PKI_STORE_EXISTS[^]*--replace/);
    await writeFile(state('pki/cluster-id'), 'another\n', { mode: 0o600 });
    expect((await run('restore', at('b'), '--replace')).err).toContain('PKI_STORE_EXISTS');
    await writeFile(at('inventory.yaml'), inventoryOf('two'));
    expect((await run('restore', at('b'))).err).toContain('BACKUP_OTHER_CLUSTER');
    expect(await kept()).toEqual({ ...newer, 'pki/cluster-id': 'another\n' });
  });

  test('tell where keys that were encrypted lie in the clear again', async () => {
    await run('backup', '--plain', '--out', at('b'));
    await writeFile(at('pass'), 'correct horse battery\n', { mode: 0o600 });
    await run('encrypt', '--passphrase-file', at('pass'));
    const { code, out } = await run('restore', at('b'), '--replace');
    expect([code, out]).toEqual([0, expect.stringContaining('Its keys lie in the clear')]);
  });

  test('move a store of the same cluster aside where that is said', async () => {
    await run('backup', '--plain', '--out', at('b'));
    const old = await kept();
    await writeFile(state('pki/admin.pem'), 'a newer one', { mode: 0o600 });
    const newer = await kept();
    expect((await run('restore', at('b'), '--replace')).code).toBe(0);
    const aside = (await readdir(state())).find((name) => name.startsWith('replaced-')) ?? '';
    expect(await kept(state(aside))).toEqual(newer);
    const now = Object.entries(await kept()).filter(([name]) => !name.startsWith('replaced-'));
    expect(Object.fromEntries(now)).toEqual(old);
  });

  test.each<[string, (text: string) => string]>([
    ['cut off', (text) => text.slice(0, -100)],
    [
      'with a key that was changed',
      (text) => text.replace(/"pki\/encryption.key": "key-/, '"pki/encryption.key": "kez-'),
    ],
    ['of another id', (text) => text.replace(/"clusterId": "./, '"clusterId": "x')],
    ['of a later version', (text) => text.replace('"version": 1', '"version": 2')],
    ['that would write elsewhere', (text) => text.replace('"users.json"', '"../users.json"')],
    ['that is none', () => '{}'],
    ['that is empty', () => ''],
  ])('refuse a backup %s, and change nothing', async (_title, change) => {
    await run('backup', '--plain', '--out', at('b'));
    await rm(state('pki'), { recursive: true });
    const text = await readFile(at('b'), 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    await writeFile(at('b'), changed);
    const refused = await run('restore', at('b'));
    expect(refused.code).toBe(15);
    expect(refused.err).toContain('PKI_BACKUP');
    expect(refused.err).not.toContain('PRIVATE KEY');
    expect(existsSync(state('pki'))).toBe(false);
  });

  test('refuse a backup with files that are none of a store’s', async () => {
    await run('backup', '--plain', '--out', at('b'));
    await rm(state('pki'), { recursive: true });
    const { files, ...about } = readBackup(await readFile(at('b'), 'utf8'), 'b');
    await writeFile(at('b'), writeBackup({ ...about, files: [...files, { name: 'logs/x', text: 'x' }] }));
    const refused = await run('restore', at('b'));
    expect([refused.code, refused.err]).toEqual([15, expect.stringMatching(/PKI_BACKUP[^]*logs\/x/)]);
    expect(existsSync(state('logs/x'))).toBe(false);
    expect(existsSync(state('pki'))).toBe(false);
  });

  test('refuse a backup that would leave the store’s folder, and one that is not of the cluster that it says', async () => {
    await run('backup', '--plain', '--out', at('b'));
    const before = await kept();
    const { files, ...about } = readBackup(await readFile(at('b'), 'utf8'), 'b');
    const away = { name: 'pki/../../x', text: 'x' };
    await writeFile(at('away'), writeBackup({ ...about, files: [...files, away] }));
    await writeFile(at('other'), writeBackup({ ...about, files, clusterId: 'other' }));
    for (const [name, why] of [
      ['away', /PKI_BACKUP[^]*no name of a file/],
      ['other', /PKI_BACKUP[^]*not the id that it says/],
    ] as const) {
      const refused = await run('restore', at(name), '--replace');
      expect([refused.code, refused.err]).toEqual([15, expect.stringMatching(why)]);
    }
    expect(await kept()).toEqual(before);
  });

  test('of an encrypted store have its keys encrypted, without a word', async () => {
    const { file, recipient } = await keyPair();
    await run('encrypt', '--recipient', recipient);
    const before = await kept();
    expect((await run('backup', '--out', at('b'))).code).toBe(0);
    expect(await readFile(at('b'), 'utf8')).not.toContain('PRIVATE KEY');
    await rm(state(), { recursive: true });
    expect((await run('restore', at('b'))).code).toBe(0);
    expect(await kept()).toEqual(before);
    expect((await cli('kubeconfig', at('inventory.yaml'), '--identity', file)).out).toContain('client-key-data');
  });

  test('do for a store before the first apply, which has no id yet', async () => {
    await rm(state('pki'), { recursive: true });
    await mkdir(state('pki'), { mode: 0o700 });
    await cp(join(template, '.k8sup/one/pki/etcd-ca.pem'), state('pki/etcd-ca.pem'));
    await cp(join(template, '.k8sup/one/pki/etcd-ca-key.pem'), state('pki/etcd-ca-key.pem'));
    const before = await kept();
    const { file, recipient } = await keyPair();
    expect(await run('encrypt', '--recipient', recipient)).toMatchObject({ code: 0, err: '' });
    expect(await run('decrypt', '--identity', file)).toMatchObject({ code: 0, err: '' });
    expect((await run('backup', '--plain', '--out', at('b'))).out).toContain('the store of one: 3 files');
    await rm(state(), { recursive: true });
    expect((await run('restore', at('b'))).out).toContain('the store of one again');
    expect(await kept()).toEqual(before);
  });

  test('need a store', async () => {
    await rm(state(), { recursive: true });
    expect((await run('backup', '--plain', '--out', at('b'))).err).toContain('NO_CLUSTER');
    expect(existsSync(state())).toBe(false);
  });
});

describe('pki encrypt', () => {
  test('closes the store to commands without its key, before any host is reached', async () => {
    const { file, recipient } = await keyPair();
    const before = await kept();
    const { out } = await run('encrypt', '--recipient', recipient);
    expect(out).toContain('are encrypted');
    expect(out).toContain('Commands need --identity FILE from now on');
    const locked = await cli('plan', at('inventory.yaml'), '-o', 'json');
    expect(locked.code).toBe(15);
    expect(locked.out).toContain('PKI_LOCKED');
    expect(locked.out).not.toContain('00.connect');
    expect((await cli('plan', at('inventory.yaml'), '-o', 'json', '--identity', file)).code).toBe(11);
    // A clean needs no key.
    expect((await cli('clean', at('inventory.yaml'), '--yes')).code).toBe(11);
    expect((await cli('kubeconfig', at('inventory.yaml'))).err).toContain('PKI_LOCKED');
    await writeFile(
      at('inventory.yaml'),
      inventoryOf('one').replace('name: one', `name: one, certificates: { store: { identityFile: '${file}' } }`),
    );
    expect((await cli('kubeconfig', at('inventory.yaml'))).out).toContain('client-key-data');
    expect((await run('decrypt')).out).toContain('in the clear');
    const { lock, ...now } = await kept();
    expect([lock, Object.fromEntries(Object.entries(now).filter(([name]) => !name.startsWith('logs/')))]).toEqual([
      undefined,
      before,
    ]);
  });

  test('takes an identity file of its owner alone', async () => {
    const { file, recipient } = await keyPair();
    await run('encrypt', '--recipient', recipient);
    await chmod(file, 0o644);
    expect((await run('decrypt', '--identity', file)).err).toContain('SECRET_FILE_MODE');
    expect((await run('decrypt', '--identity', at('nowhere'))).err).toContain('SECRET_FILE_UNREADABLE');
  });

  test('says for whom', async () => {
    const before = await kept();
    expect((await run('encrypt')).err).toContain('SEAL_WHOM');
    expect((await run('encrypt', '--passphrase')).err).toContain('at a terminal, or give --passphrase-file FILE\n');
    expect(await kept()).toEqual(before);
  });

  test('asks twice at the terminal, and commands once', async () => {
    const before = await kept();
    const typed = ['pass phrase of one', 'pass phrase of two'];
    expect((await atTerminal(typed, 'pki', 'encrypt', '--passphrase')).err).toContain('PASSPHRASE_DIFFERS');
    expect(await kept()).toEqual(before);
    const [word = ''] = typed;
    const encrypted = await atTerminal([word, word], 'pki', 'encrypt', '--passphrase');
    expect(encrypted.code).toBe(0);
    expect(encrypted.out).toContain('Commands ask for the passphrase from now on');
    const shown = await atTerminal([word], 'kubeconfig');
    expect(shown.out).toContain('client-key-data');
    expect(shown.out + shown.err + encrypted.out + encrypted.err).not.toContain(word);
    const wrong = await atTerminal(['not this phrase'], 'kubeconfig');
    expect(wrong).toMatchObject({ code: 15 });
    expect(wrong.err).toMatch(
      /PKI_PASSPHRASE[^]*that of the store is typed, or comes from cluster\.certificates\.store/,
    );
  });
});

/** Runs a command for this inventory where somebody types an answer to each question. */
async function atTerminal(answers: readonly string[], ...args: readonly string[]) {
  const [out, err] = [memory(), memory()];
  const input = Object.assign(new PassThrough(), { isTTY: true as const, setRawMode: () => undefined });
  const left = [...answers];
  const { stream } = err;
  const write = stream.write.bind(stream);
  stream.write = ((text: string) => {
    if (text.endsWith(': ')) setImmediate(() => input.write(`${left.shift() ?? ''}\r`));
    return write(text);
  }) as typeof stream.write;
  const code = await runCli([...args, at('inventory.yaml')], { out: out.stream, err: stream, in: input, env: {} });
  return { code, out: out.text(), err: err.text() };
}
