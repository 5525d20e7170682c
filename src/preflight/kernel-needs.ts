import { runsPods } from '../host/facts/index.ts';
import type { Host, Inventory } from '../inventory/model.ts';

/** A kernel feature that a choice of the inventory needs, and what else could be chosen. */
export interface KernelNeed {
  readonly module: string;
  /** What needs it, for example `kube-proxy in nftables mode`. */
  readonly by: string;
  readonly alternative: string;
}

const proxyModules = {
  iptables: ['ip_tables', 'iptable_nat', 'xt_comment', 'xt_conntrack', 'xt_statistic', 'xt_MASQUERADE'],
  nftables: ['nf_tables', 'nft_ct', 'nft_masq', 'nft_numgen', 'nft_fib_ipv4', 'nft_nat'],
  ipvs: ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh', 'ip_set', 'ip_set_hash_ipport'],
} as const;

/** The kernel features that the chosen runtime, network and kube-proxy mode need on a host. */
export function kernelNeeds(inventory: Inventory, host: Host): readonly KernelNeed[] {
  if (!runsPods(host)) return [];
  const { kubeProxy, network } = inventory.cluster;
  const need = (by: string, alternative: string, modules: readonly string[]): readonly KernelNeed[] =>
    modules.map((module) => ({ module, by, alternative }));
  const vxlan = network.plugin === 'flannel' && network.flannel.backend === 'vxlan';
  return [
    ...need('the container runtime', 'a kernel with overlayfs is needed', ['overlay']),
    ...need('pods', 'a kernel with bridges, veth and connection tracking is needed', [
      'bridge',
      'veth',
      'br_netfilter',
      'nf_conntrack',
    ]),
    ...need(
      `kube-proxy in ${kubeProxy.mode} mode`,
      'choose another cluster.kubeProxy.mode',
      proxyModules[kubeProxy.mode],
    ),
    ...(vxlan ? need('flannel with vxlan', 'choose network.flannel.backend: host-gw', ['vxlan']) : []),
  ];
}

/** The same, as module names alone. */
export function neededModules(inventory: Inventory, host: Host): readonly string[] {
  return [...new Set(kernelNeeds(inventory, host).map(({ module }) => module))];
}
