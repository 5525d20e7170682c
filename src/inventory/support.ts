import semver from 'semver';
import type { Family } from './cidr.ts';
import { releaseHas } from './releases.ts';

/** `proved`: run on real hosts by the end-to-end tests. `rendered`: written by the same rules and unit-tested, but not run. */
export type Proof = 'proved' | 'rendered';

/** Which addresses pods and Services have, in whatever order. */
export type Addressing = 'IPv4' | 'dual stack' | 'IPv6 alone';

export function addressingOf(families: readonly Family[]): Addressing {
  if (families.length > 1) return 'dual stack';
  return families[0] === 'ipv6' ? 'IPv6 alone' : 'IPv4';
}

/** Kubernetes minors that can be installed; the README's table is made from this. */
export const kubernetesSupport: Readonly<Record<string, Proof>> = {
  '1.20': 'proved',
  '1.21': 'rendered',
  '1.22': 'rendered',
  '1.23': 'rendered',
  '1.24': 'rendered',
  '1.25': 'rendered',
  '1.26': 'rendered',
  '1.27': 'rendered',
  '1.28': 'rendered',
  '1.29': 'rendered',
  '1.30': 'rendered',
  '1.31': 'rendered',
  '1.32': 'rendered',
  '1.33': 'rendered',
  '1.34': 'rendered',
  '1.35': 'rendered',
  '1.36': 'proved',
};

/** Operating systems of the end-to-end tests' hosts, as `ID VERSION_ID` of os-release. */
export const provedSystems: readonly string[] = ['debian 12'];

/** What a combination is judged by; versions without a leading v. */
export interface Combination {
  readonly kubernetes: string;
  readonly runtime: 'containerd' | 'docker';
  readonly runtimeVersion: string;
  readonly proxyMode: 'iptables' | 'ipvs' | 'nftables';
  readonly coredns: string;
  readonly etcd: string;
  /** Of pods and Services, in order. */
  readonly families: readonly Family[];
  readonly plugin: string;
  /** Of the network, where it has one. */
  readonly pluginVersion: string | undefined;
}

/** One row of the table of combinations. */
export interface CombinationRule {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** The key that decides, below `cluster`. */
  readonly path: readonly string[];
  readonly applies: (combination: Combination) => boolean;
  readonly message: string;
  readonly fix?: string;
  /** Where it counts: with Kubernetes, on container hosts without it, or in both. Default `kubernetes`. */
  readonly where?: 'kubernetes' | 'containers' | 'both';
}

const containerdVersion = ['runtime', 'version'];
const proxyMode = ['kubeProxy', 'mode'];

/** Combinations that do not work (errors) or were not run (warnings). */
export const combinationRules: readonly CombinationRule[] = [
  {
    code: 'CONTAINERD_TOO_NEW',
    severity: 'error',
    path: containerdVersion,
    applies: (c) =>
      c.runtime === 'containerd' && semver.lt(c.kubernetes, '1.23.0') && semver.gte(c.runtimeVersion, '2.0.0'),
    message: 'containerd 2 dropped CRI v1alpha2, the only one that kubelets up to 1.22 speak',
    fix: 'use containerd 1.7.29, or Kubernetes 1.23 or newer',
  },
  {
    code: 'CONTAINERD_TOO_OLD',
    // Kubelets were to need it from 1.36; KEP-4033 has put that off to 1.38 (kubernetes/enhancements#6087), so that it still works.
    severity: 'warning',
    path: containerdVersion,
    applies: (c) =>
      c.runtime === 'containerd' && semver.gte(c.kubernetes, '1.36.0') && semver.lt(c.runtimeVersion, '2.0.0'),
    message: 'kubelets will not start with containerd 1 from Kubernetes 1.38: it cannot tell them its cgroup driver',
    fix: 'use containerd 2.2.0',
  },
  {
    code: 'CONTAINERD_UNSUPPORTED',
    severity: 'error',
    path: containerdVersion,
    applies: (c) => c.runtime === 'containerd' && !semver.satisfies(c.runtimeVersion, '^1.6.0 || ^2.0.0'),
    message: 'only containerd 1.6, 1.7 and 2 are supported',
    fix: 'use containerd 2.2.0 (1.7.29 up to Kubernetes 1.22)',
  },
  {
    code: 'CONTAINERD_1_NOT_PROVED',
    severity: 'warning',
    path: containerdVersion,
    applies: (c) => c.runtime === 'containerd' && semver.satisfies(c.runtimeVersion, '^1.6.0'),
    message: 'containerd 1 is set up by the same rules as 2, but was not run',
  },
  {
    code: 'DOCKER_NEEDS_CRI_DOCKERD',
    severity: 'warning',
    path: ['runtime', 'type'],
    applies: (c) => c.runtime === 'docker' && !releaseHas(c.kubernetes, 'dockershim'),
    message: 'from Kubernetes 1.24 Docker works through cri-dockerd: rendered, but not proved',
    fix: 'containerd is the proved runtime for this release',
  },
  {
    code: 'DOCKER_DROPS_ROUTED_PACKETS',
    severity: 'warning',
    path: ['runtime', 'version'],
    applies: (c) => c.runtime === 'docker' && semver.gte(c.runtimeVersion, '28.0.0'),
    message: 'Docker 28 and newer drops packets that are routed from other hosts to containers on its own bridge',
  },
  {
    code: 'NFTABLES_TOO_EARLY',
    severity: 'error',
    path: proxyMode,
    applies: (c) => c.proxyMode === 'nftables' && semver.lt(c.kubernetes, '1.29.0'),
    message: 'kube-proxy has no nftables mode before 1.31 (alpha in 1.29)',
    fix: 'use iptables or ipvs',
  },
  {
    code: 'NFTABLES_ALPHA',
    severity: 'error',
    path: proxyMode,
    applies: (c) => c.proxyMode === 'nftables' && semver.satisfies(c.kubernetes, '1.29 || 1.30'),
    message: "kube-proxy's nftables mode is alpha and off in 1.29 and 1.30",
    fix: 'use iptables or ipvs, or Kubernetes 1.31 or newer',
  },
  {
    code: 'IPVS_NOT_PROVED',
    severity: 'warning',
    path: proxyMode,
    applies: (c) => c.proxyMode === 'ipvs',
    message: 'ipvs is rendered, but not proved; kube-proxy itself warns of its end from 1.36',
  },
  {
    code: 'DUAL_STACK_TOO_EARLY',
    severity: 'error',
    path: ['network', 'podCIDR'],
    applies: (c) => c.families.length > 1 && !releaseHas(c.kubernetes, 'dualStack'),
    message: 'dual stack is alpha and off in Kubernetes 1.20',
    fix: 'use blocks of one family, or Kubernetes 1.21 or newer',
  },
  {
    code: 'COREDNS_TOO_NEW',
    severity: 'error',
    path: ['coredns', 'version'],
    applies: (c) => semver.lt(c.kubernetes, '1.21.0') && semver.gt(c.coredns, '1.10.1'),
    message: 'CoreDNS after 1.10.1 watches discovery.k8s.io/v1 alone, which Kubernetes 1.20 does not serve',
    fix: 'use CoreDNS 1.10.1',
  },
  {
    code: 'ETCD_UNSUPPORTED',
    severity: 'error',
    where: 'both',
    path: ['etcd', 'version'],
    applies: (c) => !semver.satisfies(c.etcd, '>=3.4.0 <3.7.0'),
    message: 'only etcd 3.4, 3.5 and 3.6 are supported',
    fix: 'use etcd 3.6.5',
  },
  {
    // etcd's announcement of March 2022 and its post-mortem "v3.5 data inconsistency" (etcd-io/etcd#13766).
    code: 'ETCD_CORRUPTS_DATA',
    severity: 'error',
    where: 'both',
    path: ['etcd', 'version'],
    applies: (c) => semver.satisfies(c.etcd, '>=3.5.0 <3.5.3'),
    message: 'etcd 3.5.0 to 3.5.2 can corrupt data when it is killed: its own project warns of them',
    fix: 'use etcd 3.6.5, or 3.5.13 or newer',
  },
  {
    // Health endpoints: kubernetes/website#54030. Watch progress: the apiserver's own check, kubernetes/kubernetes#124483.
    code: 'ETCD_TOO_OLD',
    severity: 'error',
    path: ['etcd', 'version'],
    applies: (c) =>
      semver.gte(c.kubernetes, '1.31.0') && semver.satisfies(c.etcd, '>=3.4.0 <3.4.31 || >=3.5.3 <3.5.13'),
    message: 'apiservers from 1.31 ask etcd for watch progress, which works from 3.4.31 and 3.5.13',
    fix: 'use etcd 3.6.5, or a newer patch release of the same minor',
  },
];

/** `1.36` of `1.36.3`. */
export function minorOf(kubernetes: string): string {
  return `${semver.major(kubernetes)}.${semver.minor(kubernetes)}`;
}
