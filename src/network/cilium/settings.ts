import * as z from 'zod';
import { standard as inventoryStandard } from '../../inventory/defaults.ts';
import { given } from '../../inventory/given.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, mtu, optional, port } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { releaseFields } from '../release-fields.ts';

export const name = 'cilium';

/** The release whose chart k8sup's values are written for. */
export const ciliumVersion = '1.20.2';

export interface CiliumSettings {
  readonly version: string;
  readonly sha256?: string;
  readonly images: Readonly<Record<string, string>>;
  readonly routing: 'tunnel' | 'native';
  readonly tunnel: 'vxlan' | 'geneve';
  readonly tunnelPort: number;
  /** Where pods keep their own address towards; of each family one. */
  readonly nativeRoutingCIDR: string;
  readonly directNodeRoutes: boolean;
  readonly kubeProxyReplacement: boolean;
  readonly ipam: 'kubernetes' | 'cluster-pool';
  readonly encryption: 'none' | 'wireguard';
  readonly mtu?: number;
  readonly hubble: { readonly enabled: boolean; readonly relay: boolean; readonly ui: boolean };
  readonly operatorReplicas: number;
}

export const own = {
  version: ciliumVersion,
  images: {},
  routing: 'tunnel',
  tunnel: 'vxlan',
  kubeProxyReplacement: false,
  ipam: 'kubernetes',
  encryption: 'none',
  hubble: { enabled: false, relay: false, ui: false },
} as const;

/** Cilium's own ports of each kind of tunnel. */
export const tunnelPorts = { vxlan: 8472, geneve: 6081 } as const;

export const schema = z.strictObject({
  ...releaseFields("Cilium's chart", own.version),
  routing: optional(
    z.enum(['tunnel', 'native']),
    'How packets reach other nodes: wrapped, or by routes that the hosts have',
    own.routing,
  ),
  tunnel: optional(z.enum(['vxlan', 'geneve']), 'routing: tunnel: its kind', own.tunnel),
  tunnelPort: derived(port, 'routing: tunnel: its UDP port', '8472 (vxlan), 6081 (geneve)'),
  nativeRoutingCIDR: derived(z.string(), 'routing: native: where pods keep their own address towards', 'podCIDR'),
  directNodeRoutes: derived(
    z.boolean(),
    'routing: native: each node has routes to the pods of the others; off where a router knows the way',
    'on',
  ),
  kubeProxyReplacement: optional(
    z.boolean(),
    'Do the work of kube-proxy, which is then left out',
    own.kubeProxyReplacement,
  ),
  ipam: optional(
    z.enum(['kubernetes', 'cluster-pool']),
    "Who gives nodes their part of podCIDR: Kubernetes, or Cilium's operator",
    own.ipam,
  ),
  encryption: optional(z.enum(['none', 'wireguard']), 'Encrypt between nodes', own.encryption),
  mtu: derived(mtu, 'MTU of pods', "detected on each node from its interfaces'"),
  hubble: optional(
    z.strictObject({
      enabled: optional(z.boolean(), 'Let nodes tell of flows', own.hubble.enabled),
      relay: optional(z.boolean(), 'One place that tells of all nodes', own.hubble.relay),
      ui: optional(z.boolean(), 'A page that shows it; needs the relay', own.hubble.ui),
    }),
    'What Cilium tells of flows',
  ),
  operatorReplicas: derived(z.int().min(1).max(10), "How many of Cilium's operator", '2; 1 on one node'),
});

export type CiliumInput = Partial<z.infer<typeof schema>>;

/** Every default filled in. @param nodes - how many hosts run a kubelet. */
export function resolveSettings(input: ClusterInput, nodes: number): CiliumSettings {
  const { sha256, mtu: wanted, hubble, ...rest } = given(writtenFor({ name, schema }, input));
  const written = { ...own, ...rest };
  return {
    version: plain(written.version),
    images: written.images,
    routing: written.routing,
    tunnel: written.tunnel,
    tunnelPort: written.tunnelPort ?? tunnelPorts[written.tunnel],
    nativeRoutingCIDR: written.nativeRoutingCIDR ?? podCIDR(input),
    directNodeRoutes: written.directNodeRoutes ?? true,
    kubeProxyReplacement: written.kubeProxyReplacement,
    ipam: written.ipam,
    encryption: written.encryption,
    hubble: { ...own.hubble, ...given(hubble) },
    operatorReplicas: written.operatorReplicas ?? (nodes > 1 ? 2 : 1),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(wanted === undefined ? {} : { mtu: wanted }),
  };
}

export function podCIDR(input: ClusterInput): string {
  return input.network?.podCIDR ?? inventoryStandard.network.podCIDR;
}
