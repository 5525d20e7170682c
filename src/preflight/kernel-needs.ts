import { hasIPv6, runsContainers, runsKubelet } from '../inventory/model.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { KernelNeed } from '../inventory/plugin.ts';

/** The kernel features that the chosen runtime, network and kube-proxy mode need on a host. */
export function kernelNeeds(
  inventory: Inventory,
  host: Host,
  facts: Pick<Facts, 'iptablesBackend'>,
): readonly KernelNeed[] {
  if (!runsContainers(host)) return [];
  const { network } = inventory.cluster;
  const need = (by: string, alternative: string, modules: readonly string[]): readonly KernelNeed[] =>
    modules.map((module) => ({ module, by, alternative }));
  return [
    ...need('the container runtime', 'a kernel with overlayfs is needed', ['overlay']),
    ...need('pods', 'a kernel with bridges, veth and connection tracking is needed', [
      'bridge',
      'veth',
      'br_netfilter',
      'nf_conntrack',
    ]),
    ...(runsKubelet(host)
      ? network.needs.replacesKubeProxy === true
        ? []
        : kubeProxyNeeds(inventory, facts)
      : need("Docker's and flannel's rules", 'a kernel with iptables is needed', [
          ...tablesOf(facts.iptablesBackend),
          ...['xt_comment', 'xt_addrtype', 'xt_conntrack', 'xt_MASQUERADE'],
        ])),
    ...network.needs.kernel,
  ];
}

function kubeProxyNeeds(
  { cluster: { kubeProxy, network } }: Inventory,
  { iptablesBackend }: Pick<Facts, 'iptablesBackend'>,
): readonly KernelNeed[] {
  const by = `kube-proxy in ${kubeProxy.mode} mode`;
  const need = (module: string): KernelNeed => ({
    module,
    by,
    alternative: 'choose another cluster.kubeProxy.mode',
  });
  const need6 = (module: string): KernelNeed => ({
    module,
    by: `${by} for IPv6`,
    alternative: 'use IPv4 blocks alone in cluster.network',
  });
  return [
    ...proxyModules(kubeProxy.mode, iptablesBackend).map(need),
    ...(hasIPv6(network) ? proxyModules6(kubeProxy.mode, iptablesBackend).map(need6) : []),
  ];
}

/** The same, as module names alone. */
export function neededModules(
  inventory: Inventory,
  host: Host,
  facts: Pick<Facts, 'iptablesBackend'>,
): readonly string[] {
  return [...new Set(kernelNeeds(inventory, host, facts).map(({ module }) => module))];
}

/** The iptables program decides what it needs of the kernel: newer distributions have no legacy tables at all. */
function proxyModules(mode: Inventory['cluster']['kubeProxy']['mode'], backend: Facts['iptablesBackend']): string[] {
  if (mode === 'nftables') return ['nf_tables', 'nft_ct', 'nft_masq', 'nft_numgen', 'nft_fib_ipv4', 'nft_nat'];
  if (mode === 'ipvs') return ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh', 'ip_set', 'ip_set_hash_ipport'];
  return [...tablesOf(backend), 'xt_comment', 'xt_addrtype', 'xt_conntrack', 'xt_statistic', 'xt_MASQUERADE'];
}

function tablesOf(backend: Facts['iptablesBackend']): readonly string[] {
  return backend === 'nft' ? ['nf_tables', 'nft_compat'] : ['ip_tables', 'iptable_nat'];
}

/** Those of {@link proxyModules} that the other family has for itself. */
function proxyModules6(mode: Inventory['cluster']['kubeProxy']['mode'], backend: Facts['iptablesBackend']): string[] {
  if (mode === 'nftables') return ['nft_fib_ipv6'];
  return backend === 'nft' ? [] : ['ip6_tables', 'ip6table_nat'];
}
