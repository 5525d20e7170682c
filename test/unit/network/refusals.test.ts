import { describe, expect, test } from 'vitest';
import { checkInventory } from '../../../src/inventory/load.ts';
import { networkAdditions, networkPlugins, pluginOf } from '../../../src/network/network.ts';
import { networkSchema } from '../../../src/inventory/schema/network.ts';
import { inventoryBeside } from './rendering.ts';

/** Codes and places of all that is said of a network on two hosts. */
function said(network: object, cluster: object = {}): readonly string[] {
  const hosts = ['h1', 'h2'].map((name, index) => ({
    name,
    address: `10.88.0.${String(index + 11)}`,
    roles: index === 0 ? ['etcd', 'master', 'node'] : ['node'],
  }));
  const text = JSON.stringify({ cluster: { name: 'c', kubernetesVersion: '1.36.3', network, ...cluster }, hosts });
  const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
  const errors = 'problems' in checked ? checked.problems : [];
  return [...errors, ...checked.warnings].map(({ code, path }) => `${code} ${path.replace('cluster.network.', '')}`);
}

const peer = { address: '192.0.2.1', asNumber: 64701 };

describe('kube-router', () => {
  test.each([
    [{ version: '2.5.0' }, 'KUBE_ROUTER_UNSUPPORTED kube-router.version'],
    [{ nodeMesh: false, hostASNumbers: { h1: 64601 } }, 'KUBE_ROUTER_ASN_MISSING kube-router.nodeMesh'],
    [{ nodeMesh: false, hostASNumbers: { h9: 64601 } }, 'KUBE_ROUTER_HOST_UNKNOWN kube-router.hostASNumbers.h9'],
    [{ hostASNumbers: { h1: 64601 } }, 'SETTING_WITHOUT_EFFECT kube-router.hostASNumbers'],
    [{ bgpPeers: [{ ...peer, address: '192.0.2.999' }] }, 'BGP_PEER_INVALID kube-router.bgpPeers[0].address'],
    [{ bgpPeers: [peer, peer] }, 'BGP_PEER_TWICE kube-router.bgpPeers[1].address'],
    [{ hairpin: true }, 'SETTING_WITHOUT_EFFECT kube-router.hairpin'],
    [{}, 'PLUGIN_NOT_PROVED plugin'],
  ])('%j is told: %s', (settings, expected) => {
    expect(said({ plugin: 'kube-router', 'kube-router': settings })).toContain(expected);
  });

  test('Kubernetes 1.20 is refused, and settings of kube-proxy have no effect beside its service proxy', () => {
    expect(said({ plugin: 'kube-router' }, { kubernetesVersion: '1.20.15' })).toContain(
      'KUBE_ROUTER_NEEDS_KUBERNETES_1_21 plugin',
    );
    const network = { plugin: 'kube-router', 'kube-router': { serviceProxy: true } };
    expect(said(network, { kubeProxy: { mode: 'iptables' } })).toContain('SETTING_WITHOUT_EFFECT cluster.kubeProxy');
  });

  test('its firewall goes beside flannel and bridge alone', () => {
    expect(said({ plugin: 'calico', policy: 'kube-router' })).toContain('ADDITION_UNSUPPORTED policy');
    expect(said({ plugin: 'bridge', policy: 'kube-router' })).toEqual(['PLUGIN_NOT_PROVED policy']);
    expect(said({ policy: 'kube-router' }, { kubernetesVersion: '1.20.15' })).toContain(
      'KUBE_ROUTER_NEEDS_KUBERNETES_1_21 policy',
    );
    expect(said({ policy: 'none' })).toEqual([]);
  });

  test('what it needs of the kernel follows what it does', () => {
    const modules = (settings: object) =>
      inventoryBeside('kube-router', { 'kube-router': settings }).cluster.network.needs.kernel.map(
        ({ module }) => module,
      );
    expect(modules({ overlay: 'none', firewall: false })).toEqual([]);
    expect(modules({ firewall: false })).toEqual(['ipip']);
    expect(modules({ overlay: 'none', firewall: false, serviceProxy: true })).toContain('ip_vs');
    expect(modules({ overlay: 'none' })).toContain('xt_physdev');
  });
});

describe('kube-ovn', () => {
  test.each([
    [{ version: '1.15.0' }, 'KUBE_OVN_UNSUPPORTED kube-ovn.version'],
    [{ networkType: 'vlan' }, 'KUBE_OVN_VLAN_MISSING kube-ovn.networkType'],
    [{ vlan: { interface: 'eth1' } }, 'SETTING_WITHOUT_EFFECT kube-ovn.vlan'],
    [
      { networkType: 'vlan', vlan: { interface: 'eth1' }, interface: 'eth0' },
      'SETTING_WITHOUT_EFFECT kube-ovn.interface',
    ],
    [{ joinCIDR: '10.96.0.0/24' }, 'CIDR_OVERLAP kube-ovn.joinCIDR'],
    [{ joinCIDR: 'x' }, 'CIDR_INVALID kube-ovn.joinCIDR'],
    [{ joinCIDR: '10.88.0.0/24' }, 'HOST_IN_CLUSTER_CIDR hosts[0].address'],
    [{ podGateway: '10.96.0.1' }, 'KUBE_OVN_ADDRESS_OUTSIDE kube-ovn.podGateway'],
    [{ excludeIPs: ['10.244.0.9..10.245.0.1'] }, 'KUBE_OVN_ADDRESS_OUTSIDE kube-ovn.excludeIPs[0]'],
  ])('%j is told: %s', (settings, expected) => {
    expect(said({ plugin: 'kube-ovn', 'kube-ovn': settings })).toContain(expected);
  });

  test('Kubernetes before 1.29 is refused', () => {
    expect(said({ plugin: 'kube-ovn' }, { kubernetesVersion: '1.28.0' })).toContain(
      'KUBE_OVN_NEEDS_KUBERNETES_1_29 plugin',
    );
  });
});

describe('cilium', () => {
  test.each([
    [{ version: '1.19.0' }, 'CILIUM_UNSUPPORTED cilium.version'],
    [{ routing: 'native', nativeRoutingCIDR: '10.245.0.0/16' }, 'CILIUM_NATIVE_CIDR cilium.nativeRoutingCIDR'],
    [{ routing: 'native', tunnel: 'geneve' }, 'SETTING_WITHOUT_EFFECT cilium.tunnel'],
    [{ directNodeRoutes: true }, 'SETTING_WITHOUT_EFFECT cilium.directNodeRoutes'],
    [{ hubble: { enabled: true, ui: true } }, 'CILIUM_UI_NEEDS_RELAY cilium.hubble.ui'],
    [{ hubble: { relay: true } }, 'CILIUM_HUBBLE_OFF cilium.hubble'],
  ])('%j is told: %s', (settings, expected) => {
    expect(said({ plugin: 'cilium', cilium: settings })).toContain(expected);
  });

  test('without kube-proxy its settings have no effect; Kubernetes 1.20 and the cache of DNS are refused', () => {
    const network = { plugin: 'cilium', cilium: { kubeProxyReplacement: true } };
    expect(said(network, { kubeProxy: { mode: 'iptables' } })).toContain('SETTING_WITHOUT_EFFECT cluster.kubeProxy');
    expect(said({ plugin: 'cilium' }, { kubernetesVersion: '1.20.15' })).toContain(
      'CILIUM_NEEDS_KUBERNETES_1_21 plugin',
    );
    expect(said({ plugin: 'cilium', nodeLocalDNS: { enabled: true } })).toContain('ADDITION_UNSUPPORTED nodeLocalDNS');
  });
});

test.each([
  ['192.0.2.1', 'NODE_LOCAL_DNS_ADDRESS nodeLocalDNS.ip'],
  ['x', 'ADDRESS_INVALID nodeLocalDNS.ip'],
])('the cache of DNS at %s is told: %s', (ip, expected) => {
  expect(said({ nodeLocalDNS: { enabled: true, ip } })).toContain(expected);
});

test.each([
  ['kube-router', {}, 'IP in IP subnet, BGP mesh, firewall', 'direct', 'tunnel'],
  [
    'kube-router',
    { 'kube-router': { overlay: 'full', serviceProxy: true } },
    'IP in IP full, BGP mesh, IPVS, firewall',
    'tunnel',
    'tunnel',
  ],
  [
    'kube-router',
    { 'kube-router': { overlay: 'none', firewall: false } },
    'plain routes, BGP mesh',
    'direct',
    'direct',
  ],
  ['kube-ovn', {}, 'geneve', undefined, undefined],
  [
    'cilium',
    { cilium: { routing: 'native', encryption: 'wireguard', kubeProxyReplacement: true } },
    'native routing, WireGuard, without kube-proxy',
    undefined,
    undefined,
  ],
])('%s with %j is shown as: %s', (plugin, network, mode, onLink, behindRouter) => {
  const inventory = inventoryBeside(plugin, network);
  const { status } = pluginOf(inventory);
  expect([status.mode(inventory), status.wayTo(inventory, true), status.wayTo(inventory, false)]).toEqual([
    mode,
    onLink,
    behindRouter,
  ]);
});

test.each(networkPlugins.map(({ name }) => name).filter((name) => !['flannel', 'bridge', 'macvlan'].includes(name)))(
  'what %s takes no notice of is told',
  (plugin) => {
    const cni = { portmap: false };
    const told = said({ plugin, mtu: 1400, cni, nonMasqueradeCIDRs: ['192.0.2.0/24'] });
    for (const key of ['mtu', 'cni', 'nonMasqueradeCIDRs']) expect(told).toContain(`SETTING_WITHOUT_EFFECT ${key}`);
  },
);

test('a second interface of every pod and Multus are refused together', () => {
  const ranges = { h1: { from: '172.16.1.1', to: '172.16.1.9' }, h2: { from: '172.16.2.1', to: '172.16.2.9' } };
  const second = { plugin: 'macvlan', master: 'eth1', subnet: '172.16.0.0/22', ranges };
  const network = { multus: { enabled: true }, secondInterface: second };
  expect(said(network)).toContain('MULTUS_AND_SECOND_INTERFACE secondInterface');
});

test.each([
  ['flannel', {}, false],
  ['flannel', { policy: 'none' }, false],
  ['flannel', { policy: 'kube-router' }, true],
  ['kube-router', {}, true],
  ['kube-router', { 'kube-router': { firewall: false } }, false],
  ['kube-ovn', { 'kube-ovn': { networkPolicy: false } }, false],
  ['cilium', {}, true],
])('policies with %s and %j: %s', (plugin, network, enforced) => {
  expect(inventoryBeside(plugin, network).cluster.network.enforcesPolicy).toBe(enforced);
});

test.each([
  ['kube-router', { 'kube-router': { serviceProxy: true } }],
  ['cilium', { cilium: { kubeProxyReplacement: true } }],
])('%s does without kube-proxy where it is told to do its work', (plugin, network) => {
  expect(inventoryBeside(plugin, network).cluster.network.needs.replacesKubeProxy).toBe(true);
  expect(inventoryBeside(plugin, {}).cluster.network.needs.replacesKubeProxy).toBeUndefined();
});

test('additions have names of their own, and stand beside plugins that there are', () => {
  const names = [...networkPlugins, ...networkAdditions].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name in networkSchema.shape)).toEqual([]);
  const plugins = networkPlugins.map(({ name }) => name);
  expect(networkAdditions.flatMap(({ beside }) => beside).filter((name) => !plugins.includes(name))).toEqual([]);
});

test('what stands beside a plugin needs what it needs, after the plugin’s own', () => {
  const { needs } = inventoryBeside('calico', { multus: { enabled: true } }).cluster.network;
  expect(needs.upstream?.map(({ component }) => component)).toEqual(['calico', 'multus']);
  expect(pluginOf(inventoryBeside('calico', {})).additions?.map(({ name }) => name)).toEqual([
    'multus',
    'nodeLocalDNS',
  ]);
});
