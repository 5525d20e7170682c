import { rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHashRecords, sha256File } from '../../../src/artifacts/file-hash.ts';
import { never, sha256, temporaryFolder } from './temporary.ts';

function counting(folder: string) {
  const counter = { count: 0 };
  const records = openHashRecords(join(folder, 'records'), async (path, signal) => {
    counter.count += 1;
    return await sha256File(path, signal);
  });
  return { counter, records };
}

test('an unchanged file is hashed once, also by a later process', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('big', 'content');
  const first = counting(folder.path);
  const sums = await Promise.all([first.records.hash(path, never), first.records.hash(path, never)]);
  expect(sums).toEqual([sha256('content'), sha256('content')]);
  expect(first.counter.count).toBe(1);
  const second = counting(folder.path);
  expect(await second.records.hash(path, never)).toBe(sha256('content'));
  expect(second.counter.count).toBe(0);
});

test('a file with other content of the same length and time is hashed again', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('big', 'content');
  const { records } = counting(folder.path);
  await utimes(path, 1000, 1000);
  await records.hash(path, never);
  await writeFile(path, 'kontent');
  await utimes(path, 1000, 1000);
  expect(await records.hash(path, never)).toBe(sha256('kontent'));
});

test('a recorded hash holds after the rename it was made for', async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write('new', 'content');
  const final = join(folder.path, 'final');
  await rename(path, final);
  const { counter, records } = counting(folder.path);
  await records.record(final, sha256('content'));
  expect(await records.hash(final, never)).toBe(sha256('content'));
  expect(counter.count).toBe(0);
});
