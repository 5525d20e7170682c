import type { Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';

/** What its firewall leaves: chains of each pod and policy, and sets of addresses in both families. */
export const firewallClaims: readonly Claim[] = [
  { kind: 'chains', name: 'KUBE-ROUTER-' },
  { kind: 'chains', name: 'KUBE-POD-FW-' },
  { kind: 'chains', name: 'KUBE-NWPLCY-' },
  {
    kind: 'ipsets',
    name: ['kube-router-', 'KUBE-SRC-', 'KUBE-DST-'].flatMap((name) => [name, `inet6:${name}`]).join(' '),
  },
];

/** Whatever it was told to do before: all there can be is named. */
export function routerClaims({ cluster }: Inventory): readonly Claim[] {
  return [
    ...firewallClaims,
    { kind: 'link', name: 'kube-bridge' },
    { kind: 'link', name: 'kube-dummy-if' },
    { kind: 'ipvs', name: 'services' },
    // Tunnels have names that others' may have too.
    { kind: 'links', name: 'tun-', value: 'ipip ip6tnl' },
    { kind: 'module-link', name: 'tunl0', value: 'ipip' },
    // Its own tables: replies of pods, direct server return, external addresses of Services.
    { kind: 'route-table', name: '77' },
    { kind: 'route-table', name: '78' },
    { kind: 'route-table', name: '79' },
    ...cluster.network.podCIDRs.map((name): Claim => ({ kind: 'routes', name })),
    { kind: 'path', name: '/etc/cni/net.d/10-kuberouter.conflist' },
    { kind: 'path', name: '/var/lib/kube-router' },
    // Of portmap and host-local.
    { kind: 'chains', name: 'CNI-' },
    { kind: 'nft-table', name: 'ip cni_hostport' },
    { kind: 'nft-table', name: 'ip6 cni_hostport' },
    { kind: 'path', name: '/var/lib/cni' },
  ];
}
