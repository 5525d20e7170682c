import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { loadInventory } from '../../../../src/inventory/load.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { openClusterPki } from '../../../../src/pki/index.ts';
import type { Transport } from '../../../../src/transport/transport.ts';
import { cli } from '../io.ts';

vi.mock('../../../../src/cli/transport-of.ts', () => ({ transportOf: () => away }));

const gone = new K8supError({
  code: 'HOST_UNREACHABLE',
  kind: 'connection',
  what: 'h1: cannot be reached',
  why: 'no route',
});
const away: Transport = {
  prepare: () => Promise.resolve(),
  connect: () => Promise.reject(gone),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-certs-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it('certs does not end well where a host was not seen: a watch would take that for good', async () => {
  const inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
  const { code, out } = await cli('certs', 'list', inventory, '--below', '90');
  expect(code).toBe(11);
  expect(out).toContain('h1: its certificates are not shown: no route\n');
});

it('certs renew names what it makes anew, also what no host has', async () => {
  const inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
  await openClusterPki(join(folder, '.k8sup/one/pki'), await loadInventory(inventory, networkPlugins));
  const { out } = await cli('certs', 'renew', 'admin', 'etcd-peer', '-i', inventory);
  expect(out).toMatch(/ made anew: etcd-peer, admin\n/);
});

it.each<readonly [readonly string[], string]>([
  [['admn'], 'did you mean admin?\n'],
  [['etcd-ca'], 'authorities are exchanged:  k8sup certs rotate-ca etcd\n'],
  [['kubelet', '--hosts', 'h7'], 'its hosts are: h1\n'],
  [[], 'name some of etcd-server, '],
])('certs renew %j tells what to do instead, and no more', async (args, fix) => {
  const inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
  const { code, err } = await cli('certs', 'renew', ...args, '-i', inventory);
  expect([code, err]).toEqual([64, expect.stringContaining(`Fix: ${fix}`)]);
});
