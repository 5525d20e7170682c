import type { Variant } from '../calico/variants.ts';

/** What is written below `network.kube-ovn`, or beside it, by the name of the golden file. */
export const kubeOvnVariants: Readonly<Record<string, Variant>> = {
  default: {},
  vxlan: { settings: { networkType: 'vxlan', interface: 'eth1', mtu: 1400 } },
  vlan: { settings: { networkType: 'vlan', vlan: { interface: 'eth1', id: 7, provider: 'racks' } } },
  'vlan-untagged': { settings: { networkType: 'vlan', vlan: { interface: 'eth1', id: 0 } } },
  addresses: {
    settings: {
      podGateway: '10.32.0.254',
      joinCIDR: '100.96.0.0/16',
      excludeIPs: ['10.32.0.2', '10.32.0.10..10.32.0.20'],
    },
    network: { podCIDR: '10.32.0.0/16', serviceCIDR: '10.97.0.0/16' },
  },
  'without-services-and-policies': { settings: { loadBalancer: false, networkPolicy: false, metrics: false } },
  'kubelet-root': { cluster: { kubelet: { rootDir: '/data/kubelet' } } },
  'node-local-dns': { network: { nodeLocalDNS: { enabled: true, ip: '169.254.25.10' } } },
  'dual-stack': {
    network: { podCIDR: '10.244.0.0/16,fd00:10:244::/56', serviceCIDR: '10.96.0.0/16,fd00:10:96::/112' },
    families: 2,
  },
  'ipv6-only': { network: { podCIDR: 'fd00:10:244::/56', serviceCIDR: 'fd00:10:96::/112' }, families: 6 },
  images: { settings: { images: { 'docker.io/kubeovn': 'registry.example.com/kubeovn' } } },
};
