import type { KnownCause } from './known-cause.ts';

export const networkCauses: readonly KnownCause[] = [
  {
    code: 'NO_POD_CIDR',
    pattern: /node \\?"\S+\\?" pod cidr not assigned/,
    cause: 'the node has no block of pod addresses: kube-controller-manager gives none, or all are given away',
    fix: 'kubectl get nodes -o custom-columns=NAME:.metadata.name,CIDR:.spec.podCIDR ; journalctl -u kube-controller-manager  on the masters',
    source: 'https://github.com/flannel-io/flannel/blob/master/Documentation/troubleshooting.md',
  },
  {
    code: 'NO_DEFAULT_ROUTE',
    pattern: /failed to get default interface: unable to find default route/,
    cause: 'flannel looks for its interface by the default route, and the host has none',
    fix: 'ip route  shows the routes; name the interface in cluster.network.flannel of the inventory',
    source: 'https://github.com/flannel-io/flannel/blob/master/Documentation/troubleshooting.md',
  },
  {
    code: 'NO_INTERFACE',
    pattern: /Failed to find interface to use that matches the interfaces and\/or regexes provided/,
    cause: 'the host has no interface of the name or pattern that flannel is told',
    fix: 'ip -br address  shows those it has; correct the interface in cluster.network.flannel of the inventory',
    source: 'https://github.com/flannel-io/flannel/blob/master/Documentation/configuration.md',
  },
  {
    code: 'NO_FLANNEL_CONFIG',
    pattern: /flannel config not found in etcd store|failed to read net conf: /,
    cause: "flannel's network configuration is not where it looks for it",
    fix: 'k8sup apply  writes it again',
    source: 'https://github.com/flannel-io/flannel/blob/master/Documentation/configuration.md',
  },
  {
    code: 'VXLAN_TAKEN',
    pattern: /failed to create vxlan device: (Link not found|file exists|device or resource busy)/i,
    cause: 'another VXLAN device of the host has the same number (VNI) and port',
    fix: 'ip -d link show type vxlan  shows it:  ip link del NAME , or give flannel another VNI in the inventory',
    source: 'https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md',
  },
  {
    code: 'POD_ADDRESSES_USED_UP',
    pattern: /no IP addresses available in range set/,
    cause: 'all pod addresses of the node are given away, perhaps to pods that are long gone',
    fix: 'ls /var/lib/cni/networks/*  on the host: remove those of no living pod, with the kubelet stopped; or a smaller maxPods',
    source: 'https://www.cni.dev/plugins/current/ipam/host-local/',
  },
  {
    code: 'DNS_LOOP',
    pattern: /plugin\/loop: Loop \(.*\) detected for zone/,
    cause: 'CoreDNS forwards to itself: the resolv.conf of the host names a resolver on the loopback interface',
    fix: "set resolvConf in cluster.kubelet.extraConfig to a file with real servers, such as systemd-resolved's /run/systemd/resolve/resolv.conf",
    source: 'https://coredns.io/plugins/loop/#troubleshooting',
  },
];
