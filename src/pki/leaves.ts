import { hasKubernetes, type Host, hostsWith, kubeletRoles, type Inventory, type Role } from '../inventory/model.ts';
import type { AuthorityName } from './authority.ts';

/**
 * One kind of certificate. Its subject and key are in `pki/NAME-csr.json`, its usages in the profile of `pki/ca-config.json`.
 */
export interface LeafKind {
  /** File name in the store and of the request. */
  readonly name: LeafName;
  readonly ca: AuthorityName;
  readonly profile: 'server' | 'client' | 'peer';
  /** `host`: each host has a key of its own; `cluster`: one key for all of them. */
  readonly each: 'host' | 'cluster';
  /** Hosts that hold it: those with any of these roles. Empty: it never leaves the controller. */
  readonly on: readonly Role[];
  /** Alternative names; clients have none. */
  readonly hosts?: (inventory: Inventory, host: Host) => readonly string[];
  /** Only where the inventory asks for it. */
  readonly when?: (inventory: Inventory) => boolean;
  readonly purpose: string;
}

export type LeafName =
  | 'etcd-server'
  | 'etcd-peer'
  | 'apiserver-etcd-client'
  | 'etcd-healthcheck-client'
  | 'kube-apiserver'
  | 'apiserver-kubelet-client'
  | 'front-proxy-client'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'csr-approver'
  | 'kube-proxy'
  | 'flannel'
  | 'flannel-etcd-client'
  | 'admin';

const loopback = ['127.0.0.1', '::1', 'localhost'] as const;

/** Every leaf certificate of a cluster; kubelets' own come by the CSR API. */
export const leafKinds: readonly LeafKind[] = [
  {
    name: 'etcd-server',
    ca: 'etcd-ca',
    // etcd's own gateway dials with the server certificate, so it is a client's as well.
    profile: 'peer',
    each: 'host',
    on: ['etcd'],
    hosts: memberNames,
    purpose: "etcd's client port",
  },
  {
    name: 'etcd-peer',
    ca: 'etcd-ca',
    profile: 'peer',
    each: 'host',
    on: ['etcd'],
    hosts: memberNames,
    purpose: 'between etcd members',
  },
  {
    name: 'etcd-healthcheck-client',
    ca: 'etcd-ca',
    profile: 'client',
    each: 'cluster',
    on: ['etcd'],
    purpose: 'etcdctl: health, members, snapshots',
  },
  {
    name: 'apiserver-etcd-client',
    ca: 'etcd-ca',
    profile: 'client',
    each: 'host',
    on: ['master'],
    purpose: 'apiserver to etcd',
  },
  {
    name: 'kube-apiserver',
    ca: 'kubernetes-ca',
    profile: 'server',
    each: 'host',
    on: ['master'],
    hosts: apiserverNames,
    purpose: "the apiserver's own port",
  },
  {
    name: 'apiserver-kubelet-client',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'host',
    on: ['master'],
    purpose: 'apiserver to kubelets; bound to system:kubelet-api-admin',
  },
  {
    name: 'front-proxy-client',
    ca: 'front-proxy-ca',
    profile: 'client',
    each: 'host',
    on: ['master'],
    purpose: 'apiserver to aggregated API servers',
  },
  {
    name: 'kube-controller-manager',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'host',
    on: ['master'],
    purpose: 'controller-manager to apiserver',
  },
  {
    name: 'kube-scheduler',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'host',
    on: ['master'],
    purpose: 'scheduler to apiserver',
  },
  {
    name: 'csr-approver',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'host',
    on: ['master'],
    purpose: "the approver of kubelets' serving certificates to apiserver; may do nothing else",
  },
  {
    name: 'kube-proxy',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'host',
    on: kubeletRoles,
    when: (inventory) => inventory.cluster.network.needs.replacesKubeProxy !== true,
    purpose: 'kube-proxy to apiserver',
  },
  {
    name: 'flannel',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'host',
    on: kubeletRoles,
    when: (inventory) => inventory.cluster.network.needs.leaves.includes('flannel'),
    purpose: 'flanneld to apiserver',
  },
  {
    name: 'flannel-etcd-client',
    ca: 'etcd-ca',
    profile: 'client',
    each: 'host',
    on: ['container'],
    when: (inventory) => inventory.cluster.network.needs.leaves.includes('flannel-etcd-client'),
    purpose: "flanneld to etcd, where its CN is a user who may only touch flannel's keys",
  },
  {
    name: 'admin',
    ca: 'kubernetes-ca',
    profile: 'client',
    each: 'cluster',
    on: [],
    when: hasKubernetes,
    purpose: 'kubectl of the administrator: O=system:masters',
  },
];

/** A leaf that this inventory needs. */
export interface LeafPlace {
  /** Path below the store without its ending: `admin`, `hosts/node1/kube-proxy`. */
  readonly id: string;
  readonly kind: LeafKind;
  readonly host: Host | undefined;
  readonly hosts: readonly string[];
}

/** Every leaf the inventory needs, in the order of the table and of its hosts. */
export function leafPlaces(inventory: Inventory): readonly LeafPlace[] {
  return leafKinds
    .filter((kind) => kind.when?.(inventory) ?? true)
    .flatMap((kind): readonly LeafPlace[] => {
      if (kind.each === 'cluster') return [{ id: kind.name, kind, host: undefined, hosts: [] }];
      return inventory.hosts
        .filter((host) => kind.on.some((role) => host.roles.has(role)))
        .map((host) => ({
          id: `hosts/${host.name}/${kind.name}`,
          kind,
          host,
          hosts: kind.hosts?.(inventory, host) ?? [],
        }));
    });
}

function memberNames(_inventory: Inventory, host: Host): readonly string[] {
  return [...host.addresses, host.name, ...loopback];
}

function apiserverNames(inventory: Inventory): readonly string[] {
  const { cluster } = inventory;
  const service = 'kubernetes.default.svc';
  return [
    ...hostsWith(inventory, 'master').flatMap((host) => [...host.addresses, host.name]),
    ...(cluster.controlPlaneEndpoint === undefined ? [] : [cluster.controlPlaneEndpoint.host]),
    ...cluster.network.apiserverServiceIPs,
    ...loopback,
    'kubernetes',
    'kubernetes.default',
    service,
    `${service}.${cluster.network.dnsDomain}`,
    ...cluster.apiserverExtraSANs,
  ];
}
