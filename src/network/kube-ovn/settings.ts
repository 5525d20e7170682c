import { familyOf, splitList } from '../../inventory/cidr.ts';
import * as z from 'zod';
import { standard as inventoryStandard } from '../../inventory/defaults.ts';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, dnsName, interfaceName, mtu, optional } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { releaseFields } from '../release-fields.ts';

export const name = 'kube-ovn';

/** The release whose chart k8sup's values are written for. */
export const kubeOvnVersion = '1.16.2';

export interface KubeOvnSettings {
  readonly version: string;
  readonly sha256?: string;
  readonly images: Readonly<Record<string, string>>;
  readonly networkType: 'geneve' | 'vxlan' | 'vlan';
  /** Of each family that pods have, as `joinCIDR`, in the order of the pod CIDR. */
  readonly podGateway?: string;
  readonly joinCIDR: string;
  readonly excludeIPs: readonly string[];
  readonly vlan?: { readonly interface: string; readonly id: number; readonly provider: string };
  readonly interface?: string;
  readonly mtu?: number;
  readonly loadBalancer: boolean;
  readonly networkPolicy: boolean;
  readonly metrics: boolean;
}

export const own = {
  version: kubeOvnVersion,
  images: {},
  networkType: 'geneve',
  excludeIPs: [],
  loadBalancer: true,
  networkPolicy: true,
  metrics: true,
} as const;

/** The chart's own. */
const join = { ipv4: '100.64.0.0/16', ipv6: 'fd00:100:64::/112' } as const;

const vlanStandard = { id: 100, provider: 'provider' } as const;

export const schema = z.strictObject({
  ...releaseFields("Kube-OVN's chart", own.version),
  networkType: optional(
    z.enum(['geneve', 'vxlan', 'vlan']),
    'How packets reach other nodes: tunnels of one kind, or a VLAN of the hosts',
    own.networkType,
  ),
  podGateway: derived(z.string(), "Pods' router, in podCIDR", 'its first address'),
  joinCIDR: derived(z.string(), 'Addresses by which hosts reach pods', `${join.ipv4}, and ${join.ipv6} for IPv6`),
  excludeIPs: optional(
    z.array(z.string()),
    'Addresses of podCIDR that no pod gets, and ranges such as "10.244.0.2..10.244.0.9"',
    own.excludeIPs,
  ),
  vlan: optional(
    z.strictObject({
      interface: interfaceName.describe('Interface of the hosts that carries it'),
      id: optional(z.int().min(0).max(4094), 'Its number; 0: untagged', vlanStandard.id),
      provider: optional(dnsName, 'Name of the provider network', vlanStandard.provider),
    }),
    'The VLAN, with networkType: vlan',
  ),
  interface: derived(interfaceName, 'Interface to other nodes', "the one with the node's address"),
  mtu: derived(mtu, 'MTU of pods', "from the interface's and the tunnel's"),
  loadBalancer: optional(
    z.boolean(),
    'Let OVN balance Services for pods; kube-proxy does it for hosts',
    own.loadBalancer,
  ),
  networkPolicy: optional(z.boolean(), 'Enforce NetworkPolicy objects', own.networkPolicy),
  metrics: optional(z.boolean(), 'Serve Prometheus metrics', own.metrics),
});

export type KubeOvnInput = Partial<z.infer<typeof schema>>;

/** Every default filled in. */
export function resolveSettings(input: ClusterInput): KubeOvnSettings {
  const written = { ...own, ...given(writtenFor({ name, schema }, input)) };
  const { vlan } = written;
  const { version, sha256, podGateway, joinCIDR, interface: link, mtu: wanted, ...rest } = written;
  return {
    images: rest.images,
    networkType: rest.networkType,
    excludeIPs: rest.excludeIPs,
    loadBalancer: rest.loadBalancer,
    networkPolicy: rest.networkPolicy,
    metrics: rest.metrics,
    version: plain(version),
    joinCIDR: joinCIDR ?? joinCIDRFor(podCIDR(input)),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(podGateway === undefined ? {} : { podGateway }),
    ...(vlan === undefined ? {} : { vlan: { ...vlanStandard, ...given(vlan), interface: vlan.interface } }),
    ...(link === undefined ? {} : { interface: link }),
    ...(wanted === undefined ? {} : { mtu: wanted }),
  };
}

export function podCIDR(input: ClusterInput): string {
  return input.network?.podCIDR ?? inventoryStandard.network.podCIDR;
}

/** A block of each family, in the order of the pods'. */
function joinCIDRFor(pods: string): string {
  return splitList(pods)
    .map((cidr) => join[familyOf(cidr)])
    .join(',');
}
