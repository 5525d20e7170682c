import type { Inventory } from '../../inventory/model.ts';
import { rawShell } from '../../shell/sh.ts';
import type { NetworkStatus } from '../status.ts';
import { readSessions } from './bgp-status.ts';
import { calicoSettings } from './calico.ts';

/** What calico-node writes to its node (libcalico-go/lib/backend/k8s/resources/node.go). */
const prefix = 'projectcalico.org/';

/**
 * Pods' addresses are of blocks that nodes take from the pool one by one, not of the nodes' own pod CIDRs, so that no route to those is expected; the
 * routes to the blocks are BIRD's, and its sessions tell whether they can come.
 */
export const calicoStatus: NetworkStatus = {
  mode,
  tunnel: () => undefined,
  wayTo: () => undefined,
  announced: (annotations) =>
    Object.fromEntries(
      Object.entries(annotations)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    ),
  tunnelEnd: () => undefined,
  masquerade: () =>
    rawShell(`nft list table ip calico 2>/dev/null | grep -q masquerade ||
  nft list table ip6 calico 2>/dev/null | grep -q masquerade ||
  iptables -w -t nat -S cali-nat-outgoing 2>/dev/null | grep -q MASQUERADE ||
  ip6tables -w -t nat -S cali-nat-outgoing 2>/dev/null | grep -q MASQUERADE`),
  sessions: async (inventory, kube) =>
    calicoSettings(inventory).backend === 'bird' ? await readSessions(kube) : undefined,
};

function mode(inventory: Inventory): string {
  const { backend, ipip, vxlan, ebpf, wireguard, nodeMesh, routeReflectors } = calicoSettings(inventory);
  const tunnels = [
    ipip === 'never' ? '' : `IP in IP ${ipip}`,
    vxlan === 'never' ? '' : `vxlan ${vxlan}`,
    ipip === 'never' && vxlan === 'never' ? 'plain routes' : '',
  ];
  const reflected = routeReflectors.length > 0 ? 'BGP by route reflectors' : 'BGP';
  const routes = backend === 'bird' ? (nodeMesh ? 'BGP mesh' : reflected) : '';
  return [...tunnels, routes, ebpf ? 'eBPF' : '', wireguard ? 'WireGuard' : '']
    .filter((word) => word !== '')
    .join(', ');
}
