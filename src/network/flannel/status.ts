import type { Family } from '../../engine/network-report.ts';
import { familyOf } from '../../inventory/cidr.ts';
import type { Inventory } from '../../inventory/model.ts';
import { rawShell } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { bridgeName } from '../cni.ts';
import { podRoutesMasquerade } from '../pod-routes/status.ts';
import { backends, linksOf } from './backends.ts';
import type { BackendName } from './backends.ts';
import { flannelMasquerades, flannelSettings, hiddenPodCIDRs } from './settings.ts';
import type { Annotations, NetworkStatus, TunnelEnd, TunnelSpec } from '../status.ts';

/** What flanneld writes to its node (its documentation, kubernetes.md). */
const prefix = 'flannel.alpha.coreos.com/';

export const flannelStatus: NetworkStatus = {
  mode: (inventory) => {
    const { backend, directRouting } = flannelSettings(inventory);
    return directRouting && canRoute(backend) ? `${backend}, direct routing` : backend;
  },
  unit: (inventory) => (flannelSettings(inventory).deploy === 'daemonset' ? undefined : 'flanneld.service'),
  bridge: bridgeName,
  tunnel,
  wayTo: (inventory, onLink) => {
    const { backend, directRouting } = flannelSettings(inventory);
    if (unseen.includes(backend)) return undefined;
    const tunnels = backends[backend].overhead > 0;
    return !tunnels || (directRouting && canRoute(backend) && onLink) ? 'direct' : 'tunnel';
  },
  isTunnel: (inventory, device) => {
    const { backend, vni } = flannelSettings(inventory);
    return linksOf(backend, vni).includes(device);
  },
  nodeRoutes: (inventory) => routed.includes(flannelSettings(inventory).backend),
  lease: {
    file: '/run/flannel/subnet.env',
    subnetKeys: ['FLANNEL_SUBNET', 'FLANNEL_IPV6_SUBNET'],
    mtuKey: 'FLANNEL_MTU',
  },
  announced: (annotations) =>
    Object.fromEntries(
      Object.entries(annotations)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    ),
  tunnelEnd,
  masquerade,
  forwardChain: 'FLANNEL-FWD',
};

/** The others have one route for the whole network, a policy of the kernel, or none at all. */
const routed: readonly BackendName[] = ['vxlan', 'host-gw', 'ipip'];

/** What flannel leaves to others, or the kernel does without a route or a link, is not seen. */
const unseen: readonly BackendName[] = ['alloc', 'ipsec'];

/** In nftables, or in a chain of iptables: by kube-proxy's mode and flannel's release. */
export function flannelRules(family: Family): Sh {
  const [table, tool] = family === 4 ? ['ip flannel-ipv4', 'iptables'] : ['ip6 flannel-ipv6', 'ip6tables'];
  return rawShell(`nft list table ${table} 2>/dev/null | grep -q masquerade ||
  ${tool} -w -t nat -S FLANNEL-POSTRTG 2>/dev/null | grep -q MASQUERADE`);
}

/** Where some blocks are to see pods' own addresses, or one family alone, the rules are k8sup's. */
function masquerade(inventory: Inventory, family: Family): Sh | undefined {
  if (flannelMasquerades(inventory)) return flannelRules(family);
  const hidden = hiddenPodCIDRs(inventory).some((cidr) => familyOf(cidr) === `ipv${family}`);
  return hidden ? podRoutesMasquerade(family) : undefined;
}

function canRoute(backend: BackendName): boolean {
  return backends[backend].settings.includes('directRouting');
}

/** Outer IP, UDP and vxlan headers, and the inner Ethernet header: what flannel takes off as well (backend/vxlan/device.go). */
const overhead = { 4: 50, 6: 70 } as const;

function tunnel(inventory: Inventory, family: Family): TunnelSpec | undefined {
  const { backend, vni, port } = flannelSettings(inventory);
  if (backend !== 'vxlan' || port === undefined) return undefined;
  return { device: `${family === 4 ? 'flannel' : 'flannel-v6'}.${vni}`, vni, port, overhead: overhead[family] };
}

function tunnelEnd(annotations: Annotations, family: Family): TunnelEnd | undefined {
  const [data, address] = family === 4 ? ['backend-data', 'public-ip'] : ['backend-v6-data', 'public-ipv6'];
  const mac = /"VtepMAC":\s*"([^"]+)"/.exec(annotations[`${prefix}${data}`] ?? '')?.[1];
  const host = annotations[`${prefix}${address}`];
  return mac === undefined || host === undefined ? undefined : { mac, address: host };
}
