import { describe, expect, it } from 'vitest';
import { checkInventory } from '../../../../src/inventory/load.ts';
import { portsOf } from '../../../../src/host/facts/index.ts';
import { resolveSettings } from '../../../../src/network/calico/settings.ts';
import { calicoNeeds } from '../../../../src/network/calico/needs.ts';
import { calico } from '../../../../src/network/calico/calico.ts';
import { networkPlugins } from '../../../../src/network/network.ts';
import { unsafeChanges, recordOf } from '../../../../src/inventory/unsafe-changes.ts';
import { leafKinds } from '../../../../src/pki/leaves.ts';
import { kernelNeeds } from '../../../../src/preflight/kernel-needs.ts';
import { hostOf } from '../../components/fixture.ts';
import { etcdFiles, inventoryFor, variants } from './variants.ts';

const hosts = [
  { name: 'h1', address: '10.88.0.11', roles: ['etcd', 'master', 'node'] },
  { name: 'h2', address: '10.88.0.12', roles: ['node'] },
  { name: 'e1', address: '10.88.0.13', roles: ['etcd'] },
  { name: 'e2', address: '10.88.0.14', roles: ['etcd'] },
];

/** `CODE path` of all that is found, warnings that every inventory with this plugin has left out. */
function found(settings: object, network: object = {}, cluster: object = {}, plugin = 'calico'): readonly string[] {
  const own = { plugin, ...network, [plugin]: settings };
  const text = JSON.stringify({ cluster: { name: 'c', network: own, ...cluster }, hosts });
  const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
  const problems = 'inventory' in checked ? checked.warnings : checked.problems;
  return problems
    .filter(({ code }) => code !== 'PLUGIN_NOT_PROVED')
    .map(({ code, path }) => `${code} ${path.replace('cluster.network.', '')}`);
}

const reflectors = (...names: readonly string[]) => [{ hosts: names, clusterID: '244.0.0.1' }];
const etcd = { endpoints: ['https://192.0.2.5:2379'], ...etcdFiles };

describe('settings of Calico', () => {
  it.each(Object.entries(variants))('%s is a good inventory', (_name, variant) => {
    expect(() => inventoryFor(variant)).not.toThrow();
  });

  it.each<[string, object, readonly string[]]>([
    ['two tunnels', { ipip: 'always', vxlan: 'crossSubnet' }, ['CALICO_TWO_TUNNELS calico.ipip']],
    ['IP in IP without BIRD', { backend: 'none', ipip: 'always' }, ['CALICO_IPIP_NEEDS_BIRD calico.ipip']],
    ['backend vxlan without vxlan', { backend: 'vxlan', vxlan: 'never' }, ['CALICO_NO_ROUTES calico.vxlan']],
    ['vxlan with backend none', { backend: 'none', vxlan: 'always' }, ['CALICO_BACKEND_NONE calico.vxlan']],
    ['a pool outside', { poolCIDR: '10.0.0.0/16' }, ['CALICO_POOL_OUTSIDE calico.poolCIDR']],
    ['a pool wider than the pod CIDR', { poolCIDR: '10.244.0.0/15' }, ['CALICO_POOL_OUTSIDE calico.poolCIDR']],
    ['a pool that is none', { poolCIDR: '10.244.0.0' }, ['CIDR_INVALID calico.poolCIDR']],
    ['a pool with host bits', { poolCIDR: '10.244.0.1/17' }, ['CIDR_INVALID calico.poolCIDR']],
    ['a pool smaller than a block', { poolCIDR: '10.244.0.0/27' }, ['CALICO_BLOCK_TOO_LARGE calico.blockSize']],
    [
      'a reflector that is no host',
      { routeReflectors: reflectors('h9') },
      ['ROUTE_REFLECTOR_NO_NODE calico.routeReflectors[0].hosts[0]'],
    ],
    [
      'a reflector that is no node',
      { routeReflectors: reflectors('h1', 'e1') },
      ['ROUTE_REFLECTOR_NO_NODE calico.routeReflectors[0].hosts[1]'],
    ],
    [
      'a reflector twice',
      { routeReflectors: reflectors('h1', 'h1') },
      ['ROUTE_REFLECTOR_TWICE calico.routeReflectors[0].hosts[1]'],
    ],
    [
      'a cluster id that is no address',
      { routeReflectors: [{ hosts: ['h1'], clusterID: '244.0.0.300' }] },
      ['CLUSTER_ID_INVALID calico.routeReflectors[0].clusterID'],
    ],
    ['an AS number of no node', { hostASNumbers: { e1: 64513 } }, ['CALICO_HOST_UNKNOWN calico.hostASNumbers.e1']],
    ['no mesh and nothing else', { nodeMesh: false }, ['CALICO_NO_ROUTES calico.nodeMesh']],
    [
      'a peer twice',
      { bgpPeers: ['192.0.2.1', '192.0.2.2'].map((address) => ({ name: 'tor', address, asNumber: 1 })) },
      ['BGP_PEER_NAME_TAKEN calico.bgpPeers[1].name'],
    ],
    [
      'a peer with our name',
      { bgpPeers: [{ name: 'route-reflectors-1', address: '192.0.2.1', asNumber: 1 }] },
      ['BGP_PEER_NAME_TAKEN calico.bgpPeers[0].name'],
    ],
    [
      'a peer without an address',
      { bgpPeers: [{ name: 'tor', address: 'tor.example.com', asNumber: 1 }] },
      ['BGP_PEER_INVALID calico.bgpPeers[0].address'],
    ],
    ['BGP without BIRD', { backend: 'vxlan', asNumber: 64600 }, ['SETTING_WITHOUT_EFFECT calico.asNumber']],
    ['a detection that is none', { ipv4Detection: 'eth0' }, ['DETECTION_INVALID calico.ipv4Detection']],
    ['etcd without endpoints', { datastore: 'etcd' }, ['CALICO_ETCD_MISSING calico.datastore']],
    ['etcd without the datastore', { etcd }, ['SETTING_WITHOUT_EFFECT calico.etcd']],
    [
      'etcd without TLS',
      { datastore: 'etcd', etcd: { ...etcd, endpoints: ['http://192.0.2.5:2379'] } },
      ['CALICO_ETCD_PLAINTEXT calico.etcd.endpoints[0]'],
    ],
    [
      "the apiserver's etcd by address",
      { datastore: 'etcd', etcd: { ...etcd, endpoints: ['https://10.88.0.13:2379'] } },
      ['CALICO_ETCD_IS_APISERVERS calico.etcd.endpoints[0]'],
    ],
    [
      "the apiserver's etcd by name",
      { datastore: 'etcd', etcd: { ...etcd, endpoints: ['https://e2:2379'] } },
      ['CALICO_ETCD_IS_APISERVERS calico.etcd.endpoints[0]'],
    ],
    [
      'route reflectors with etcd',
      { datastore: 'etcd', etcd, routeReflectors: reflectors('h1') },
      ['CALICO_NEEDS_KUBERNETES_DATASTORE calico.routeReflectors'],
    ],
    [
      "Felix' settings that are k8sup's",
      { felix: { bpfEnabled: true, ipv6Support: true } },
      ['FELIX_SETTING_RESERVED calico.felix.bpfEnabled', 'FELIX_SETTING_RESERVED calico.felix.ipv6Support'],
    ],
    ['a version that its edits do not know', { version: '3.31.0' }, ['CALICO_UNSUPPORTED calico.version']],
  ])('%s', (_what, settings, expected) => expect(found(settings)).toEqual(expected));

  it('IP in IP is not for pods without IPv4 addresses, and Canal gives them no others', () => {
    const both = { podCIDR: '10.244.0.0/16,fd00:10:244::/56', serviceCIDR: '10.96.0.0/16,fd00:10:96::/112' };
    const ipv6 = { podCIDR: 'fd00:10:244::/56', serviceCIDR: 'fd00:10:96::/112' };
    expect(found({ ipip: 'always' }, ipv6)).toContain('CALICO_IPIP_NEEDS_IPV4 calico.ipip');
    expect(found({}, both, {}, 'canal')).toContain('CANAL_IPV4_ONLY podCIDR');
  });

  it('another etcd on a host of the cluster, on another port, is fine', () => {
    expect(found({ datastore: 'etcd', etcd: { ...etcd, endpoints: ['https://10.88.0.13:12379'] } })).toEqual([]);
  });

  it.each([
    'first-found',
    'kubernetes-internal-ip',
    'interface=eth.*',
    'skip-interface=docker.*',
    'can-reach=192.0.2.1',
    'cidr=192.0.2.0/24',
  ])('addresses are found by %s', (ipv4Detection) =>
    expect(found({ ipv4Detection, ipv6Detection: ipv4Detection })).toEqual([]),
  );

  it.each([
    ['1.22.17', 'CALICO_KUBERNETES_TOO_OLD plugin'],
    ['1.33.0', 'CALICO_KUBERNETES_UNTESTED plugin'],
    ['1.36.3', undefined],
  ])('with Kubernetes %s: %s', (kubernetesVersion, code) => {
    const codes = found({}, {}, { kubernetesVersion }).filter((line) => line.startsWith('CALICO'));
    expect(codes).toEqual(code === undefined ? [] : [code]);
  });

  it('settings of kube-proxy have no effect with eBPF', () => {
    expect(found({ ebpf: true, vxlan: 'always' }, {}, { kubeProxy: { mode: 'iptables' } })).toEqual([
      'SETTING_WITHOUT_EFFECT cluster.kubeProxy',
    ]);
  });

  it.each(['calico', 'canal'])('keys of the network that %s does not read are told', (plugin) => {
    expect(found({}, { mtu: 1400, nonMasqueradeCIDRs: ['192.0.2.0/24'], cni: { hairpin: false } }, {}, plugin)).toEqual(
      ['SETTING_WITHOUT_EFFECT mtu', 'SETTING_WITHOUT_EFFECT nonMasqueradeCIDRs', 'SETTING_WITHOUT_EFFECT cni'],
    );
  });

  it('is told to be rendered, not proved', () => {
    const text = JSON.stringify({ cluster: { name: 'c', network: { plugin: 'calico' } }, hosts });
    const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
    expect('inventory' in checked && checked.warnings.map(({ code }) => code)).toContain('PLUGIN_NOT_PROVED');
    expect(calico.enforcesPolicy).toBe(true);
  });
});

describe('what Calico needs', () => {
  const needs = (settings: object) => inventoryFor({ settings }).cluster.network.needs;
  const modules = (settings: object) => needs(settings).kernel.map(({ module }) => module);
  const numbers = (settings: object) =>
    needs(settings).ports.map(({ port, protocol }) => `${String(port)}/${protocol}`);

  it.each<[object, readonly string[]]>([
    [{}, ['ipip']],
    [{ vxlan: 'always' }, ['vxlan']],
    [{ ipip: 'never' }, []],
    [{ ipip: 'crossSubnet', wireguard: true }, ['ipip', 'wireguard']],
  ])('of the kernel for tunnels with %j', (settings, tunnels) => {
    expect(modules(settings).filter((module) => ['ipip', 'vxlan', 'wireguard'].includes(module))).toEqual(tunnels);
  });

  it("of the kernel for Felix' rules, by kube-proxy's mode", () => {
    expect(modules({})).toContain('nf_tables');
    const iptables = inventoryFor({ cluster: { kubeProxy: { mode: 'iptables' } } });
    const own = kernelNeeds(iptables, hostOf(iptables, 'h2'), { iptablesBackend: 'nft' });
    expect(own.filter(({ by }) => by.startsWith('Felix')).map(({ module }) => module)).toContain('xt_set');
  });

  it.each<[object, readonly string[]]>([
    [{}, ['179/tcp', '9099/tcp']],
    [{ backend: 'vxlan', healthPort: 9100 }, ['4789/udp', '9100/tcp']],
    [
      { ipip: 'never', wireguard: true, metrics: true, metricsPort: 9092 },
      ['179/tcp', '51820/udp', '9099/tcp', '9092/tcp'],
    ],
    [{ typha: 'on' }, ['179/tcp', '5473/tcp', '9098/tcp', '9099/tcp']],
  ])('of ports with %j', (settings, expected) => expect(numbers(settings)).toEqual(expected));

  it.each([
    [50, undefined],
    [51, 3],
    [451, 4],
  ])('for %i nodes Typha has so many replicas: %s', (nodes, replicas) => {
    expect(resolveSettings({ name: 'c' }, nodes).typhaReplicas).toBe(replicas);
  });

  it.each([
    ['off', 200, undefined],
    ['on', 2, 2],
  ])('typha %s for %i nodes: %s', (typha, nodes, replicas) => {
    const input = { name: 'c', network: { calico: { typha } } };
    expect(resolveSettings(input, nodes).typhaReplicas).toBe(replicas);
  });

  it('of the release the file for the datastore and Typha, by the sum the user says', () => {
    const files = (name: string) => inventoryFor(variants[name] ?? {}).cluster.network.needs.upstream;
    expect([files('default'), files('typha'), files('etcd')].map((one) => one?.[0]?.file)).toEqual([
      'calico.yaml',
      'calico-typha.yaml',
      'calico-etcd.yaml',
    ]);
    const input = { name: 'c', network: { calico: { version: 'v3.32.0', manifestSha256: 'a'.repeat(64) } } };
    expect(calicoNeeds(input, resolveSettings(input, 1)).upstream).toEqual([
      { component: 'calico', version: '3.32.0', file: 'calico.yaml', sha256: 'a'.repeat(64) },
    ]);
  });

  it('with eBPF there is no kube-proxy: no certificate, no port, no rules', () => {
    const [plain, ebpf] = [inventoryFor({}), inventoryFor(variants['ebpf'] ?? {})];
    const proxy = leafKinds.find(({ name }) => name === 'kube-proxy');
    expect([proxy?.when?.(plain), proxy?.when?.(ebpf)]).toEqual([true, false]);
    const ports = [plain, ebpf].map((inventory) =>
      portsOf(inventory, hostOf(inventory, 'h2')).filter(({ unit }) => unit === 'kube-proxy.service'),
    );
    expect(ports.map(({ length }) => length)).toEqual([2, 0]);
    const kernel = kernelNeeds(ebpf, hostOf(ebpf, 'h2'), { iptablesBackend: 'nft' });
    expect(kernel.filter(({ by }) => /kube-proxy/.test(by))).toEqual([]);
  });
});

describe('on a living cluster', () => {
  const before = recordOf(inventoryFor({}));
  const edits = (settings: object) => unsafeChanges(before, inventoryFor({ settings }));
  it.each<[object, string]>([
    [{ poolCIDR: '10.244.0.0/17' }, 'cluster.network.calico.poolCIDR'],
    [{ blockSize: 24 }, 'cluster.network.calico.blockSize'],
    [{ datastore: 'etcd', etcd }, 'cluster.network.calico.datastore'],
  ])('%j is refused', (settings, path) => {
    expect(edits(settings).map((problem) => [problem.code, problem.path])).toEqual([
      ['UNSAFE_CHANGE_NETWORK_SETTING', path],
    ]);
  });

  it('other tunnels, reflectors and levels are not', () => {
    expect(edits({ vxlan: 'always', logLevel: 'debug', routeReflectors: reflectors('h1') })).toEqual([]);
  });
});

describe('settings of Canal', () => {
  it.each<[object, readonly string[]]>([
    [{}, []],
    [{ backend: 'host-gw', vni: 5 }, ['SETTING_WITHOUT_EFFECT canal.vni']],
    [
      { felix: { metricsPort: 1, prometheusMetricsPort: 1 } },
      ['FELIX_SETTING_RESERVED canal.felix.prometheusMetricsPort'],
    ],
    [{ version: '3.30.0' }, ['CANAL_UNSUPPORTED canal.version']],
    [{ ipip: 'always' }, ['UNKNOWN_KEY canal.ipip']],
  ])('%j', (settings, expected) => expect(found(settings, {}, {}, 'canal')).toEqual(expected));
});
