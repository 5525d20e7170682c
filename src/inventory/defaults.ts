import semver from 'semver';
import { releaseHas } from './releases.ts';

/**
 * What the inventory means where it says nothing, in the inventory's own shape. The schema shows these to editors and the resolving
 * step fills them in, so they stand here alone. What depends on a version is in the functions below.
 */
export const standard = {
  kubernetesVersion: '1.36.3',
  bootstrap: 'token-secret',
  apiserver: { port: 6443, audit: true, encryptionAtRest: true },
  etcd: { version: '3.6.5', dataDir: '/var/lib/etcd', clientPort: 2379, peerPort: 2380 },
  kubelet: { rootDir: '/var/lib/kubelet', maxPods: 110 },
  runtime: {
    runcVersion: '1.3.3',
    criDockerdVersion: '0.3.15',
    cgroupDriver: 'auto',
    sandboxImage: 'registry.k8s.io/pause:3.10',
    logMaxSize: '10Mi',
    logMaxFiles: 5,
    liveRestore: true,
  },
  network: {
    plugin: 'flannel',
    podCIDR: '10.244.0.0/16',
    serviceCIDR: '10.96.0.0/16',
    nodeCIDRMaskSize: 24,
    nodeCIDRMaskSizeIPv6: 64,
    nodePortRange: '30000-32767',
    dnsDomain: 'cluster.local',
    cniPluginsVersion: '1.9.1',
    cni: { portmap: true, bandwidth: true, hairpin: true },
  },
  coredns: { replicas: 2 },
  images: { coredns: 'registry.k8s.io/coredns/coredns', verify: 'docker.io/library/busybox:1.36' },
  certificates: { caLifetime: '87600h', leafLifetime: '8760h', nodeLifetime: '8760h' },
  hostPreparation: { disableIPv6: false, setHostName: true, manageHostsFile: true, firewall: 'disable' },
  artifacts: { source: 'auto' },
  ssh: {
    user: 'root',
    port: 22,
    become: 'sudo',
    knownHosts: '~/.ssh/known_hosts',
    hostKeyChecking: 'strict',
    config: '~/.ssh/config',
    connectTimeout: 15,
    keepalive: 10,
  },
} as const;

/** Index of the DNS Service's address in the service CIDR; kubeadm's choice, which many manifests expect. */
export const dnsIndex = 10n;

/** dockershim left the kubelet with 1.24. */
export function runtimeFor(kubernetes: string): 'containerd' | 'docker' {
  return releaseHas(kubernetes, 'dockershim') ? 'docker' : 'containerd';
}

/** kubelets up to 1.22 speak CRI v1alpha2 alone, which containerd 2 dropped. */
export function runtimeVersionFor(runtime: 'containerd' | 'docker', kubernetes: string): string {
  if (runtime === 'docker') return '20.10.24';
  return semver.lt(kubernetes, '1.23.0') ? '1.7.29' : '2.2.0';
}

export function dataRootFor(runtime: 'containerd' | 'docker'): string {
  return `/var/lib/${runtime}`;
}

/**
 * nftables is stable since 1.33, but NodePorts answer on a node's primary address only, so clusters keep what their release brought:
 * it becomes the default with 1.36, where ipvs warns of its end and iptables is no longer where work goes.
 */
export function proxyModeFor(kubernetes: string): 'iptables' | 'nftables' {
  return semver.gte(kubernetes, '1.36.0') ? 'nftables' : 'iptables';
}

/** CoreDNS after 1.10.1 watches discovery.k8s.io/v1 alone, which 1.20 does not serve. */
export function corednsVersionFor(kubernetes: string): string {
  return semver.lt(kubernetes, '1.21.0') ? '1.10.1' : '1.15.0';
}
