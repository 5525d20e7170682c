import { hasIPv6, runsContainers } from '../inventory/model.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { SysctlSpec } from '../resources/sysctl.ts';

/**
 * What the kubelet (`protectKernelDefaults`) and kube-proxy would set by themselves at their first start: written down before, so that clean can bring it
 * back.
 */
export const writtenByPrograms: readonly string[] = [
  'vm.overcommit_memory',
  'vm.panic_on_oom',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
  'net.ipv4.conf.all.route_localnet',
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_tcp_timeout_established',
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
];

/** Kernel settings of a host. Numbers that only bound something are raised, never lowered; a container shares them with its machine and leaves them. */
export function hostSysctls(inventory: Inventory, host: Host, facts: Facts): readonly SysctlSpec[] {
  const common: readonly SysctlSpec[] = facts.container
    ? []
    : [
        { key: 'fs.inotify.max_user_instances', value: '8192', atLeast: true },
        { key: 'fs.inotify.max_user_watches', value: '524288', atLeast: true },
        { key: 'vm.max_map_count', value: '262144', atLeast: true },
      ];
  const pods: readonly SysctlSpec[] = [
    { key: 'net.ipv4.ip_forward', value: '1' },
    // Pods of one host on one bridge reach Services only if bridged packets go through the rules.
    { key: 'net.bridge.bridge-nf-call-iptables', value: '1', optional: facts.container },
    { key: 'net.bridge.bridge-nf-call-ip6tables', value: '1', optional: true },
    ...reversePath(inventory),
  ];
  const forwarding: readonly SysctlSpec[] = hasIPv6(inventory.cluster.network)
    ? [
        // Before forwarding: with it the kernel drops the default routes of interfaces that have another value here, and hears no router any more.
        ...facts.routerAdvertised.map((link) => ({
          key: `net.ipv6.conf.${link.replaceAll('.', '/')}.accept_ra`,
          value: '2',
          optional: true,
        })),
        { key: 'net.ipv6.conf.all.forwarding', value: '1' },
      ]
    : [];
  const ipv6: readonly SysctlSpec[] = inventory.cluster.disableIPv6
    ? ['all', 'default'].map((name) => ({ key: `net.ipv6.conf.${name}.disable_ipv6`, value: '1', optional: true }))
    : [];
  return [...common, ...(runsContainers(host) ? [...pods, ...forwarding] : []), ...ipv6];
}

/**
 * Packets between pods and hosts with several interfaces may come in by another one than the way back, which the strict filter (1) drops. The kernel takes
 * the greater of `all` and the interface's own, so the loose filter (2) on `all` holds for each, where 0 would leave the strict ones strict
 * (https://www.kernel.org/doc/Documentation/networking/ip-sysctl.rst). A network of the user's own has wishes of its own: Cilium wants 0 on its
 * interfaces, which this would overrule (https://github.com/cilium/cilium/issues/10645).
 */
function reversePath(inventory: Inventory): readonly SysctlSpec[] {
  if (inventory.cluster.network.plugin === 'none') return [];
  return [{ key: 'net.ipv4.conf.all.rp_filter', value: '2', optional: true }];
}
