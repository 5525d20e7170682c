import { expect, test } from 'vitest';
import { architectureOf, artifactIds } from '../../../src/artifacts/needed.ts';
import { noNeeds } from '../../../src/inventory/plugin.ts';
import type { Inventory } from '../../../src/inventory/model.ts';

const versions = {
  kubernetes: '1.36.3',
  etcd: '3.6.5',
  containerd: '2.2.0',
  runc: '1.3.3',
  docker: '20.10.24',
  cniPlugins: '1.9.1',
  coredns: '1.15.0',
};

function components(runtime: 'containerd' | 'docker', plugin: 'flannel' | 'bridge', more: object = {}): string[] {
  const artifacts = plugin === 'flannel' ? { flannel: '0.28.4', 'cni-plugin-flannel': '0.9.1' } : {};
  const network = { plugin, needs: { ...noNeeds, artifacts } };
  const cluster = { versions: { ...versions, ...more }, runtime: { type: runtime }, network };
  const inventory = { cluster, hosts: [{ roles: new Set(['etcd']) }] } as unknown as Inventory;
  return [...new Set(artifactIds(inventory, 'amd64').map((id) => `${id.component} ${id.version}`))];
}

test('containerd with flannel, in the order of the stages', () => {
  expect(components('containerd', 'flannel')).toEqual([
    'etcd 3.6.5',
    'containerd 2.2.0',
    'runc 1.3.3',
    'cni-plugins 1.9.1',
    'kubernetes 1.36.3',
    'cni-plugin-flannel 0.9.1',
    'flannel 0.28.4',
    'coredns 1.15.0',
  ]);
});

test('Docker brings its own containerd and runc, and without flannel there is none', () => {
  expect(components('docker', 'bridge')).toEqual([
    'etcd 3.6.5',
    'docker 20.10.24',
    'cni-plugins 1.9.1',
    'kubernetes 1.36.3',
    'coredns 1.15.0',
  ]);
});

test.each([
  ['1.23.17', []],
  ['1.24.0', ['cri-dockerd 0.3.15']],
])('Docker with %s has its CRI', (kubernetes, found) => {
  const all = components('docker', 'bridge', { kubernetes, criDockerd: '0.3.15' });
  expect(all.filter((name) => name.startsWith('cri-'))).toEqual(found);
});

test('machines are named as uname names them', () => {
  expect([architectureOf('x86_64'), architectureOf('aarch64')]).toEqual(['amd64', 'arm64']);
  expect(() => architectureOf('riscv64')).toThrow(expect.objectContaining({ code: 'ARTIFACT_ARCHITECTURE' }));
});
