/** One feature of the kernel: the module it is, and the setting that builds it. */
export interface KernelPart {
  readonly module: string;
  readonly config: string;
  /** A path that is there only while the feature is, for features that are built in without a folder in /sys/module. */
  readonly evidence?: string;
}

/** Every kernel feature that some network or kube-proxy mode needs; what needs which is said in the preflight. */
export const kernelParts: readonly KernelPart[] = [
  { module: 'br_netfilter', config: 'BRIDGE_NETFILTER', evidence: '/proc/sys/net/bridge' },
  { module: 'overlay', config: 'OVERLAY_FS' },
  { module: 'bridge', config: 'BRIDGE' },
  { module: 'veth', config: 'VETH' },
  { module: 'vxlan', config: 'VXLAN' },
  { module: 'tun', config: 'TUN', evidence: '/dev/net/tun' },
  { module: 'wireguard', config: 'WIREGUARD' },
  { module: 'ipip', config: 'NET_IPIP' },
  { module: 'xfrm_user', config: 'XFRM_USER' },
  { module: 'esp4', config: 'INET_ESP' },
  { module: 'macvlan', config: 'MACVLAN' },
  { module: 'nf_conntrack', config: 'NF_CONNTRACK', evidence: '/proc/sys/net/netfilter/nf_conntrack_max' },
  { module: 'nf_tables', config: 'NF_TABLES' },
  { module: 'nft_compat', config: 'NFT_COMPAT' },
  { module: 'nft_ct', config: 'NFT_CT' },
  { module: 'nft_masq', config: 'NFT_MASQ' },
  { module: 'nft_numgen', config: 'NFT_NUMGEN' },
  { module: 'nft_fib_ipv4', config: 'NFT_FIB_IPV4' },
  { module: 'nft_fib_ipv6', config: 'NFT_FIB_IPV6' },
  { module: 'nft_nat', config: 'NFT_NAT' },
  { module: 'ip_tables', config: 'IP_NF_IPTABLES', evidence: '/proc/net/ip_tables_names' },
  { module: 'iptable_nat', config: 'IP_NF_NAT' },
  { module: 'ip6_tables', config: 'IP6_NF_IPTABLES', evidence: '/proc/net/ip6_tables_names' },
  { module: 'ip6table_nat', config: 'IP6_NF_NAT' },
  { module: 'xt_comment', config: 'NETFILTER_XT_MATCH_COMMENT' },
  { module: 'xt_addrtype', config: 'NETFILTER_XT_MATCH_ADDRTYPE' },
  { module: 'xt_conntrack', config: 'NETFILTER_XT_MATCH_CONNTRACK' },
  { module: 'xt_statistic', config: 'NETFILTER_XT_MATCH_STATISTIC' },
  { module: 'xt_MASQUERADE', config: 'NETFILTER_XT_TARGET_MASQUERADE' },
  { module: 'xt_mark', config: 'NETFILTER_XT_MARK' },
  { module: 'xt_multiport', config: 'NETFILTER_XT_MATCH_MULTIPORT' },
  { module: 'xt_set', config: 'NETFILTER_XT_SET' },
  { module: 'ipt_rpfilter', config: 'IP_NF_MATCH_RPFILTER' },
  { module: 'ip_vs', config: 'IP_VS', evidence: '/proc/net/ip_vs' },
  { module: 'ip_vs_rr', config: 'IP_VS_RR' },
  { module: 'ip_vs_wrr', config: 'IP_VS_WRR' },
  { module: 'ip_vs_sh', config: 'IP_VS_SH' },
  { module: 'ip_set', config: 'IP_SET' },
  { module: 'ip_set_hash_ipport', config: 'IP_SET_HASH_IPPORT' },
  { module: 'ip_set_hash_net', config: 'IP_SET_HASH_NET' },
  { module: 'ip_set_hash_ip', config: 'IP_SET_HASH_IP' },
  { module: 'xt_physdev', config: 'NETFILTER_XT_MATCH_PHYSDEV' },
  { module: 'xt_limit', config: 'NETFILTER_XT_MATCH_LIMIT' },
  { module: 'xt_NFLOG', config: 'NETFILTER_XT_TARGET_NFLOG' },
  { module: 'xt_CT', config: 'NETFILTER_XT_TARGET_CT' },
  { module: 'dummy', config: 'DUMMY' },
  { module: 'geneve', config: 'GENEVE' },
  { module: 'openvswitch', config: 'OPENVSWITCH' },
];

/** What a host says about its kernel's features. */
export interface KernelEvidence {
  /** Modules with a folder in /sys/module, or whose evidence was seen. */
  readonly present: ReadonlySet<string>;
  /** From modules.builtin and modules.dep; undefined where the running kernel has no module tree on this host. */
  readonly tree: { readonly builtin: ReadonlySet<string>; readonly loadable: ReadonlySet<string> } | undefined;
  /** From /proc/config.gz or /boot: `y` or `m` by setting; undefined where there is neither. */
  readonly config: ReadonlyMap<string, string> | undefined;
}

export interface KernelFeatures {
  readonly features: ReadonlySet<string>;
  readonly unknown: ReadonlySet<string>;
  readonly loadable: ReadonlySet<string>;
}

/**
 * Judges features from what only reading shows. Nothing is tried out: adding a link or listing rules could load a module, and looking must not change
 * a host. So a feature that is a module, on a host without a module tree (a container), stays unknown until it is loaded.
 */
export function judgeKernel(evidence: KernelEvidence): KernelFeatures {
  const features = new Set<string>();
  const unknown = new Set<string>();
  const loadable = new Set<string>();
  for (const part of kernelParts) {
    if (evidence.tree?.loadable.has(part.module) === true) loadable.add(part.module);
    const verdict = judge(part, evidence);
    if (verdict === 'present') features.add(part.module);
    if (verdict === 'unknown') unknown.add(part.module);
  }
  return { features, unknown, loadable };
}

function judge(part: KernelPart, evidence: KernelEvidence): 'present' | 'absent' | 'unknown' {
  if (evidence.present.has(part.module)) return 'present';
  const { tree, config } = evidence;
  if (tree !== undefined) {
    if (tree.builtin.has(part.module) || tree.loadable.has(part.module)) return 'present';
    // A setting that became part of another module is in no list of modules, but still in the configuration.
    return config?.get(part.config) === 'y' ? 'present' : 'absent';
  }
  if (config === undefined) return 'unknown';
  const built = config.get(part.config);
  if (built === 'y') return 'present';
  return built === 'm' ? 'unknown' : 'absent';
}
