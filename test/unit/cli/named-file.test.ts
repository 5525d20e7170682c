import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readNamed, writeNew, writingNamed } from '../../../src/cli/named-file.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'k8sup-named-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file that is named and not there is told by its name', async () => {
  const path = join(folder, 'none');
  await expect(readNamed(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', kind: 'usage' });
  await expect(readNamed(path)).rejects.toThrow(path);
});

test('a new file is its owner’s alone, and made before what is to be in it', async () => {
  const path = join(folder, 'new');
  await writeNew(path, () => Promise.resolve(existsSync(path) ? 'a secret' : 'too early'));
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['a secret', 0o600]);
});

test('a file that is there is left as it is, and nothing is made for it', async () => {
  const path = join(folder, 'there');
  writeFileSync(path, 'precious');
  const never = (): Promise<string> => Promise.reject(new Error('made in vain'));
  await expect(writeNew(path, never)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('a file whose text could not be made is not left empty, and the reason passes', async () => {
  const path = join(folder, 'half');
  const refused = new Error('the cluster signs nothing');
  await expect(writeNew(path, () => Promise.reject(refused))).rejects.toBe(refused);
  expect(existsSync(path)).toBe(false);
});

test('a place that cannot be written to is told by its name', async () => {
  const path = join(folder, 'no', 'folder');
  await expect(writeNew(path, () => Promise.resolve(''))).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
  await expect(writingNamed(path, () => Promise.reject(new Error('ENOSPC')))).rejects.toMatchObject({
    code: 'FILE_NOT_WRITTEN',
    why: 'ENOSPC',
  });
});
