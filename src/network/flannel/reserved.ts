import type { Reserved } from '../../inventory/checks/reserved.ts';

const flannel = (key: string): string => `cluster.network.flannel.${key}`;

/** The flag for each way of choosing an interface. */
export const interfaceFlag = {
  name: 'iface',
  address: 'iface',
  regex: 'iface-regex',
  'can-reach': 'iface-can-reach',
} as const;

/** Flags of flanneld that are k8sup's own. */
export const reservedFlags: Reserved = {
  'kube-subnet-mgr': flannel('subnetManager'),
  'etcd-prefix': flannel('etcdPrefix'),
  iface: flannel('interface'),
  'iface-regex': flannel('interfaceRegex'),
  'iface-can-reach': flannel('interfaceCanReach'),
  'ip-masq': flannel('ipMasq'),
  'healthz-port': flannel('healthPort'),
  ...own('healthz-ip', 'kubeconfig-file', 'kube-api-url', 'net-config-path', 'subnet-file', 'public-ip', 'public-ipv6'),
  ...own('etcd-endpoints', 'etcd-cafile', 'etcd-certfile', 'etcd-keyfile', 'etcd-username', 'etcd-password', 'version'),
};

/** Keys of net-conf.json that are k8sup's own; those of the backend behind a dot. */
export const reservedConfig: Reserved = {
  Network: 'cluster.network.podCIDR',
  IPv6Network: 'cluster.network.podCIDR',
  EnableIPv4: 'cluster.network.podCIDR',
  EnableIPv6: 'cluster.network.podCIDR',
  EnableNFTables: flannel('nftables'),
  SubnetLen: flannel('subnetLen'),
  SubnetMin: flannel('subnetMin'),
  SubnetMax: flannel('subnetMax'),
  IPv6SubnetLen: 'cluster.network.podCIDR',
  IPv6SubnetMin: 'cluster.network.podCIDR',
  IPv6SubnetMax: 'cluster.network.podCIDR',
  'Backend.Type': flannel('backend'),
  'Backend.VNI': flannel('vni'),
  'Backend.Port': flannel('port'),
  'Backend.ListenPort': flannel('port'),
  'Backend.MTU': flannel('mtu'),
  'Backend.DirectRouting': flannel('directRouting'),
  'Backend.PSK': flannel('wireguard.pskFile'),
  'Backend.Mode': flannel('wireguard.mode'),
  'Backend.PersistentKeepaliveInterval': flannel('wireguard.keepalive'),
  'Backend.UDPEncap': flannel('ipsec.udpEncap'),
  'Backend.ESPProposal': flannel('ipsec.espProposal'),
};

function own(...flags: readonly string[]): Reserved {
  return Object.fromEntries(flags.map((flag) => [flag, undefined]));
}
