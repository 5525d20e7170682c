import type { Path } from './path.ts';
import type { RecordedSettings } from './record.ts';

/** A setting of the inventory, and why a living cluster needs it to stay. */
export interface Setting {
  readonly what: string;
  readonly path: Path;
  readonly name: string;
  readonly reason: string;
  /** Left out, it follows other settings of the inventory rather than a default of k8sup's. */
  readonly follows?: true;
}

export type Value = string | number | boolean;

/** A setting that {@link RecordedSettings} remembers. */
export interface Rule extends Setting {
  /** Undefined in a record that is older than the rule. */
  readonly value: (record: RecordedSettings) => Value | undefined;
  /** Its default comes with the Kubernetes release: with that one set right, it is right too. */
  readonly byRelease?: true;
  /** It counts on container hosts without Kubernetes too. */
  readonly containers?: true;
}

/** The place of a key of the network. */
export const network = (key: string): Path => ['cluster', 'network', key];

/** Settings that must stay as they are on a living cluster; the README's table is made from this. */
export const unsafeSettings: readonly Rule[] = [
  {
    what: 'KUBERNETES_VERSION',
    path: ['cluster', 'kubernetesVersion'],
    name: 'the Kubernetes version',
    value: (r) => r.kubernetes,
    reason: 'upgrades need an order of components and skews that k8sup does not keep yet',
  },
  {
    what: 'POD_CIDR',
    path: network('podCIDR'),
    name: 'the pod CIDR',
    value: (r) => r.podCIDR,
    reason: 'nodes keep the part they were given, and running pods their addresses',
  },
  {
    what: 'SERVICE_CIDR',
    path: network('serviceCIDR'),
    name: 'the service CIDR',
    value: (r) => r.serviceCIDR,
    reason: "existing Services keep their addresses, the API server's own among them",
  },
  {
    what: 'NODE_MASK',
    path: network('nodeCIDRMaskSize'),
    name: 'the node mask',
    value: (r) => r.nodeCIDRMaskSize,
    reason: 'nodes keep the part they were given, and new parts would overlap them',
  },
  {
    what: 'NODE_MASK',
    path: network('nodeCIDRMaskSizeIPv6'),
    name: 'the node mask for IPv6',
    value: (r) => r.nodeCIDRMaskSizeIPv6,
    reason: 'nodes keep the part they were given, and new parts would overlap them',
  },
  {
    what: 'DNS_IP',
    path: network('dnsIP'),
    name: 'the DNS address',
    follows: true,
    value: (r) => r.dnsIP,
    reason: 'running pods have the old one in their resolv.conf',
  },
  {
    what: 'DNS_DOMAIN',
    path: network('dnsDomain'),
    name: "the cluster's domain",
    value: (r) => r.dnsDomain,
    reason: 'running pods search the old one, and certificates name it',
  },
  {
    what: 'RUNTIME',
    path: ['cluster', 'runtime', 'type'],
    name: 'the container runtime',
    containers: true,
    byRelease: true,
    value: (r) => r.runtime,
    reason: 'containers of the old one would go on unseen',
  },
  {
    what: 'PROXY_MODE',
    path: ['cluster', 'kubeProxy', 'mode'],
    name: "kube-proxy's mode",
    byRelease: true,
    value: (r) => r.proxyMode,
    reason: 'many releases of kube-proxy leave the rules of the old mode, which go on catching traffic',
  },
  {
    what: 'ENCRYPTION',
    path: ['cluster', 'apiserver', 'encryptionAtRest'],
    name: 'encryption at rest',
    value: (r) => r.encryptionAtRest,
    reason:
      "Secrets stay as they were written, unreadable without the key or in plain text, and masters that restart one by one cannot read each other's",
  },
  {
    what: 'CONTROL_PLANE_ENDPOINT',
    path: ['cluster', 'controlPlaneEndpoint'],
    name: 'the control plane endpoint',
    follows: true,
    value: (r) => r.controlPlaneEndpoint,
    reason: 'kubelets that have joined keep the old one in their own kubeconfig',
  },
  {
    what: 'APISERVER_PORT',
    path: ['cluster', 'apiserver', 'port'],
    name: "the API server's port",
    value: (r) => r.apiserverPort,
    reason: 'kubelets that have joined keep the old one in their own kubeconfig',
  },
  {
    what: 'DATA_DIRECTORY',
    path: ['cluster', 'etcd', 'dataDir'],
    name: "etcd's data directory",
    containers: true,
    value: (r) => r.directories.etcd,
    reason: 'members would start empty',
  },
  {
    what: 'DATA_DIRECTORY',
    path: ['cluster', 'kubelet', 'rootDir'],
    name: "kubelet's root directory",
    value: (r) => r.directories.kubelet,
    reason: 'volumes of running pods are mounted below the old one',
  },
  {
    what: 'ETCD_PORTS',
    path: ['cluster', 'etcd', 'clientPort'],
    name: "etcd's client port",
    containers: true,
    value: (r) => r.etcd.clientPort,
    reason: 'API servers would lose the members that have moved',
  },
  {
    what: 'ETCD_PORTS',
    path: ['cluster', 'etcd', 'peerPort'],
    name: "etcd's peer port",
    containers: true,
    value: (r) => r.etcd.peerPort,
    reason: 'members know each other by the old one',
  },
];
