import type { ComponentName } from '../model.ts';

/** Why a flag or field is k8sup's own: the key that sets it, or undefined where changing it would cut the cluster's trust. */
export type Reserved = Readonly<Record<string, string | undefined>>;

/** Flags that may not be in `extraArgs`; by component. */
export const reservedFlags: Readonly<Record<ComponentName, Reserved>> = {
  etcd: {
    ...pki('cert-file', 'key-file', 'trusted-ca-file', 'client-cert-auth', 'peer-cert-file', 'peer-key-file'),
    ...pki('peer-trusted-ca-file', 'peer-client-cert-auth', 'auto-tls', 'peer-auto-tls', 'name', 'initial-cluster'),
    ...pki('initial-cluster-state', 'initial-advertise-peer-urls'),
    'data-dir': 'cluster.etcd.dataDir',
    'listen-client-urls': 'cluster.etcd.clientPort',
    'advertise-client-urls': 'cluster.etcd.clientPort',
    'listen-peer-urls': 'cluster.etcd.peerPort',
  },
  apiserver: {
    ...pki('client-ca-file', 'tls-cert-file', 'tls-private-key-file', 'etcd-cafile', 'etcd-certfile', 'etcd-keyfile'),
    ...pki('kubelet-certificate-authority', 'kubelet-client-certificate', 'kubelet-client-key'),
    ...pki('service-account-key-file', 'service-account-signing-key-file', 'requestheader-client-ca-file'),
    ...pki('proxy-client-cert-file', 'proxy-client-key-file', 'authorization-mode'),
    'encryption-provider-config': 'cluster.apiserver.encryptionAtRest',
    'experimental-encryption-provider-config': 'cluster.apiserver.encryptionAtRest',
    'token-auth-file': 'cluster.bootstrap',
    'enable-bootstrap-token-auth': 'cluster.bootstrap',
    'secure-port': 'cluster.apiserver.port',
    'service-cluster-ip-range': 'cluster.network.serviceCIDR',
    'service-node-port-range': 'cluster.network.nodePortRange',
  },
  controllerManager: {
    ...pki(
      'kubeconfig',
      'root-ca-file',
      'service-account-private-key-file',
      'client-ca-file',
      'requestheader-client-ca-file',
    ),
    ...pki('cluster-signing-cert-file', 'cluster-signing-key-file', 'tls-cert-file', 'tls-private-key-file'),
    'cluster-signing-duration': 'cluster.certificates.nodeLifetime',
    'experimental-cluster-signing-duration': 'cluster.certificates.nodeLifetime',
    'cluster-cidr': 'cluster.network.podCIDR',
    'service-cluster-ip-range': 'cluster.network.serviceCIDR',
    'node-cidr-mask-size': 'cluster.network.nodeCIDRMaskSize',
    'node-cidr-mask-size-ipv4': 'cluster.network.nodeCIDRMaskSize',
    'node-cidr-mask-size-ipv6': 'cluster.network.nodeCIDRMaskSizeIPv6',
  },
  scheduler: pki(
    'kubeconfig',
    'client-ca-file',
    'requestheader-client-ca-file',
    'tls-cert-file',
    'tls-private-key-file',
  ),
  kubelet: {
    ...pki('kubeconfig', 'bootstrap-kubeconfig', 'cert-dir', 'client-ca-file', 'tls-cert-file', 'tls-private-key-file'),
    ...pki('hostname-override', 'anonymous-auth', 'authorization-mode', 'config'),
    'root-dir': 'cluster.kubelet.rootDir',
    'cluster-dns': 'cluster.network.dnsIP',
    'cluster-domain': 'cluster.network.dnsDomain',
    'cgroup-driver': 'cluster.runtime.cgroupDriver',
  },
  kubeProxy: {
    ...pki('kubeconfig', 'hostname-override', 'config'),
    'proxy-mode': 'cluster.kubeProxy.mode',
    'cluster-cidr': 'cluster.network.podCIDR',
  },
  containerd: {},
  docker: {},
};

/** Top-level fields that may not be in `extraConfig`; by component. */
export const reservedFields: Readonly<Partial<Record<ComponentName, Reserved>>> = {
  kubelet: {
    ...pki('rotateCertificates', 'serverTLSBootstrap', 'tlsCertFile', 'tlsPrivateKeyFile'),
    clusterDNS: 'cluster.network.dnsIP',
    clusterDomain: 'cluster.network.dnsDomain',
    cgroupDriver: 'cluster.runtime.cgroupDriver',
  },
  kubeProxy: {
    ...pki('clientConnection', 'hostnameOverride'),
    mode: 'cluster.kubeProxy.mode',
    clusterCIDR: 'cluster.network.podCIDR',
  },
  containerd: { root: 'cluster.runtime.dataRoot' },
  docker: { 'data-root': 'cluster.runtime.dataRoot' },
};

function pki(...names: readonly string[]): Reserved {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
