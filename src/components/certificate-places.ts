import { kubeletRoles } from '../inventory/model.ts';
import type { Host, Inventory, Role } from '../inventory/model.ts';
import { fixedPorts } from '../inventory/ports.ts';
import type { AuthorityName, LeafName } from '../pki/index.ts';
import { etcdPki, kubeconfigs, kubePki, paths } from './paths.ts';

/** Where a certificate lies on a host, and who uses it. */
export interface CertificatePlace {
  /** `pair`: `PATH.crt` and `PATH.key`; `kubeconfig`: inside of the kubeconfig PATH; `file`: in PATH itself, as PEM. */
  readonly form: 'pair' | 'kubeconfig' | 'file';
  readonly path: string;
  readonly unit: string;
  /** How a new one comes into use: it is read at each connection, or once, when the unit starts. */
  readonly taken: 'at once' | 'restart';
  /** Port where it is shown to whoever connects. */
  readonly serves?: (inventory: Inventory) => number;
}

const apiserver = 'kube-apiserver.service';
const onMaster = (name: string) =>
  ({ form: 'pair', path: `${paths.kubePki}/${name}`, unit: apiserver, taken: 'at once' }) as const;
const onMember = (name: string) =>
  ({ form: 'pair', path: `${paths.etcdPki}/${name}`, unit: 'etcd.service', taken: 'at once' }) as const;
const inKubeconfig = (path: string, unit: string) => ({ form: 'kubeconfig', path, unit, taken: 'restart' }) as const;

/** Leaves that lie on hosts: the administrator's stays on the controller. */
export type PlacedLeaf = Exclude<LeafName, 'admin'>;

/** By the name of the leaf. */
export const certificatePlaces: Readonly<Record<PlacedLeaf, CertificatePlace>> = {
  'etcd-server': { ...onMember('server'), serves: ({ cluster }) => cluster.etcd.clientPort },
  'etcd-peer': { ...onMember('peer'), serves: ({ cluster }) => cluster.etcd.peerPort },
  'etcd-healthcheck-client': onMember('healthcheck-client'),
  'kube-apiserver': { ...onMaster('apiserver'), serves: ({ cluster }) => cluster.apiserverPort },
  'apiserver-kubelet-client': onMaster('apiserver-kubelet-client'),
  'apiserver-etcd-client': onMaster('apiserver-etcd-client'),
  'front-proxy-client': onMaster('front-proxy-client'),
  'kube-controller-manager': inKubeconfig(kubeconfigs.controllerManager, 'kube-controller-manager.service'),
  'kube-scheduler': inKubeconfig(kubeconfigs.scheduler, 'kube-scheduler.service'),
  'csr-approver': inKubeconfig(kubeconfigs.csrApprover, 'k8sup-csr-approver.service'),
  'kube-proxy': inKubeconfig(kubeconfigs.kubeProxy, 'kube-proxy.service'),
  flannel: inKubeconfig(kubeconfigs.flannel, 'flanneld.service'),
  'flannel-etcd-client': {
    form: 'pair',
    path: `${paths.flannelConf}/pki/etcd-client`,
    unit: 'flanneld.service',
    taken: 'restart',
  },
};

/** The two that each kubelet gets from the cluster, and renews itself. */
export const kubeletPlaces = (
  rootDir: string,
): Readonly<Record<'kubelet-client' | 'kubelet-server', CertificatePlace>> => {
  const at = (name: string) =>
    ({
      form: 'file',
      path: `${rootDir}/pki/${name}-current.pem`,
      unit: 'kubelet.service',
      taken: 'at once',
    }) as const;
  return {
    'kubelet-client': at('kubelet-client'),
    'kubelet-server': { ...at('kubelet-server'), serves: () => fixedPorts.kubelet },
  };
};

/** Where the certificates of an authority lie on hosts with one of these roles, for those who trust it or sign by it: all of a purpose, in one file. */
export interface TrustPlace extends CertificatePlace {
  /** As `certs` names it. */
  readonly name: string;
  readonly authority: AuthorityName;
  readonly on: readonly Role[];
}

const trusted = (authority: AuthorityName, path: string, unit: string, on: readonly Role[]): TrustPlace => ({
  ...{ name: authority, authority, form: 'file', path, unit, taken: 'restart', on },
});

/** Of all roles. */
export const trustPlaces: readonly TrustPlace[] = [
  trusted('etcd-ca', etcdPki.ca, 'etcd.service', ['etcd']),
  trusted('etcd-ca', `${paths.flannelConf}/pki/etcd-ca.crt`, 'flanneld.service', ['container']),
  trusted('kubernetes-ca', kubePki.ca, apiserver, ['master']),
  trusted('kubernetes-ca', kubePki.ca, 'kubelet.service', kubeletRoles),
  {
    ...trusted('kubernetes-ca', kubePki.serverCa, 'kube-controller-manager.service', ['master']),
    name: 'kubernetes-ca for pods',
  },
  {
    ...trusted('kubernetes-ca', kubePki.signer, 'kube-controller-manager.service', ['master']),
    name: 'kubernetes-ca that signs',
  },
  { ...trusted('etcd-ca', kubePki.etcdCa, apiserver, ['master']), name: 'etcd-ca of the apiserver' },
  trusted('front-proxy-ca', kubePki.frontProxyCa, apiserver, ['master']),
];

/** Those of one host; of two units that read the same file the first one counts. */
export function trustPlacesOf({ roles }: Pick<Host, 'roles'>): readonly TrustPlace[] {
  const own = trustPlaces.filter(({ on }) => on.some((role) => roles.has(role)));
  return own.filter(({ path }, index) => own.findIndex((other) => other.path === path) === index);
}

/** The file that a certificate is in. */
export function certificateFile({ form, path }: Pick<CertificatePlace, 'form' | 'path'>): string {
  return form === 'pair' ? `${path}.crt` : path;
}
