import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadInventory } from '../../../../src/inventory/load.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { openClusterPki, openStore, readRotations } from '../../../../src/pki/index.ts';
import { cli } from '../io.ts';

const folder = mkdtempSync(join(tmpdir(), 'k8sup-rotate-'));
afterAll(() => rmSync(folder, { recursive: true }));
const inventory = join(folder, 'inventory.yaml');
writeFileSync(
  inventory,
  `cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, master, node], ssh: { proxyCommand: 'false' } }]\n`,
);
const pki = join(folder, '.k8sup/one/pki');
const rotate = (...flags: readonly string[]) => cli('certs', 'rotate-ca', 'etcd', inventory, '-o', 'plain', ...flags);

test.each([
  ['a key without its certificate', ['--key', 'k.pem']],
  ['a chain without its certificate', ['--chain', 'c.pem']],
  ['an offline key of nobody', ['--offline']],
  ['two answers', ['--cert', 'c.pem', '--self-signed']],
])('certs rotate-ca does not leave %s unheard', async (_title, flags) => {
  const { code, err } = await rotate(...flags);
  expect([code, err]).toEqual([64, expect.stringContaining('ROTATE_VAGUE')]);
});

test('certs rotate-ca goes on with what it began, and with nothing else', async () => {
  await openClusterPki(pki, await loadInventory(inventory, networkPlugins));
  // No host can be reached; by then the exchange has begun.
  expect((await rotate()).code).not.toBe(0);
  const store = await openStore(pki);
  const began = (await readRotations(store)).get('etcd-ca');
  expect(began).toMatchObject({ phase: 'trust' });

  const { code, err } = await rotate('--self-signed');
  expect([code, err]).toEqual([64, expect.stringContaining('ROTATE_UNDER_WAY')]);
  expect((await readRotations(store)).get('etcd-ca')).toEqual(began);
  expect((await rotate()).err).not.toContain('ROTATE_UNDER_WAY');
});
