import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { openStore } from '../../../src/pki/index.ts';
import { codeOf, temporaryFolder } from './fixture.ts';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

afterEach(() => vi.restoreAllMocks());

describe('the store', () => {
  test('is not made by opening it or reading from it', async () => {
    const parent = await temporaryFolder();
    const store = await openStore(join(parent, 'a', 'pki'));
    expect(await store.read('x.pem')).toBeUndefined();
    expect(await store.has('x.pem')).toBe(false);
    expect(await readdir(parent)).toEqual([]);
  });

  test('writes 0600 below 0700, and leaves no temporary file', async () => {
    const dir = join(await temporaryFolder(), 'prod', 'pki');
    const store = await openStore(dir);
    await store.write([
      { name: 'hosts/n1/a-key.pem', text: 'K' },
      { name: 'hosts/n1/a.pem', text: 'C' },
    ]);
    await store.write([{ name: 'hosts/n1/a.pem', text: 'C2' }]);
    expect(await store.read('hosts/n1/a.pem')).toBe('C2');
    expect(store.path('hosts/n1/a.pem')).toBe(join(dir, 'hosts', 'n1', 'a.pem'));
    expect((await readdir(join(dir, 'hosts', 'n1'))).sort()).toEqual(['a-key.pem', 'a.pem']);
    for (const path of [join(dir, '..'), dir, join(dir, 'hosts'), join(dir, 'hosts/n1')]) {
      expect(await modeOf(path)).toBe(0o700);
    }
    expect(await modeOf(join(dir, 'hosts/n1/a-key.pem'))).toBe(0o600);
  });

  test('is refused when others may enter it', async () => {
    const dir = await temporaryFolder();
    await chmod(dir, 0o750);
    expect(await codeOf(() => openStore(dir))).toBe('PKI_STORE_MODE');
  });

  test('refuses a file that others may read, and a symbolic link', async () => {
    const dir = await temporaryFolder();
    const store = await openStore(dir);
    await writeFile(join(dir, 'a.pem'), 'x', { mode: 0o600 });
    await symlink('a.pem', join(dir, 'b.pem'));
    expect(await store.read('a.pem')).toBe('x');
    expect(await codeOf(() => store.read('b.pem'))).toBe('PKI_STORE');
    await chmod(join(dir, 'a.pem'), 0o640);
    expect(await codeOf(() => store.read('a.pem'))).toBe('PKI_STORE_MODE');
  });

  test('refuses a folder below it that others may enter, or that is a link', async () => {
    const dir = await temporaryFolder();
    const store = await openStore(dir);
    await store.write([{ name: 'hosts/n1/a.pem', text: 'x' }]);
    await chmod(join(dir, 'hosts'), 0o711);
    expect(await codeOf(() => store.read('hosts/n1/a.pem'))).toBe('PKI_STORE_MODE');
    const other = await openStore(dir);
    await symlink('hosts', join(dir, 'next'));
    await chmod(join(dir, 'hosts'), 0o700);
    expect(await codeOf(() => other.read('next/n1/a.pem'))).toBe('PKI_STORE');
    expect(await other.read('hosts/n1/a.pem')).toBe('x');
  });

  test('may be a link to another disk, whose modes count', async () => {
    const [dir, link] = [await temporaryFolder(), join(await temporaryFolder(), 'pki')];
    await symlink(dir, link);
    const store = await openStore(link);
    await store.write([{ name: 'a.pem', text: 'x' }]);
    expect(await store.read('a.pem')).toBe('x');
    await chmod(dir, 0o755);
    expect(await codeOf(() => openStore(link))).toBe('PKI_STORE_MODE');
  });

  test('is refused to a user whose it is not', async () => {
    const dir = await temporaryFolder();
    const store = await openStore(dir);
    await store.write([{ name: 'a.pem', text: 'x' }]);
    vi.spyOn(process, 'geteuid').mockReturnValue((process.geteuid?.() ?? 0) + 4242);
    expect(await codeOf(() => store.read('a.pem'))).toBe('PKI_STORE_OWNER');
    expect(await codeOf(() => openStore(dir))).toBe('PKI_STORE_OWNER');
  });

  test('replaces nothing when one of the files cannot be written', async () => {
    const dir = await temporaryFolder();
    const store = await openStore(dir);
    await store.write([{ name: 'a.pem', text: 'old' }]);
    await store.write([{ name: 'file', text: 'in the way of a folder' }]);
    const files = [
      { name: 'a.pem', text: 'new' },
      { name: 'file/b.pem', text: 'new' },
    ];
    expect(await codeOf(() => store.write(files))).toBe('PKI_STORE');
    expect(await readFile(join(dir, 'a.pem'), 'utf8')).toBe('old');
    expect((await readdir(dir)).sort()).toEqual(['a.pem', 'file']);
  });

  test('removes what an interrupted encryption has left of a secret, too', async () => {
    const dir = await temporaryFolder();
    const store = await openStore(dir);
    await store.write([{ name: 'a-key.pem', text: 'x' }]);
    await writeFile(join(dir, 'a-key.pem.age'), 'sealed', { mode: 0o600 });
    await store.remove(['a-key.pem', 'a.pem']);
    expect(await store.read('a-key.pem')).toBeUndefined();
    expect(await readdir(dir)).toEqual([]);
  });

  test('is no file', async () => {
    const path = join(await temporaryFolder(), 'pki');
    await writeFile(path, '');
    expect(await codeOf(() => openStore(path))).toBe('PKI_STORE');
  });

  test.each(['../x', '/etc/passwd', 'a//b', '.hidden', 'a/..'])('has no file %j', async (name) => {
    const dir = await temporaryFolder();
    await mkdir(join(dir, 'a'));
    const store = await openStore(dir);
    expect(() => store.path(name)).toThrow('not a name in the store');
  });
});
