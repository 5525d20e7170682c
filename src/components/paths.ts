/** Where things lie on a host. Nothing of a distribution's own is written over: binaries live below /opt/k8sup. */
export const paths = {
  bin: '/opt/k8sup/bin',
  /** k8sup's own helper scripts for units. */
  lib: '/opt/k8sup/lib',
  /** Docker's own set of binaries (its containerd and runc too): apart from the others, so that neither hides the other. */
  docker: '/opt/k8sup/docker',
  /** Fixed by the CNI convention: kubelet, runtimes and plugins look there. */
  cniBin: '/opt/cni/bin',
  cniConf: '/etc/cni/net.d',
  units: '/etc/systemd/system',
  etcdConf: '/etc/etcd',
  etcdPki: '/etc/etcd/pki',
  kubeConf: '/etc/kubernetes',
  kubePki: '/etc/kubernetes/pki',
  containerdConf: '/etc/containerd',
  dockerConf: '/etc/docker',
  flannelConf: '/etc/kube-flannel',
  /** Ownership manifest, hashes of big files, what was there before. */
  state: '/var/lib/k8sup',
  run: '/run/k8sup',
} as const;

export { unitInputsScript } from '../resources/unit-inputs.ts';

/** What the units start, by its full path. */
export const binaries = {
  etcd: `${paths.bin}/etcd`,
  etcdctl: `${paths.bin}/etcdctl`,
  apiserver: `${paths.bin}/kube-apiserver`,
  controllerManager: `${paths.bin}/kube-controller-manager`,
  scheduler: `${paths.bin}/kube-scheduler`,
  kubelet: `${paths.bin}/kubelet`,
  kubeProxy: `${paths.bin}/kube-proxy`,
  kubectl: `${paths.bin}/kubectl`,
  containerd: `${paths.bin}/containerd`,
  ctr: `${paths.bin}/ctr`,
  runc: `${paths.bin}/runc`,
  criDockerd: `${paths.bin}/cri-dockerd`,
  flanneld: `${paths.bin}/flanneld`,
  dockerd: `${paths.docker}/dockerd`,
  docker: `${paths.docker}/docker`,
} as const;

/** On etcd members alone. */
export const etcdPki = {
  ca: `${paths.etcdPki}/ca.crt`,
  serverCert: `${paths.etcdPki}/server.crt`,
  serverKey: `${paths.etcdPki}/server.key`,
  peerCert: `${paths.etcdPki}/peer.crt`,
  peerKey: `${paths.etcdPki}/peer.key`,
  healthCert: `${paths.etcdPki}/healthcheck-client.crt`,
  healthKey: `${paths.etcdPki}/healthcheck-client.key`,
} as const;

/** `ca` goes to every host that runs a kubelet; everything else to masters alone. */
export const kubePki = {
  ca: `${paths.kubePki}/ca.crt`,
  /** `ca` and the authorities above: by what servers are known to programs that want a chain up to its root. Nobody is let in by it. */
  serverCa: `${paths.kubePki}/server-ca.crt`,
  /** The one of `ca` that signs, and its key. */
  signer: `${paths.kubePki}/ca-signer.crt`,
  caKey: `${paths.kubePki}/ca.key`,
  frontProxyCa: `${paths.kubePki}/front-proxy-ca.crt`,
  frontProxyCert: `${paths.kubePki}/front-proxy-client.crt`,
  frontProxyKey: `${paths.kubePki}/front-proxy-client.key`,
  apiserverCert: `${paths.kubePki}/apiserver.crt`,
  apiserverKey: `${paths.kubePki}/apiserver.key`,
  kubeletClientCert: `${paths.kubePki}/apiserver-kubelet-client.crt`,
  kubeletClientKey: `${paths.kubePki}/apiserver-kubelet-client.key`,
  etcdCa: `${paths.kubePki}/etcd-ca.crt`,
  etcdClientCert: `${paths.kubePki}/apiserver-etcd-client.crt`,
  etcdClientKey: `${paths.kubePki}/apiserver-etcd-client.key`,
  serviceAccountKey: `${paths.kubePki}/sa.key`,
  serviceAccountPub: `${paths.kubePki}/sa.pub`,
} as const;

export const kubeconfigs = {
  controllerManager: `${paths.kubeConf}/controller-manager.kubeconfig`,
  scheduler: `${paths.kubeConf}/scheduler.kubeconfig`,
  csrApprover: `${paths.kubeConf}/csr-approver.kubeconfig`,
  /** Written by the kubelet itself when its first certificate is issued. */
  kubelet: `${paths.kubeConf}/kubelet.kubeconfig`,
  /** There only until the kubelet has its own. */
  bootstrap: `${paths.kubeConf}/bootstrap.kubeconfig`,
  kubeProxy: `${paths.kubeConf}/kube-proxy.kubeconfig`,
  flannel: `${paths.kubeConf}/flannel.kubeconfig`,
} as const;

export const kubeFiles = {
  encryption: `${paths.kubeConf}/encryption.yaml`,
  auditPolicy: `${paths.kubeConf}/audit-policy.yaml`,
  authentication: `${paths.kubeConf}/authentication.yaml`,
  /** Only with token-file bootstrap. Read once at the apiserver's start; it may be empty but must be there. */
  tokens: `${paths.kubeConf}/token.csv`,
  kubelet: `${paths.kubeConf}/kubelet.yaml`,
  /** What the approver on masters lets pass; read anew for each request. */
  servingRequests: `${paths.lib}/csr-approver.requests`,
  kubeProxy: `${paths.kubeConf}/kube-proxy.yaml`,
  /** Directory of the audit log. */
  logs: '/var/log/kubernetes',
} as const;

export const sockets = {
  containerd: '/run/containerd/containerd.sock',
  docker: '/var/run/docker.sock',
  criDockerd: '/run/cri-dockerd.sock',
} as const;
