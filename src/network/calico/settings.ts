import * as z from 'zod';
import { splitList } from '../../inventory/cidr.ts';
import { standard as inventoryStandard } from '../../inventory/defaults.ts';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, dnsName, hostName, localFile, optional, text } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { commonShape, commonStandard } from './base-settings.ts';
import type { CommonSettings } from './base-settings.ts';

export const name = 'calico';

const modes = ['always', 'crossSubnet', 'never'] as const;
const backends = ['bird', 'vxlan', 'none'] as const;
export type Encapsulation = (typeof modes)[number];

export interface RouteReflectors {
  /** Names of hosts. */
  readonly hosts: readonly string[];
  readonly clusterID: string;
  /** Selector of the nodes that peer with them. */
  readonly clients: string;
}

export interface BgpPeer {
  readonly name: string;
  /** With or without a port. */
  readonly address: string;
  readonly asNumber: number;
  /** Selector of the nodes that peer with it. */
  readonly nodes: string;
}

export interface EtcdAccess {
  readonly endpoints: readonly string[];
  /** Files on the controller, as written: relative to the inventory. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A block of addresses for pods. */
export interface Pool {
  readonly family: 'ipv4' | 'ipv6';
  readonly cidr: string;
  readonly blockSize: number;
}

export interface CalicoSettings extends CommonSettings {
  /** Undefined: the Kubernetes API is the datastore. */
  readonly etcd?: EtcdAccess;
  readonly backend: (typeof backends)[number];
  readonly ipip: Encapsulation;
  readonly vxlan: Encapsulation;
  readonly pools: readonly Pool[];
  readonly natOutgoing: boolean;
  readonly nodeMesh: boolean;
  readonly asNumber: number;
  readonly hostASNumbers: Readonly<Record<string, number>>;
  readonly routeReflectors: readonly RouteReflectors[];
  readonly bgpPeers: readonly BgpPeer[];
  readonly ipv4Detection: string;
  readonly ipv6Detection: string;
  /** Undefined: no Typha. */
  readonly typhaReplicas?: number;
  readonly ebpf: boolean;
  readonly wireguard: boolean;
}

const selector = z.string().min(1).max(4096);

/** The AS numbers that a BGPConfiguration and a BGPPeer can hold: their definitions say int32. */
const asNumber = z.int().min(1).max(2_147_483_647);

const detection = text({
  code: 'DETECTION_INVALID',
  pattern: /^(first-found|kubernetes-internal-ip|(interface|skip-interface|can-reach|cidr)=\S+)$/,
  expected: 'a way to find an address',
  fix: 'write "kubernetes-internal-ip", "first-found", "interface=eth.*", "skip-interface=docker.*", "can-reach=192.0.2.1" or "cidr=192.0.2.0/24"',
});

const clusterID = text({
  code: 'CLUSTER_ID_INVALID',
  pattern: /^(\d{1,3}\.){3}\d{1,3}$/,
  expected: 'a cluster id in the form of an IPv4 address',
  fix: 'write for example "244.0.0.1"',
});

const etcdEndpoint = text({
  code: 'CALICO_ETCD_PLAINTEXT',
  pattern: /^https:\/\/[^\s/]+$/,
  expected: 'an https:// URL of an etcd member',
  fix: 'write for example "https://192.0.2.5:2379": without TLS anybody could write routes and policies',
});

const peerAddress = text({
  code: 'BGP_PEER_INVALID',
  pattern: /^(\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|[0-9a-f:]+|\[[0-9a-f:]+\]:\d{1,5})$/i,
  expected: 'the address of a BGP peer',
  fix: 'write an address, and a port where it is not 179: "192.0.2.1", "[2001:db8::1]:1179"',
});

const own = {
  datastore: 'kubernetes',
  backend: 'bird',
  natOutgoing: true,
  blockSize: 26,
  blockSizeIPv6: 122,
  asNumber: 64512,
  ipv4Detection: 'kubernetes-internal-ip',
  ipv6Detection: 'kubernetes-internal-ip',
  typha: 'auto',
  ebpf: false,
  wireguard: false,
} as const;

/** Upstream recommends Typha above this many nodes, one replica for every 100 to 200 of them, and three at least (comments in calico-typha.yaml). */
const nodesWithoutTypha = 50;
const nodesPerTypha = 150;

export const schema = z.strictObject({
  ...commonShape,
  datastore: optional(z.enum(['kubernetes', 'etcd']), 'Where Calico keeps its state', own.datastore),
  etcd: optional(
    z.strictObject({
      endpoints: z.array(etcdEndpoint).min(1).describe("URLs of the members; never those of the API server's own etcd"),
      caFile: localFile.describe("File on the controller: the authority of the members' certificates"),
      certFile: localFile.describe(
        'File on the controller: a client certificate whose name is an etcd user with a role for the prefix /calico/ alone',
      ),
      keyFile: localFile.describe('File on the controller: its key'),
    }),
    'datastore etcd: an etcd with authentication switched on',
  ),
  backend: optional(
    z.enum(backends),
    'What spreads routes: BIRD (BGP), Felix alone (vxlan), or something else that you bring (none)',
    own.backend,
  ),
  ipip: derived(
    z.enum(modes),
    'Tunnel of IP in IP between nodes: always, only between subnets, never',
    'always with bird and without vxlan, else never',
  ),
  vxlan: derived(
    z.enum(modes),
    'Tunnel of vxlan between nodes: always, only between subnets, never',
    'crossSubnet with backend vxlan, else never',
  ),
  poolCIDR: derived(
    z.string(),
    'Addresses that Calico gives to pods, inside of podCIDR; of each family one',
    'podCIDR',
  ),
  blockSize: optional(z.int().min(20).max(32), 'IPv4: mask of the blocks that nodes take from the pool', own.blockSize),
  blockSizeIPv6: optional(z.int().min(116).max(128), 'IPv6: the same', own.blockSizeIPv6),
  natOutgoing: optional(z.boolean(), 'Masquerade what leaves the pool', own.natOutgoing),
  nodeMesh: derived(z.boolean(), 'BGP between every two nodes', 'on, unless there are route reflectors'),
  asNumber: optional(asNumber, 'AS number of the nodes', own.asNumber),
  hostASNumbers: optional(z.record(hostName, asNumber), 'AS numbers of hosts that have another, by host name', {}),
  routeReflectors: optional(
    z.array(
      z.strictObject({
        hosts: z.array(hostName).min(1).describe('Names of the hosts that reflect routes'),
        clusterID: clusterID.describe('The same for reflectors that stand in for each other'),
        clients: optional(selector, 'Selector of the nodes that peer with them, by labels', 'all()'),
      }),
    ),
    'Nodes that pass routes on to others, in place of the mesh',
    [],
  ),
  bgpPeers: optional(
    z.array(
      z.strictObject({
        name: dnsName.describe('Name of the BGPPeer'),
        address: peerAddress.describe('Its address, and port where it is not 179'),
        asNumber: asNumber.describe('Its AS number'),
        nodes: optional(selector, 'Selector of the nodes that peer with it, by labels', 'all()'),
      }),
    ),
    'Routers outside of the cluster',
    [],
  ),
  ipv4Detection: optional(detection, "How a node's IPv4 address is found", own.ipv4Detection),
  ipv6Detection: optional(detection, "How a node's IPv6 address is found", own.ipv6Detection),
  typha: optional(
    z.enum(['auto', 'on', 'off']),
    `Typha between the nodes and the API server; auto: above ${nodesWithoutTypha} nodes`,
    own.typha,
  ),
  typhaReplicas: derived(z.int().min(1).max(100), 'How many', `one for ${nodesPerTypha} nodes, three at least`),
  ebpf: optional(z.boolean(), 'eBPF instead of iptables or nftables; kube-proxy is then left out', own.ebpf),
  wireguard: optional(z.boolean(), 'Encrypt between nodes', own.wireguard),
});

export type CalicoInput = Partial<z.infer<typeof schema>>;

/** Every default filled in. @param nodes - how many hosts run a kubelet. */
export function resolveSettings(input: ClusterInput, nodes: number): CalicoSettings {
  const { mtu, manifestSha256, datastore, etcd, poolCIDR, typha, typhaReplicas, ...rest } = given(
    writtenFor({ name, schema }, input),
  );
  const written = { ...commonStandard, ...own, ...rest };
  const replicas = typhaOf(typha ?? own.typha, datastore, nodes) ? (typhaReplicas ?? standardReplicas(nodes)) : 0;
  return {
    ...encapsulation(written, poolCIDR ?? podCIDR(input)),
    ...pickCommon(written),
    version: plain(written.version),
    ...(mtu === undefined ? {} : { mtu }),
    ...(manifestSha256 === undefined ? {} : { manifestSha256 }),
    ...(datastore === 'etcd' && etcd !== undefined ? { etcd } : {}),
    backend: written.backend,
    pools: splitList(poolCIDR ?? podCIDR(input)).map((cidr) => poolOf(cidr, written)),
    natOutgoing: written.natOutgoing,
    nodeMesh: written.nodeMesh ?? (written.routeReflectors ?? []).length === 0,
    asNumber: written.asNumber,
    hostASNumbers: written.hostASNumbers ?? {},
    routeReflectors: (written.routeReflectors ?? []).map((group) => ({ ...group, clients: group.clients ?? 'all()' })),
    bgpPeers: (written.bgpPeers ?? []).map((peer) => ({ ...peer, nodes: peer.nodes ?? 'all()' })),
    ipv4Detection: written.ipv4Detection,
    ipv6Detection: written.ipv6Detection,
    ...(replicas === 0 ? {} : { typhaReplicas: replicas }),
    ebpf: written.ebpf,
    wireguard: written.wireguard,
  };
}

/** Tunnels by what else is chosen, as upstream's files have it. */
export function encapsulation(
  { backend = own.backend, ipip, vxlan }: Pick<CalicoInput, 'backend' | 'ipip' | 'vxlan'>,
  pods: string,
): { readonly ipip: Encapsulation; readonly vxlan: Encapsulation } {
  const tunnel = vxlan ?? (backend === 'vxlan' ? 'crossSubnet' : 'never');
  const hasIPv4 = splitList(pods).some((cidr) => !cidr.includes(':'));
  const standardIpip = backend === 'bird' && tunnel === 'never' && hasIPv4 ? 'always' : 'never';
  return { ipip: ipip ?? standardIpip, vxlan: tunnel };
}

export function podCIDR(input: ClusterInput): string {
  return input.network?.podCIDR ?? inventoryStandard.network.podCIDR;
}

function poolOf(cidr: string, sizes: { readonly blockSize: number; readonly blockSizeIPv6: number }): Pool {
  return cidr.includes(':')
    ? { family: 'ipv6', cidr, blockSize: sizes.blockSizeIPv6 }
    : { family: 'ipv4', cidr, blockSize: sizes.blockSize };
}

function typhaOf(typha: 'auto' | 'on' | 'off', datastore: string | undefined, nodes: number): boolean {
  return datastore !== 'etcd' && (typha === 'on' || (typha === 'auto' && nodes > nodesWithoutTypha));
}

function standardReplicas(nodes: number): number {
  return Math.min(Math.max(nodes, 1), Math.max(3, Math.ceil(nodes / nodesPerTypha)));
}

/** The common settings alone, of an object that may have others. */
export function pickCommon(
  all: Omit<CommonSettings, 'mtu' | 'manifestSha256'>,
): Omit<CommonSettings, 'mtu' | 'manifestSha256'> {
  const { version, allowIPForwarding, endpointToHost, healthPort, metrics, metricsPort, logLevel, felix, images } = all;
  return { version, allowIPForwarding, endpointToHost, healthPort, metrics, metricsPort, logLevel, felix, images };
}
