import type { KernelNeed } from '../../inventory/plugin.ts';
import type { Addressing } from '../../inventory/support.ts';

export const backendNames = ['vxlan', 'host-gw', 'udp', 'alloc', 'wireguard', 'ipip', 'ipsec'] as const;
export type BackendName = (typeof backendNames)[number];

/** Settings that some backends alone know. */
export type BackendKey = 'vni' | 'port' | 'directRouting' | 'wireguard' | 'ipsec';

/** One of flannel's ways to other nodes; facts from the sources of flannel 0.28.4, pkg/backend. */
export interface Backend {
  /** Bytes that its tunnel adds to a packet over IPv4; over IPv6 they are 20 more. */
  readonly overhead: number;
  /** Added to the MTU of pods to make its own setting MTU, which is that of the way outside; undefined where it has none. */
  readonly mtuMargin?: number;
  /** UDP port unless another is set; undefined where it has none to set. */
  readonly port?: number;
  readonly settings: readonly BackendKey[];
  readonly kernel: readonly string[];
  readonly programs: readonly string[];
  /** The links it makes; `%` stands for the VNI. */
  readonly links: readonly string[];
  /** Whether flannel carries IPv6 by it: its documentation says so of these alone (configuration.md, Dual-stack). */
  readonly ipv6: boolean;
  /** With what addresses of pods the end-to-end tests have run it on real hosts. */
  readonly provedWith: readonly Addressing[];
}

export const backends: Readonly<Record<BackendName, Backend>> = {
  vxlan: {
    overhead: 50,
    mtuMargin: 50,
    port: 8472,
    settings: ['vni', 'port', 'directRouting'],
    kernel: ['vxlan'],
    programs: [],
    links: ['flannel.%', 'flannel-v6.%'],
    ipv6: true,
    provedWith: ['IPv4', 'dual stack', 'IPv6 alone'],
  },
  'host-gw': {
    overhead: 0,
    settings: [],
    kernel: [],
    programs: [],
    links: [],
    ipv6: true,
    provedWith: ['IPv4', 'dual stack'],
  },
  udp: {
    overhead: 28,
    port: 8285,
    settings: ['port'],
    kernel: ['tun'],
    programs: [],
    links: ['flannel0'],
    ipv6: false,
    provedWith: ['IPv4'],
  },
  alloc: { overhead: 0, settings: [], kernel: [], programs: [], links: [], ipv6: false, provedWith: ['IPv4'] },
  wireguard: {
    overhead: 60,
    // flannel makes room for the larger header of IPv6 always.
    mtuMargin: 80,
    port: 51820,
    settings: ['port', 'wireguard'],
    kernel: ['wireguard'],
    programs: [],
    links: ['flannel-wg', 'flannel-wg-v6'],
    ipv6: true,
    provedWith: [],
  },
  ipip: {
    overhead: 20,
    settings: ['directRouting'],
    kernel: ['ipip'],
    programs: [],
    links: ['flannel.ipip'],
    ipv6: false,
    provedWith: [],
  },
  ipsec: {
    overhead: 77,
    settings: ['ipsec'],
    kernel: ['xfrm_user', 'esp4'],
    programs: ['charon'],
    links: [],
    ipv6: false,
    provedWith: [],
  },
};

/** Bytes by which a tunnel over IPv6 adds more than one over IPv4. */
export const longerHeader = 20;

/** What a backend needs of the kernel, with what works without it. */
export function kernelNeedsOf(name: BackendName): readonly KernelNeed[] {
  const alternative =
    name === 'vxlan'
      ? 'choose network.flannel.backend: host-gw, where no router is between the hosts'
      : name === 'wireguard' || name === 'ipsec'
        ? 'load or install it; or choose network.flannel.backend: vxlan, which does not encrypt'
        : 'choose network.flannel.backend: vxlan';
  return backends[name].kernel.map((module) => ({ module, by: `flannel with ${name}`, alternative }));
}

/** The names of the links that a backend makes. */
export function linksOf(name: BackendName, vni: number): readonly string[] {
  return backends[name].links.map((link) => link.replace('%', String(vni)));
}
