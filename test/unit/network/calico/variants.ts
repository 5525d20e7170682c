import type { Inventory } from '../../../../src/inventory/model.ts';
import { inventoryOf } from '../../components/fixture.ts';

/** What is written below `network.calico` or beside it, by the name of the golden file. */
export interface Variant {
  readonly settings?: object;
  readonly network?: object;
  readonly cluster?: object;
  readonly hosts?: number;
  /** Addresses of hosts: of IPv4 alone, of both families, or of IPv6 alone. */
  readonly families?: 4 | 2 | 6;
}

export const etcdFiles = { caFile: 'ca.pem', certFile: 'calico.pem', keyFile: 'calico-key.pem' };
const etcd = { endpoints: ['https://192.0.2.5:2379', 'https://192.0.2.6:2379'], ...etcdFiles };

/** Each setting at least once with a value of its own. */
export const variants: Readonly<Record<string, Variant>> = {
  default: {},
  'ipip-cross-subnet': { settings: { ipip: 'crossSubnet' } },
  'plain-routes': { settings: { ipip: 'never' } },
  'vxlan-always': { settings: { vxlan: 'always' } },
  'vxlan-cross-subnet': { settings: { vxlan: 'crossSubnet' } },
  'backend-vxlan': { settings: { backend: 'vxlan' } },
  'backend-none': { settings: { backend: 'none' } },
  'route-reflectors': {
    settings: {
      ipip: 'never',
      asNumber: 64600,
      hostASNumbers: { h3: 64601 },
      routeReflectors: [
        { hosts: ['h1', 'h2'], clusterID: '244.0.0.1', clients: "rack == 'a'" },
        { hosts: ['h3'], clusterID: '244.0.0.2', clients: "rack == 'b'" },
      ],
    },
  },
  'one-route-reflector': { settings: { routeReflectors: [{ hosts: ['h1'], clusterID: '244.0.0.1' }] } },
  'bgp-peers': {
    settings: {
      nodeMesh: false,
      bgpPeers: [
        { name: 'tor-1', address: '192.0.2.1', asNumber: 64701 },
        { name: 'tor-2', address: '192.0.2.2:1179', asNumber: 64702, nodes: "rack == 'b'" },
      ],
    },
  },
  pool: { settings: { poolCIDR: '10.244.0.0/18', blockSize: 24, natOutgoing: false } },
  detection: { settings: { ipv4Detection: 'interface=eth.*' } },
  mtu: { settings: { mtu: 1400 } },
  'ip-forwarding': { settings: { allowIPForwarding: true } },
  'endpoint-to-host': { settings: { endpointToHost: 'drop' } },
  'node-ports': { network: { nodePortRange: '20000-20999' } },
  'health-and-metrics': { settings: { healthPort: 19099, metrics: true, metricsPort: 19091 } },
  'log-level': { settings: { logLevel: 'warning', typha: 'on' } },
  iptables: { cluster: { kubeProxy: { mode: 'iptables' } } },
  ebpf: { settings: { ebpf: true, vxlan: 'always' } },
  wireguard: { settings: { wireguard: true } },
  felix: {
    settings: { felix: { iptablesRefreshInterval: '60s', failsafeInboundHostPorts: [], chainInsertMode: 'Append' } },
  },
  images: { settings: { images: { 'quay.io/calico': 'registry.example.com/calico' } } },
  typha: { settings: { typha: 'on', typhaReplicas: 2 } },
  'typha-by-nodes': { hosts: 51 },
  'dual-stack': {
    network: { podCIDR: '10.244.0.0/16,fd00:10:244::/56', serviceCIDR: '10.96.0.0/16,fd00:10:96::/112' },
    settings: { vxlan: 'always', blockSizeIPv6: 120, ipv6Detection: 'first-found', mtu: 1400, wireguard: true },
    families: 2,
  },
  'ipv6-only': {
    network: { podCIDR: 'fd00:10:244::/56', serviceCIDR: 'fd00:10:96::/112' },
    families: 6,
  },
  etcd: { settings: { datastore: 'etcd', etcd, blockSize: 25, mtu: 1400 } },
  'etcd-vxlan': { settings: { datastore: 'etcd', etcd, backend: 'vxlan', metrics: true, natOutgoing: false } },
};

const addresses = { 4: '10.88.0.N', 2: '10.88.0.N,fd00:88::N', 6: 'fd00:88::N' } as const;

export function inventoryFor(
  { settings = {}, network = {}, cluster = {}, hosts = 3, families = 4 }: Variant,
  plugin = 'calico',
): Inventory {
  const own = { plugin, ...network, [plugin]: settings };
  const list = Array.from({ length: hosts }, (_, index) => ({
    name: `h${String(index + 1)}`,
    address: addresses[families].replaceAll('N', String(index + 11)),
    roles: index === 0 ? ['etcd', 'master', 'node'] : ['node'],
  }));
  const text = JSON.stringify({
    cluster: { name: 'c', kubernetesVersion: '1.36.3', network: own, ...cluster },
    hosts: list,
  });
  return inventoryOf(text);
}
