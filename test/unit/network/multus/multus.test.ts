import { describe, expect, it, test } from 'vitest';
import { checkInventory } from '../../../../src/inventory/load.ts';
import { multus } from '../../../../src/network/multus/multus.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { because, noUpstream } from '../../../support/upstream.ts';
import { inventoryBeside, manifestChanges } from '../rendering.ts';
import { multusVariants } from './variants.ts';

const beside = (settings: object, cluster: object = {}) =>
  inventoryBeside('flannel', { multus: { enabled: true, ...settings } }, cluster);

describe.skipIf(noUpstream !== undefined)(`Multus' objects${because(noUpstream)}`, () => {
  it.each(Object.entries(multusVariants))('%s', async (name, { settings, cluster }) => {
    const text = await manifestChanges('multus', 'multus', { settings }, beside(settings, cluster));
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

const lan = { name: 'lan', type: 'macvlan', master: 'eth1', subnet: '192.0.2.0/24' };

function codes(network: object, cluster: object = {}): readonly string[] {
  const hosts = ['h1', 'h2'].map((name, index) => ({
    name,
    address: `10.88.0.${String(index + 11)}`,
    roles: index === 0 ? ['etcd', 'master', 'node'] : ['node'],
  }));
  const text = JSON.stringify({ cluster: { name: 'c', network: { policy: 'none', ...network }, ...cluster }, hosts });
  const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
  const errors = 'problems' in checked ? checked.problems : [];
  return [...errors, ...checked.warnings].map(({ code, path }) => `${code} ${path}`);
}

test.each([
  [
    { networks: [{ ...lan, rangeStart: '198.51.100.1' }] },
    'MULTUS_ADDRESS_OUTSIDE cluster.network.multus.networks[0].rangeStart',
  ],
  [
    { networks: [{ ...lan, rangeStart: '192.0.2.9', rangeEnd: '192.0.2.8' }] },
    'MULTUS_RANGE_INVALID cluster.network.multus.networks[0].rangeEnd',
  ],
  [{ networks: [{ ...lan, subnet: '10.244.8.0/24' }] }, 'CIDR_OVERLAP cluster.network.multus.networks[0].subnet'],
  [{ networks: [{ ...lan, subnet: '192.0.2.1/24' }] }, 'CIDR_INVALID cluster.network.multus.networks[0].subnet'],
  [
    { networks: [{ name: 'lan', type: 'macvlan', master: 'eth1' }] },
    'MULTUS_SUBNET_MISSING cluster.network.multus.networks[0]',
  ],
  [{ networks: [lan, lan] }, 'MULTUS_NETWORK_TWICE cluster.network.multus.networks[1].name'],
  [{ networks: [lan] }, 'MULTUS_ADDRESSES_BY_NODE cluster.network.multus.networks[0].subnet'],
  [{ networks: [{ ...lan, ipam: 'static' }] }, 'SETTING_WITHOUT_EFFECT cluster.network.multus.networks[0].subnet'],
  [{ version: '4.2.0' }, 'MULTUS_UNSUPPORTED cluster.network.multus.version'],
  [{}, 'PLUGIN_NOT_PROVED cluster.network.multus'],
])('%j is told: %s', (settings, expected) => {
  expect(codes({ multus: { enabled: true, ...settings } })).toContain(expected);
});

test('it goes with containerd alone, and not with a network of one’s own', () => {
  const enabled = { multus: { enabled: true } };
  expect(codes(enabled, { kubernetesVersion: '1.20.15' })).toContain('MULTUS_NEEDS_CONTAINERD cluster.network.multus');
  expect(codes({ plugin: 'none', ...enabled })).toContain('ADDITION_UNSUPPORTED cluster.network.multus');
});

test('nothing of it is asked for or checked where it is off', () => {
  expect(codes({ multus: { version: '4.2.0' } })).toEqual([]);
  expect(inventoryBeside('flannel', {}).cluster.network.additions).toEqual({});
});

test('macvlan is needed of the kernel by its networks, and its file of configuration is its own', () => {
  expect(beside({}).cluster.network.needs.kernel.map(({ module }) => module)).not.toContain('macvlan');
  expect(beside({ networks: [lan] }).cluster.network.needs.kernel.map(({ module }) => module)).toContain('macvlan');
  expect(multus.claims(beside({}))).toContainEqual({ kind: 'path', name: '/etc/cni/net.d/00-multus.conf' });
});
