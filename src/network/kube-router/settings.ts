import * as z from 'zod';
import { standard as inventoryStandard } from '../../inventory/defaults.ts';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, hostName, localFile, mtu, optional, port, text } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { asNumber, releaseFields } from '../release-fields.ts';

export const name = 'kube-router';

/** The release whose files k8sup's edits are written for. */
export const kubeRouterVersion = '2.11.1';

export interface BgpPeer {
  readonly address: string;
  readonly asNumber: number;
  readonly port?: number | undefined;
  /** File on the controller, as written: relative to the inventory. */
  readonly passwordFile?: string | undefined;
}

export interface KubeRouterSettings {
  readonly version: string;
  readonly sha256?: string;
  readonly images: Readonly<Record<string, string>>;
  readonly overlay: 'none' | 'subnet' | 'full';
  readonly serviceProxy: boolean;
  readonly firewall: boolean;
  /** Undefined: kube-router detects it. */
  readonly mtu?: number;
  readonly masquerade: boolean;
  readonly hairpin: boolean;
  readonly asNumber: number;
  readonly nodeMesh: boolean;
  readonly hostASNumbers: Readonly<Record<string, number>>;
  readonly bgpPeers: readonly BgpPeer[];
  readonly peerHops: number;
  readonly bgpPort: number;
  readonly overrideNextHop: boolean;
  readonly advertise: Readonly<Record<Advertised, boolean>>;
  readonly healthPort: number;
  /** 0: none are served. */
  readonly metricsPort: number;
}

export const advertised = ['pods', 'clusterIPs', 'externalIPs', 'loadBalancerIPs'] as const;
export type Advertised = (typeof advertised)[number];

export const own = {
  version: kubeRouterVersion,
  images: {},
  overlay: 'subnet',
  serviceProxy: false,
  firewall: true,
  masquerade: true,
  hairpin: false,
  asNumber: 64512,
  nodeMesh: true,
  hostASNumbers: {},
  bgpPeers: [],
  peerHops: 1,
  bgpPort: 179,
  overrideNextHop: false,
  advertise: { pods: true, clusterIPs: false, externalIPs: false, loadBalancerIPs: false },
  healthPort: 20244,
  metricsPort: 0,
} as const;

const peerAddress = text({
  code: 'BGP_PEER_INVALID',
  pattern: /^[0-9a-fA-F.:]+$/,
  expected: 'an address',
  fix: 'write for example "192.0.2.1"; a port has a key of its own',
});

export const schema = z.strictObject({
  ...releaseFields('kube-router', own.version),
  overlay: optional(
    z.enum(['none', 'subnet', 'full']),
    'IP in IP between nodes: never, only between subnets, or always',
    own.overlay,
  ),
  serviceProxy: optional(
    z.boolean(),
    'Do the work of kube-proxy, by IPVS; kube-proxy is then left out',
    own.serviceProxy,
  ),
  firewall: optional(z.boolean(), 'Enforce NetworkPolicy objects', own.firewall),
  mtu: derived(mtu, 'MTU of pods', "detected on each node from its interface's"),
  masquerade: optional(z.boolean(), 'Masquerade what leaves the cluster', own.masquerade),
  hairpin: optional(z.boolean(), 'serviceProxy: let pods reach themselves through a Service', own.hairpin),
  asNumber: optional(asNumber, 'AS number of the nodes', own.asNumber),
  nodeMesh: optional(z.boolean(), 'BGP between every two nodes; else between those of one AS number', own.nodeMesh),
  hostASNumbers: optional(z.record(hostName, asNumber), 'Without nodeMesh: AS numbers by host name', own.hostASNumbers),
  bgpPeers: optional(
    z.array(
      z.strictObject({
        address: peerAddress.describe('Its address'),
        asNumber: asNumber.describe('Its AS number'),
        port: derived(port, 'Its port', '179'),
        passwordFile: optional(
          localFile,
          'File on this machine that holds its password alone, mode 0600; pods read it when they start',
        ),
      }),
    ),
    'Routers outside of the cluster, with which every node peers',
    own.bgpPeers,
  ),
  peerHops: optional(z.int().min(1).max(255), 'How many hops such a router may be away', own.peerHops),
  bgpPort: optional(port, 'Port of BGP on the nodes', own.bgpPort),
  overrideNextHop: optional(z.boolean(), 'Give peers the own address towards them as next hop', own.overrideNextHop),
  advertise: optional(
    z.strictObject({
      pods: optional(z.boolean(), "Each node's pods", own.advertise.pods),
      clusterIPs: optional(z.boolean(), 'Cluster IPs of Services', own.advertise.clusterIPs),
      externalIPs: optional(z.boolean(), 'External IPs of Services', own.advertise.externalIPs),
      loadBalancerIPs: optional(z.boolean(), 'Load balancer IPs of Services', own.advertise.loadBalancerIPs),
    }),
    'What peers are told',
  ),
  healthPort: optional(port, 'Port of its health', own.healthPort),
  metricsPort: derived(port, 'Serve Prometheus metrics on this port of every node', 'none'),
});

export type KubeRouterInput = Partial<z.infer<typeof schema>>;

/** Every default filled in. */
export function resolveSettings(input: ClusterInput): KubeRouterSettings {
  const { sha256, mtu: wanted, advertise, ...rest } = given(writtenFor({ name, schema }, input));
  const written = { ...own, ...rest };
  return {
    ...written,
    version: plain(written.version),
    advertise: { ...own.advertise, ...given(advertise) },
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(wanted === undefined ? {} : { mtu: wanted }),
  };
}

export function podCIDR(input: ClusterInput): string {
  return input.network?.podCIDR ?? inventoryStandard.network.podCIDR;
}
