/** Where things lie on a host. Nothing of a distribution's own is written over: binaries live below /opt/k8sup. */
export const paths = {
  bin: '/opt/k8sup/bin',
  /** k8sup's own helper scripts for units. */
  lib: '/opt/k8sup/lib',
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
