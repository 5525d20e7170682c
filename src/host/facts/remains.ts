/** Paths that only one other installer makes; the first that exists is told. */
export const remainsPaths: readonly { readonly of: string; readonly paths: readonly string[] }[] = [
  {
    of: 'kubeadm',
    paths: [
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
      '/var/lib/kubelet/kubeadm-flags.env',
      '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
      '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
      '/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
    ],
  },
  {
    of: 'k3s',
    paths: [
      '/etc/rancher/k3s',
      '/var/lib/rancher/k3s',
      '/usr/local/bin/k3s',
      '/etc/systemd/system/k3s.service',
      '/etc/systemd/system/k3s-agent.service',
    ],
  },
  { of: 'rke2', paths: ['/etc/rancher/rke2', '/var/lib/rancher/rke2'] },
  { of: 'rke', paths: ['/opt/rke', '/var/lib/rancher/rke', '/etc/kubernetes/ssl/kube-ca.pem'] },
  { of: 'kubeasz', paths: ['/opt/kube/bin', '/etc/kubernetes/ssl/ca.pem'] },
  { of: 'k0s', paths: ['/etc/k0s', '/var/lib/k0s', '/etc/systemd/system/k0scontroller.service'] },
  { of: 'microk8s', paths: ['/var/snap/microk8s'] },
];

/** Units that load firewall rules of the host's own; some of them flush all rules first. */
export const ruleLoaders: readonly string[] = [
  'nftables.service',
  'iptables.service',
  'ip6tables.service',
  'netfilter-persistent.service',
];

/** Units whose state matters: firewalls, resolvers, time keepers, runtimes of a distribution, other installers. */
export const unitNames: readonly string[] = [
  'firewalld.service',
  'ufw.service',
  ...ruleLoaders,
  'systemd-resolved.service',
  'systemd-timesyncd.service',
  'chrony.service',
  'chronyd.service',
  'ntp.service',
  'ntpd.service',
  'ntpsec.service',
  'ntpd-rs.service',
  'openntpd.service',
  'docker.service',
  'docker.socket',
  'containerd.service',
  'crio.service',
  'kubelet.service',
];
