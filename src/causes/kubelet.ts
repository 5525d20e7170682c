import type { KnownCause } from './known-cause.ts';

export const kubeletCauses: readonly KnownCause[] = [
  {
    code: 'SWAP_ON',
    pattern: /running with swap on is not supported/i,
    cause: 'swap is on, and the kubelet is told not to run with it',
    fix: 'swapoff -a , and take swap out of /etc/fstab; or set failSwapOn: false in cluster.kubelet.extraConfig',
    source: 'https://kubernetes.io/docs/concepts/cluster-administration/swap-memory-management/',
  },
  {
    code: 'CGROUP_DRIVER',
    pattern: /kubelet cgroup driver: \\?"\w+\\?" is different from docker cgroup driver/,
    cause: 'kubelet and container runtime use different cgroup drivers',
    fix: 'take cgroup drivers out of extraArgs, extraConfig and daemon.json, so that k8sup sets both alike:  k8sup explain kubelet --host HOST ; then  k8sup apply',
    source: 'https://kubernetes.io/docs/setup/production-environment/container-runtimes/#cgroup-drivers',
  },
  {
    code: 'CGROUP_V1',
    pattern: /kubelet is configured to not run on a host using cgroup v1/,
    cause: 'the host has cgroup v1, which this release of the kubelet refuses',
    fix: 'boot it with  systemd.unified_cgroup_hierarchy=1  on the kernel command line; or set failCgroupV1: false in cluster.kubelet.extraConfig',
    source: 'https://kubernetes.io/docs/concepts/architecture/cgroups/',
  },
  {
    code: 'RUNTIME_DOWN',
    pattern:
      /failed to run Kubelet: (validate service connection: .*dial unix|failed to get docker version: Cannot connect to the Docker daemon)/,
    cause: 'the kubelet does not reach the container runtime at its socket',
    fix: 'systemctl status containerd docker ; their journals say why they do not run',
    source: 'https://kubernetes.io/docs/setup/production-environment/container-runtimes/',
  },
  {
    code: 'NO_KMSG',
    pattern: /failed to create kubelet: open \/dev\/kmsg: /,
    cause: 'the host has no /dev/kmsg, as in a container that was not given it',
    fix: 'give the container /dev/kmsg (LXC: lxc.mount.entry = /dev/kmsg dev/kmsg none bind,create=file)',
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/kubelet-in-userns/',
  },
  {
    code: 'NO_BOOTSTRAP_KUBECONFIG',
    pattern: /unable to load bootstrap kubeconfig: stat \S+: no such file or directory/,
    cause: "the kubelet has no kubeconfig: the host did not join, or somebody removed the node's own",
    fix: 'k8sup apply  lets it join again',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/',
  },
  {
    code: 'BOOTSTRAP_TOKEN',
    pattern: /cannot create certificate signing request: Unauthorized/,
    cause: 'the token that the kubelet joins with is not, or no longer, known to the apiserver',
    fix: 'k8sup apply  gives the host a new one',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/',
  },
  {
    code: 'IMAGE_MISSING',
    pattern: /failed to pull image \\*"|ErrImagePull|ImagePullBackOff/,
    cause: 'an image is not on the host and cannot be pulled',
    fix: 'journalctl -u containerd -u docker  on the host says why: no way to the registry, no login there, or no such image; then mend that or the registry in the inventory',
    source: 'https://kubernetes.io/docs/concepts/containers/images/',
  },
  {
    code: 'CNI_NOT_READY',
    pattern: /NetworkPluginNotReady|cni plugin not initialized/,
    cause: 'the pod network of the host is not set up: there is no CNI configuration, or its daemon does not run',
    fix: 'k8sup network status  says what is wrong on each node; ls /etc/cni/net.d  on the host',
    source: 'https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/',
    weak: true,
  },
];
