import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readPkiEarly } from '../../../src/cli/early-pki.ts';
import type { Run } from '../../../src/cli/run.ts';
import { openClusterPki } from '../../../src/pki/index.ts';
import { newest } from '../components/fixture.ts';

const folder = await mkdtemp(join(tmpdir(), 'k8sup-early-'));
afterAll(() => rm(folder, { recursive: true }));
const pki = join(folder, 'pki');
const read = () => readPkiEarly({ paths: { pki }, inventory: newest } as Run);

it('gives what a store holds, and nothing where anything of it is still to be made', async () => {
  expect(await read()).toBeUndefined();
  expect(existsSync(pki)).toBe(false);

  const made = await openClusterPki(pki, newest);
  const early = await read();
  expect(early?.adminKubeconfig()).toBe(made.adminKubeconfig());
  expect(early?.leaves.map(({ certPem }) => certPem)).toEqual(made.leaves.map(({ certPem }) => certPem));

  await rm(join(pki, 'admin.pem'));
  const before = await readdir(pki);
  expect(await read()).toBeUndefined();
  expect(await readdir(pki)).toEqual(before);

  await chmod(join(pki, 'kubernetes-ca-key.pem'), 0o644);
  expect(await read()).toBeUndefined();
});
