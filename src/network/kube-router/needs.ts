import type { KernelNeed, PluginNeeds } from '../../inventory/plugin.ts';
import { ipInIp, ipv6InIpv6, tcp } from '../ports.ts';
import { name } from './settings.ts';
import type { KubeRouterSettings } from './settings.ts';

export const file = 'generic-kuberouter-all-features.yaml';

/** The outer header of IP in IP. */
const ipipBytes = 20;

export function kubeRouterNeeds(settings: KubeRouterSettings): PluginNeeds {
  const { version, sha256, overlay, serviceProxy, firewall, nodeMesh, hostASNumbers, metricsPort, mtu } = settings;
  const overhead = overlay === 'none' ? 0 : ipipBytes;
  const annotations = Object.entries(hostASNumbers).map(
    ([host, number]) => [host, { 'kube-router.io/node.asn': String(number) }] as const,
  );
  return {
    artifacts: {},
    upstream: [{ component: name, version, file, ...(sha256 === undefined ? {} : { sha256 }) }],
    ports: [
      tcp(settings.bgpPort, 'BGP'),
      tcp(settings.healthPort, "kube-router's health"),
      ...(metricsPort === 0 ? [] : [tcp(metricsPort, "kube-router's metrics")]),
    ],
    protocols: overlay === 'none' ? [] : [ipInIp, ipv6InIpv6],
    kernel: [
      ...(overlay === 'none' ? [] : tunnelKernel(overlay)),
      ...(serviceProxy ? proxyKernel : []),
      ...(firewall ? firewallKernel('leave network.kube-router.firewall off') : []),
    ],
    programs: [],
    leaves: [],
    ...(mtu === undefined
      ? {}
      : { mtu: [{ bytes: mtu + overhead, overhead, setting: `cluster.network.${name}.mtu` }] }),
    ...(serviceProxy ? { replacesKubeProxy: true } : {}),
    ...(nodeMesh || annotations.length === 0 ? {} : { nodeAnnotations: Object.fromEntries(annotations) }),
  };
}

/** What its controller of network policies uses: ipsets, and marks on packets of bridged pods. */
export function firewallKernel(alternative: string): readonly KernelNeed[] {
  const modules = [
    'ip_set',
    'ip_set_hash_ip',
    'ip_set_hash_net',
    'xt_set',
    'xt_mark',
    'xt_physdev',
    'xt_limit',
    'xt_NFLOG',
  ];
  return modules.map((module) => ({ module, by: "kube-router's firewall", alternative }));
}

function tunnelKernel(overlay: string): readonly KernelNeed[] {
  const alternative =
    'choose network.kube-router.overlay: none, for hosts that reach the pods of each other without tunnels';
  return [{ module: 'ipip', by: `kube-router with overlay ${overlay}`, alternative }];
}

/** Its schedulers, and the interface that has the Services' addresses. */
const proxyKernel: readonly KernelNeed[] = [
  'ip_vs',
  'ip_vs_rr',
  'ip_vs_sh',
  'dummy',
  'ip_set',
  'ip_set_hash_ipport',
].map((module) => ({
  module,
  by: "kube-router's service proxy",
  alternative: 'leave network.kube-router.serviceProxy off: kube-proxy does the work',
}));
