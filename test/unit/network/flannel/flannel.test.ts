import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { flannel } from '../../../../src/network/flannel/flannel.ts';
import { flannelSettings } from '../../../../src/network/flannel/settings.ts';
import type { FlannelSettings } from '../../../../src/network/flannel/settings.ts';
import type { Inventory } from '../../../../src/inventory/model.ts';
import { partsOf } from '../../../../src/network/parts.ts';
import { factsOf, flagsOf, hostOf, networkOf, newest } from '../../components/fixture.ts';

const host = hostOf(newest, 'h2');

function settings(changes: Partial<FlannelSettings>, mode: 'iptables' | 'nftables' = 'nftables'): Inventory {
  const { cluster } = newest;
  const network = { ...cluster.network, settings: { ...flannelSettings(newest), ...changes } };
  return { ...newest, cluster: { ...cluster, network, kubeProxy: { mode } } };
}

const made = (inventory: Inventory) => flannel.component({ inventory, host, facts: factsOf(), podCIDRs: {} });
const netConf = (inventory: Inventory): unknown => JSON.parse(made(inventory)?.files[0]?.content ?? '');

test('vxlan with all its settings', () => {
  const inventory = settings({ vni: 7, port: 4789, mtu: 1400, directRouting: true });
  expect(netConf(inventory)).toEqual({
    Network: '10.244.0.0/16',
    EnableNFTables: true,
    Backend: { Type: 'vxlan', VNI: 7, Port: 4789, DirectRouting: true, MTU: 1400 },
  });
  expect(flannel.claims(inventory)).toContainEqual({ kind: 'link', name: 'flannel.7' });
});

test('its packet filter is that of kube-proxy', () => {
  expect(netConf(settings({}, 'iptables'))).not.toHaveProperty('EnableNFTables');
});

test('host-gw has no tunnel; its MTU is set on the bridge', () => {
  const inventory = settings({ backend: 'host-gw', mtu: 1400 });
  expect(netConf(inventory)).toHaveProperty('Backend', { Type: 'host-gw' });
  const [file] = flannel.cniFiles({ inventory, host, facts: factsOf(), podCIDRs: {} });
  expect(JSON.parse(file?.content ?? '')).toHaveProperty('plugins.0.delegate.mtu', 1400);
});

test('the interface that carries the address, unless one is named', () => {
  expect(flagsOf(made(newest)?.text ?? '')).toMatchObject({ iface: '10.88.0.12', 'public-ip': '10.88.0.12' });
  const named = flagsOf(made(settings({ interface: 'eth1' }))?.text ?? '');
  expect(named).toMatchObject({ iface: 'eth1', 'public-ip': '10.88.0.12' });
});

test.each([
  [{}, '', 'flannel.1'],
  [{ vni: 5 }, 'flannel.1', 'flannel.5'],
  [{ backend: 'host-gw' as const }, 'flannel.1', ''],
])('with %j the interfaces left from other settings go: %s, not %s', (changes, gone, kept) => {
  const text = made(settings(changes))?.text ?? '';
  const script = /"(cd \/sys.*)"/.exec(text)?.[1]?.replaceAll('$$', '$').replaceAll('\\"', '"') ?? '';
  const links = ['eth0', gone, kept].filter((link) => link !== '');
  const rehearsal = `d=$(mktemp -d); cd "$d"; for n in ${links.join(' ')}; do touch "$n"; done; ip() { echo "$@"; }
cd() { :; }; ${script}; command cd /; rm -rf "$d"`;
  const run = spawnSync('/bin/sh', ['-c', rehearsal], { encoding: 'utf8' });
  expect(run.stdout.trim()).toBe(gone === '' ? '' : `link delete ${gone}`);
});

test('k8sup’s own rules hide pods where some blocks are to see them, and flanneld hides none', () => {
  const inventory = networkOf('{ plugin: flannel, nonMasqueradeCIDRs: [10.9.0.0/16] }');
  const target = { inventory, host, facts: factsOf(), podCIDRs: {} };
  expect(flagsOf(made(inventory)?.text ?? '')['ip-masq']).toBe('false');
  const rules = flannel.masquerade?.(target);
  expect(rules?.files[1]?.content).toBe('filter nft\nown 10.244.0.0/16\npods 10.244.0.0/16\nkeep 10.9.0.0/16\n');
  expect(flannel.claims(inventory)).toContainEqual({ kind: 'nft-table', name: 'ip k8sup' });
  expect(partsOf(flannel, target)).toContainEqual({ kind: 'unit', name: 'k8sup-routes.service' });
  expect(flagsOf(made(newest)?.text ?? '')['ip-masq']).toBe('true');
  expect(flannel.masquerade?.({ ...target, inventory: newest })).toBeUndefined();
});
