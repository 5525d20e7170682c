import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import {
  decryptStore,
  encryptStore,
  type Folder,
  isSecret,
  openClusterPki,
  openFolder,
  openStore,
  type StoreKey,
  storeKey,
} from '../../../src/pki/index.ts';
import { newAgePair } from '../../../src/pki/age.ts';
import { codeOf, now, sampleInventory, temporaryFolder } from './fixture.ts';

const inventory = sampleInventory();
const secret = 'correct horse battery staple';

/** A store as an apply makes it. */
async function freshStore(): Promise<string> {
  const dir = join(await temporaryFolder(), 'pki');
  await openClusterPki(dir, inventory, { now });
  return dir;
}

async function keyPair() {
  const { identity, recipient } = await newAgePair();
  const text = `# created by age-keygen\n${identity}\n`;
  const key = storeKey({ identity: () => Promise.resolve({ name: 'key.txt', text }), passphrase: unasked });
  return { identity, recipient, key, seal: () => Promise.resolve({ recipients: [recipient] }) };
}

function unasked(): Promise<never> {
  return Promise.reject(new Error('nobody is to be asked for a passphrase'));
}

/** A key whose passphrase is typed; counts the questions. */
function typed(passphrase: string): { readonly key: StoreKey; readonly asked: string[] } {
  const asked: string[] = [];
  const ask = (of: string): Promise<string> => {
    asked.push(of);
    return Promise.resolve(passphrase);
  };
  return { key: storeKey({ passphrase: ask }), asked };
}

/** Every file below a folder, by name. */
async function contents(dir: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (file) => [file.slice(dir.length + 1), await readFile(file, 'utf8')] as const);
  return Object.fromEntries((await Promise.all(read)).sort());
}

/** What the store gives for each name that it had before it was encrypted. */
async function readAll(dir: string, names: readonly string[], key: StoreKey) {
  const store = await openStore(dir, key);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await store.read(name)] as const)));
}

describe('an encrypted store', () => {
  test('has no key in the clear, and the same for whoever has the identity', async () => {
    const dir = await freshStore();
    const before = await contents(dir);
    const { seal, key } = await keyPair();
    const secrets = Object.keys(before).filter(isSecret);
    expect(secrets).toEqual(expect.arrayContaining(['encryption.key', 'kubernetes-ca-key.pem', 'admin-key.pem']));
    expect(await encryptStore(await openFolder(dir), seal)).toBe(secrets.length);
    const after = await contents(dir);
    expect(Object.keys(after).filter(isSecret)).toEqual([]);
    for (const text of Object.values(after)) {
      expect(text).not.toContain('PRIVATE KEY');
      expect(text).not.toContain(before['encryption.key']);
    }
    for (const name of secrets) expect(after[`${name}.age`]).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    expect(after['kubernetes-ca.pem']).toBe(before['kubernetes-ca.pem']);
    expect(await readAll(dir, Object.keys(before), key)).toEqual(before);
    expect((await openStore(dir, key)).path('admin-key.pem')).toBe(join(dir, 'admin-key.pem.age'));
  });

  test('is what an apply goes on with: all is kept, and a new key is encrypted at once', async () => {
    const dir = await freshStore();
    const { seal, key } = await keyPair();
    await encryptStore(await openFolder(dir), seal);
    const before = await contents(dir);
    const first = await openClusterPki(dir, inventory, { now, key });
    expect(first.leaves.filter(({ issued }) => issued !== undefined)).toEqual([]);
    expect(await contents(dir)).toEqual(before);
    const store = await openStore(dir, key);
    await store.remove(['admin.pem', 'admin-key.pem']);
    expect(await store.has('admin-key.pem')).toBe(false);
    const second = await openClusterPki(dir, inventory, { now, key });
    expect(second.leaves.flatMap(({ name, issued }) => (issued === undefined ? [] : [name]))).toEqual(['admin']);
    const after = await contents(dir);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after['admin-key.pem.age']).not.toBe(before['admin-key.pem.age']);
    expect(await store.has('admin-key.pem')).toBe(true);
  });

  test('by a passphrase asks for it once, and takes no other', async () => {
    const dir = await freshStore();
    const before = await contents(dir);
    const other = await keyPair();
    const seal = () => Promise.resolve({ recipients: [other.recipient], passphrase: secret });
    await encryptStore(await openFolder(dir), seal);
    const { key, asked } = typed(secret);
    expect(await readAll(dir, Object.keys(before), key)).toEqual(before);
    expect(asked).toEqual([join(dir, 'identity.age')]);
    // Another recipient needs no passphrase.
    expect(await readAll(dir, ['encryption.key'], other.key)).toMatchObject({
      'encryption.key': before['encryption.key'],
    });
    expect(await codeOf(() => readAll(dir, ['encryption.key'], typed('wrong').key))).toBe('PKI_PASSPHRASE');
    expect(await decryptStore(await openFolder(dir), key)).toBe(Object.keys(before).filter(isSecret).length);
    expect(asked).toHaveLength(1);
    expect(await contents(dir)).toEqual(before);
  });

  test('is closed to everyone else', async () => {
    const dir = await freshStore();
    await encryptStore(await openFolder(dir), (await keyPair()).seal);
    const { key } = await keyPair();
    expect(await codeOf(() => readAll(dir, ['encryption.key'], key))).toBe('PKI_LOCKED');
    expect(await codeOf(() => openClusterPki(dir, inventory, { now }))).toBe('PKI_LOCKED');
    expect(await codeOf(() => readAll(dir, ['encryption.key'], storeKey({ passphrase: unasked })))).toBe('PKI_LOCKED');
    expect(await codeOf(async () => decryptStore(await openFolder(dir), key))).toBe('PKI_LOCKED');
  });

  test('that is damaged is told as such, and nothing of a key', async () => {
    const dir = await freshStore();
    const { seal, key, identity } = await keyPair();
    await encryptStore(await openFolder(dir), seal);
    const file = join(dir, 'encryption.key.age');
    const text = await readFile(file, 'utf8');
    const at = text.length - 60;
    await writeFile(file, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`);
    expect(await codeOf(() => readAll(dir, ['encryption.key'], key))).toBe('PKI_ENCRYPTED');
    const broken = `${identity.slice(0, -1)}${identity.endsWith('X') ? 'Y' : 'X'}`;
    const sources = { identity: () => Promise.resolve({ name: 'k', text: broken }), passphrase: unasked };
    await expect(readAll(dir, ['admin-key.pem'], storeKey(sources))).rejects.toMatchObject({ code: 'PKI_IDENTITY' });
    await expect(readAll(dir, ['admin-key.pem'], storeKey(sources))).rejects.not.toThrow(broken.slice(20, 40));
  });

  test('is not opened by an identity file that is encrypted in binary, and that is told', async () => {
    const dir = await freshStore();
    await encryptStore(await openFolder(dir), (await keyPair()).seal);
    const text = 'age-encryption.org/v1\n-> scrypt c2FsdA 18\n';
    const key = storeKey({ identity: () => Promise.resolve({ name: 'k.age', text }), passphrase: unasked });
    await expect(readAll(dir, ['encryption.key'], key)).rejects.toMatchObject({
      code: 'PKI_IDENTITY',
      fix: 'encrypt it as text:  age -p -a',
    });
  });

  test('without its file of recipients is no store without keys', async () => {
    const dir = await freshStore();
    const { seal, key } = await keyPair();
    await encryptStore(await openFolder(dir), seal);
    await rm(join(dir, 'recipients.txt'));
    const before = await contents(dir);
    expect(await codeOf(() => openClusterPki(dir, inventory, { now, key }))).toBe('PKI_STORE');
    expect(await codeOf(async () => encryptStore(await openFolder(dir), seal))).toBe('PKI_STORE');
    expect(await codeOf(async () => decryptStore(await openFolder(dir), key))).toBe('PKI_STORE');
    expect(await contents(dir)).toEqual(before);
  });

  test('is not encrypted twice, nor is one in the clear decrypted', async () => {
    const dir = await freshStore();
    const { seal, key } = await keyPair();
    expect(await codeOf(async () => decryptStore(await openFolder(dir), key))).toBe('PKI_UNSEALED');
    await encryptStore(await openFolder(dir), seal);
    expect(await codeOf(async () => encryptStore(await openFolder(dir), seal))).toBe('PKI_SEALED');
  });

  test('takes a key that was put there in the clear, and encrypts it when it is written or all are', async () => {
    const dir = await freshStore();
    const { seal, key } = await keyPair();
    await encryptStore(await openFolder(dir), seal);
    for (const name of ['a-key.pem', 'b-key.pem']) await writeFile(join(dir, name), 'by hand', { mode: 0o600 });
    const store = await openStore(dir, key);
    expect(await store.read('a-key.pem')).toBe('by hand');
    expect(await store.has('a-key.pem')).toBe(true);
    await store.write([{ name: 'a-key.pem', text: 'anew' }]);
    expect(Object.keys(await contents(dir)).filter(isSecret)).toEqual(['b-key.pem']);
    expect(await encryptStore(await openFolder(dir), seal)).toBe(1);
    expect(await readAll(dir, ['a-key.pem', 'b-key.pem'], key)).toEqual({
      'a-key.pem': 'anew',
      'b-key.pem': 'by hand',
    });
    expect(Object.keys(await contents(dir)).filter(isSecret)).toEqual([]);
  });

  test('is refused for what is no recipient, before anything is written', async () => {
    const dir = await freshStore();
    const before = await contents(dir);
    const seal = () => Promise.resolve({ recipients: ['ssh-ed25519 AAAA'] });
    expect(await codeOf(async () => encryptStore(await openFolder(dir), seal))).toBe('PKI_RECIPIENT');
    expect(await contents(dir)).toEqual(before);
  });
});

describe('interrupted anywhere, and done again,', () => {
  /** Dies at the step of this number, each file being a step of its own. */
  function dying(folder: Folder, after: number): Folder {
    let steps = 0;
    const step = (): void => {
      if (steps++ === after) throw new Error('killed');
    };
    return {
      ...folder,
      write: async (files) => {
        for (const file of files) {
          step();
          await folder.write([file]);
        }
      },
      remove: async (names) => {
        for (const name of names) {
          step();
          await folder.remove([name]);
        }
      },
    };
  }

  /** Few files, so that every step can be tried. */
  async function small(): Promise<string> {
    const dir = join(await temporaryFolder(), 'pki');
    await (
      await openFolder(dir)
    ).write(
      ['ca-key.pem', 'ca.pem', 'encryption.key', 'hosts/h1/a-key.pem'].map((name) => ({
        name,
        text: `text of ${name}`,
      })),
    );
    return dir;
  }

  test('encryption loses nothing, and leaves nothing in the clear', async () => {
    const { seal, key } = await keyPair();
    for (let after = 0; ; after += 1) {
      const dir = await small();
      const before = await contents(dir);
      const folder = await openFolder(dir);
      const died = await encryptStore(dying(folder, after), seal).then(
        () => false,
        () => true,
      );
      expect(await readAll(dir, Object.keys(before), key)).toEqual(before);
      await encryptStore(folder, seal).catch((error: unknown) => expect(error).toMatchObject({ code: 'PKI_SEALED' }));
      expect(await readAll(dir, Object.keys(before), key)).toEqual(before);
      expect(Object.keys(await contents(dir))).toEqual(
        ['ca-key.pem.age', 'ca.pem', 'encryption.key.age', 'hosts/h1/a-key.pem.age', 'recipients.txt'].sort(),
      );
      if (!died) break;
      expect(after).toBeLessThan(20);
    }
  });

  test('decryption loses nothing', async () => {
    const { seal, key } = await keyPair();
    const sealed = await small();
    const before = await contents(sealed);
    await encryptStore(await openFolder(sealed), seal);
    for (let after = 0; ; after += 1) {
      const dir = join(await temporaryFolder(), 'pki');
      await cp(sealed, dir, { recursive: true });
      const folder = await openFolder(dir);
      const died = await decryptStore(dying(folder, after), key).then(
        () => false,
        () => true,
      );
      expect(await readAll(dir, Object.keys(before), key)).toEqual(before);
      await decryptStore(folder, key).catch((error: unknown) => expect(error).toMatchObject({ code: 'PKI_UNSEALED' }));
      expect(await contents(dir)).toEqual(before);
      if (!died) break;
      expect(after).toBeLessThan(20);
    }
  });

  test('a key that was written meanwhile is not lost to an older one', async () => {
    const dir = await small();
    const { seal, key } = await keyPair();
    const folder = await openFolder(dir);
    // All is encrypted, and the store says so; nothing in the clear is gone yet.
    await expect(encryptStore(dying(folder, 4), seal)).rejects.toThrow('killed');
    await (await openStore(dir, key)).write([{ name: 'ca-key.pem', text: 'a newer one' }]);
    // As where that writing was killed before its last step.
    await writeFile(join(dir, 'ca-key.pem'), 'text of ca-key.pem', { mode: 0o600 });
    await encryptStore(folder, seal);
    expect(await readAll(dir, ['ca-key.pem'], key)).toEqual({ 'ca-key.pem': 'a newer one' });
  });

  test('what a killed write has left is gone too', async () => {
    const dir = await small();
    const { seal, key } = await keyPair();
    const folder = await openFolder(dir);
    const encrypt = () => encryptStore(folder, seal);
    // Also where all is encrypted already: a decryption may have been killed.
    for (const [work, code] of [[encrypt], [encrypt, 'PKI_SEALED'], [() => decryptStore(folder, key)]] as const) {
      await writeFile(join(dir, 'ca-key.pem.0123456789ab.tmp'), 'half a key', { mode: 0o600 });
      expect(await codeOf(work)).toBe(code ?? 'nothing was thrown');
      expect(Object.keys(await contents(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
  });
});

describe("age's own program", () => {
  const hasAge = spawnSync('age', ['--version']).status === 0;

  test.skipIf(!hasAge)('opens what k8sup has encrypted', async () => {
    const dir = await freshStore();
    const before = await contents(dir);
    const { seal, identity } = await keyPair();
    await encryptStore(await openFolder(dir), seal);
    const file = join(await temporaryFolder(), 'key.txt');
    onTestFinished(() => rm(file, { force: true }));
    await writeFile(file, identity);
    await chmod(file, 0o600);
    expect(execFileSync('age', ['-d', '-i', file, join(dir, 'admin-key.pem.age')], { encoding: 'utf8' })).toBe(
      before['admin-key.pem'],
    );
  });
});
