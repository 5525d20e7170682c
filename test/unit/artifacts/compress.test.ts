import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { openCompress } from '../../../src/artifacts/compress.ts';
import { never, sha256, temporaryFolder } from './temporary.ts';
import type { TemporaryFolder } from './temporary.ts';

vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof fs>();
  return { ...actual, open: vi.fn(actual.open), rename: vi.fn(actual.rename) };
});

const content = 'a program '.repeat(10_000);

async function artifact(folder: TemporaryFolder) {
  const path = await folder.write('etcd', content);
  const id = { component: 'etcd', version: '3.6.5', architecture: 'amd64', file: 'etcd' } as const;
  return { id, path, sha256: sha256(content), size: content.length, source: 'upstream' };
}

/** Stands in for zstd: its output is gzip, which is enough to see that it was used. */
const fakeZstd =
  '#!/bin/sh\n[ "$1" = --version ] && exit 0\nfor last; do :; done\necho run >> "$0.runs"\ngzip -c "$last" > "$6"\n';

test('gzip keeps the bytes, says its length, and is made once', async () => {
  await using folder = await temporaryFolder();
  const compress = openCompress(join(folder.path, 'out'));
  const from = await artifact(folder);
  const [first, second] = await Promise.all([compress(from, 'gzip', never), compress(from, 'gzip', never)]);
  expect(second).toEqual(first);
  expect(gunzipSync(await readFile(first.path)).toString()).toBe(content);
  expect(first).toMatchObject({ compression: 'gzip', length: (await stat(first.path)).size });
  await writeFile(first.path, 'kept');
  expect(await openCompress(join(folder.path, 'out'))(from, 'gzip', never)).toMatchObject({ length: 4 });
  expect(await readdir(join(folder.path, 'out'))).toHaveLength(1);
});

test('zstd is used where the controller has it', async () => {
  await using folder = await temporaryFolder();
  const zstd = await folder.write('zstd', fakeZstd, 0o755);
  const compress = openCompress(join(folder.path, 'out'), zstd);
  const from = await artifact(folder);
  const made = await Promise.all([compress(from, 'zstd', never), compress(from, 'zstd', never)]);
  expect(made[0]).toMatchObject({ compression: 'zstd', path: expect.stringMatching(/\.zst$/) as string });
  expect(execFileSync('gzip', ['-dc', made[0].path]).toString()).toBe(content);
  expect(await readFile(`${zstd}.runs`, 'utf8')).toBe('run\n');
});

test('gzip stands in for a zstd that is not there, and says so', async () => {
  await using folder = await temporaryFolder();
  const compress = openCompress(join(folder.path, 'out'), join(folder.path, 'no-zstd'));
  expect(await compress(await artifact(folder), 'zstd', never)).toMatchObject({ compression: 'gzip' });
});

test('what zstd wrote is on the disk before it has the name that is trusted', async () => {
  await using folder = await temporaryFolder();
  const zstd = await folder.write('zstd', fakeZstd, 0o755);
  const order: string[] = [];
  const { open, rename } = await vi.importActual<typeof fs>('node:fs/promises');
  vi.mocked(fs.open).mockImplementation(async (...args) => {
    const handle = await open(...args);
    const sync = handle.sync.bind(handle);
    handle.sync = () => (order.push(`sync ${String(args[0])}`), sync());
    return handle;
  });
  vi.mocked(fs.rename).mockImplementation((from, to) => (order.push(`rename ${String(from)}`), rename(from, to)));
  const { path } = await openCompress(join(folder.path, 'out'), zstd)(await artifact(folder), 'zstd', never);
  const temporary = order[0]?.split(' ')[1] ?? '';
  expect(temporary.startsWith(path)).toBe(true);
  expect(order).toEqual([`sync ${temporary}`, `rename ${temporary}`]);
});
