import type { Claim } from '../../resources/claims.ts';
import type { CalicoSettings } from './settings.ts';

/** What Felix and the CNI plugin leave on a host, under Calico and under Canal. */
export const felixClaims: readonly Claim[] = [
  { kind: 'links', name: 'cali' },
  { kind: 'chains', name: 'cali-' },
  { kind: 'nft-table', name: 'ip calico' },
  { kind: 'nft-table', name: 'ip6 calico' },
  { kind: 'ipsets', name: 'cali40 cali60' },
  { kind: 'path', name: '/etc/cni/net.d/calico-kubeconfig' },
  { kind: 'path', name: '/opt/cni/bin/calico' },
  { kind: 'path', name: '/opt/cni/bin/calico-ipam' },
  { kind: 'path', name: '/run/calico' },
  { kind: 'path', name: '/run/nodeagent' },
  { kind: 'path', name: '/var/lib/calico' },
  { kind: 'path', name: '/var/log/calico' },
  // portmap's, which is in Calico's chain of plugins, and the folders that its pods mount.
  { kind: 'chains', name: 'CNI-' },
  { kind: 'nft-table', name: 'ip cni_hostport' },
  { kind: 'nft-table', name: 'ip6 cni_hostport' },
  { kind: 'path', name: '/var/lib/cni' },
];

/** The tunnels may have been others before: all there can be are named. */
export function calicoClaims({ pools, ebpf }: CalicoSettings): readonly Claim[] {
  return [
    ...felixClaims,
    ...(ebpf ? ebpfClaims : []),
    { kind: 'path', name: '/etc/cni/net.d/10-calico.conflist' },
    { kind: 'path', name: '/etc/cni/net.d/calico-tls' },
    { kind: 'path', name: '/sys/fs/bpf/calico' },
    { kind: 'link', name: 'vxlan.calico' },
    { kind: 'link', name: 'vxlan-v6.calico' },
    { kind: 'link', name: 'wireguard.cali' },
    { kind: 'link', name: 'wg-v6.cali' },
    { kind: 'link', name: 'bpfin.cali' },
    { kind: 'module-link', name: 'tunl0', value: 'ipip' },
    // BIRD's and Felix' routes run over the host's own interfaces too, or are blackholes: they are named by where they lead.
    ...pools.map(({ cidr }): Claim => ({ kind: 'routes', name: cidr })),
  ];
}

/** Programs at interfaces and at the cgroup, and the pins that hold them (felix/bpf/bpfdefs/defs.go). */
const ebpfClaims: readonly Claim[] = [
  { kind: 'path', name: '/sys/fs/bpf/tcx' },
  { kind: 'path', name: '/sys/fs/bpf/ctlb' },
  { kind: 'bpf', name: 'cali', value: 'cgroup' },
];
