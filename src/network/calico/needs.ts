import { parseAddress } from '../../inventory/cidr.ts';
import type { InterfaceChoice } from '../../inventory/interface-choice.ts';
import type { KernelNeed, MtuNeed, NeededPort, PluginNeeds } from '../../inventory/plugin.ts';
import { proxyModeFor, standard } from '../../inventory/defaults.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { ipInIp } from '../ports.ts';
import type { CommonSettings } from './base-settings.ts';
import { nodeAnnotations } from './resources.ts';
import { name } from './settings.ts';
import type { CalicoSettings } from './settings.ts';

/** Ports that Calico's parts have unless Felix is told others (felix/config/config_params.go, calico-typha.yaml). */
const ports = {
  bgp: 179,
  vxlan: 4789,
  typha: 5473,
  typhaHealth: 9098,
  wireguard: 51820,
  wireguardIPv6: 51821,
} as const;

/** @param hosts - names of the cluster's hosts. */
export function calicoNeeds(input: ClusterInput, settings: CalicoSettings, hosts: readonly string[] = []): PluginNeeds {
  const { version, manifestSha256, ebpf, mtu } = settings;
  const choice = interfaceOf(settings);
  const annotations = nodeAnnotations(settings);
  return {
    artifacts: {},
    upstream: [
      {
        component: name,
        version,
        file: fileOf(settings),
        ...(manifestSha256 === undefined ? {} : { sha256: manifestSha256 }),
      },
    ],
    ports: portsOf(settings),
    protocols: settings.ipip === 'never' ? [] : [ipInIp],
    kernel: kernelOf(input, settings),
    programs: [],
    leaves: [],
    kernelRelease: oldestKernel('Calico'),
    ...(mtu === undefined ? {} : { mtu: [mtuNeed(name, mtu, tunnelBytes(settings))] }),
    ...(choice === undefined ? {} : { nodeInterfaces: Object.fromEntries(hosts.map((host) => [host, choice])) }),
    ...(ebpf ? { replacesKubeProxy: true } : {}),
    ...(Object.keys(annotations).length === 0 ? {} : { nodeAnnotations: annotations }),
    fixed: [
      {
        key: 'poolCIDR',
        name: "Calico's pool",
        value: settings.pools.map(({ cidr }) => cidr).join(','),
        reason: 'running pods keep their addresses, and Calico takes no other block for a pool',
      },
      ...settings.pools.map(({ family, blockSize }) => ({
        key: family === 'ipv4' ? 'blockSize' : 'blockSizeIPv6',
        name: "the size of the pool's blocks",
        value: blockSize,
        reason: 'nodes keep the blocks that they have taken',
      })),
      {
        key: 'datastore',
        name: "Calico's datastore",
        value: settings.etcd === undefined ? 'kubernetes' : 'etcd',
        reason: 'addresses of running pods are in the old one, and would be given out again',
      },
    ],
  };
}

/** What the widest of its tunnels adds to a packet (the page on MTU in Calico's documentation). */
function tunnelBytes({ ipip, vxlan, wireguard, pools }: CalicoSettings): number {
  const more = pools.some(({ family }) => family === 'ipv6') ? 20 : 0;
  return Math.max(ipip === 'never' ? 0 : 20, vxlan === 'never' ? 0 : 50 + more, wireguard ? 60 + more : 0);
}

export function mtuNeed(plugin: string, mtu: number, overhead: number): MtuNeed {
  return { bytes: mtu + overhead, overhead, setting: `cluster.network.${plugin}.mtu` };
}

/** The interface to other nodes, where the way to find its address names one; a list of several, or a pattern that is Go's alone, is left to Calico. */
function interfaceOf({ ipv4Detection, ipv6Detection, pools }: CalicoSettings): InterfaceChoice | undefined {
  const key = pools.some(({ family }) => family === 'ipv4') ? 'ipv4Detection' : 'ipv6Detection';
  const [, by, value] =
    /^(interface|can-reach)=([^,]+)$/.exec(key === 'ipv4Detection' ? ipv4Detection : ipv6Detection) ?? [];
  if (value === undefined) return undefined;
  const setting = `cluster.network.${name}.${key}`;
  if (by === 'can-reach') return parseAddress(value).kind === 'none' ? undefined : { by, value, setting };
  return isPattern(value) ? { by: 'regex', value, setting } : undefined;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The file of the release that the objects are made from. */
export function fileOf({ etcd, typhaReplicas }: CalicoSettings): string {
  if (etcd !== undefined) return 'calico-etcd.yaml';
  return typhaReplicas === undefined ? 'calico.yaml' : 'calico-typha.yaml';
}

/** What Calico 3.31 and newer want (their page of system requirements). */
export function oldestKernel(by: string): NonNullable<PluginNeeds['kernelRelease']> {
  return { major: 5, minor: 10, by, alternative: 'use a newer kernel, or network.plugin: flannel' };
}

function portsOf(settings: CalicoSettings): readonly NeededPort[] {
  const { backend, vxlan, wireguard, typhaReplicas, pools } = settings;
  const hasIPv6 = pools.some(({ family }) => family === 'ipv6');
  return [
    ...(backend === 'bird' ? [tcp(ports.bgp, 'BGP')] : []),
    ...(vxlan === 'never' ? [] : [udp(ports.vxlan, "Calico's vxlan")]),
    ...(wireguard ? [udp(ports.wireguard, "Calico's WireGuard")] : []),
    ...(wireguard && hasIPv6 ? [udp(ports.wireguardIPv6, "Calico's WireGuard over IPv6")] : []),
    ...(typhaReplicas === undefined ? [] : [tcp(ports.typha, 'Typha'), loopback(ports.typhaHealth, "Typha's health")]),
    ...felixPorts(settings),
  ];
}

export function felixPorts({ healthPort, metrics, metricsPort }: CommonSettings): readonly NeededPort[] {
  return [loopback(healthPort, "Felix's health"), ...(metrics ? [tcp(metricsPort, "Felix's metrics")] : [])];
}

function kernelOf(input: ClusterInput, { ipip, vxlan, wireguard, ebpf }: CalicoSettings): readonly KernelNeed[] {
  const need = (module: string, by: string, alternative: string): KernelNeed => ({ module, by, alternative });
  return [
    ...(ipip === 'never'
      ? []
      : [need('ipip', 'Calico with IP in IP', 'choose network.calico.vxlan: always, or ipip: never for plain routes')]),
    ...(vxlan === 'never'
      ? []
      : [need('vxlan', 'Calico with vxlan', 'choose network.calico.ipip: always, or vxlan: never for plain routes')]),
    ...(wireguard ? [need('wireguard', 'Calico with WireGuard', 'leave network.calico.wireguard off')] : []),
    ...(ebpf ? [] : felixKernel(input)),
  ];
}

/** Felix' rules go where kube-proxy's do. */
export function felixKernel(input: ClusterInput): readonly KernelNeed[] {
  const mode = input.kubeProxy?.mode ?? proxyModeFor(plain(input.kubernetesVersion ?? standard.kubernetesVersion));
  const modules =
    mode === 'nftables'
      ? ['nf_tables', 'nft_ct', 'nft_masq', 'nft_fib_ipv4']
      : ['ip_set', 'ip_set_hash_net', 'xt_set', 'xt_mark', 'xt_multiport', 'ipt_rpfilter'];
  const other = mode === 'nftables' ? 'iptables' : 'nftables';
  return modules.map((module) => ({
    module,
    by: `Felix beside kube-proxy in ${mode} mode`,
    alternative: `choose cluster.kubeProxy.mode: ${other}`,
  }));
}

function tcp(port: number, purpose: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit: undefined, loopback: false };
}

export function udp(port: number, purpose: string): NeededPort {
  return { protocol: 'udp', port, purpose, unit: undefined, loopback: false };
}

function loopback(port: number, purpose: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit: undefined, loopback: true };
}
