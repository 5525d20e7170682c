import type { Variant } from '../calico/variants.ts';

/** What is written below `network.cilium`, or beside it, by the name of the golden file. */
export const ciliumVariants: Readonly<Record<string, Variant>> = {
  default: {},
  geneve: { settings: { tunnel: 'geneve', tunnelPort: 6082, mtu: 1400 } },
  native: { settings: { routing: 'native' } },
  'native-by-router': { settings: { routing: 'native', nativeRoutingCIDR: '10.0.0.0/8', directNodeRoutes: false } },
  'without-kube-proxy': {
    settings: { kubeProxyReplacement: true, operatorReplicas: 3 },
    cluster: { controlPlaneEndpoint: 'api.example.com:8443' },
  },
  'cluster-pool': { settings: { ipam: 'cluster-pool' }, network: { podCIDR: '10.32.0.0/16', nodeCIDRMaskSize: 25 } },
  hubble: { settings: { hubble: { enabled: true, relay: true, ui: true } } },
  wireguard: { settings: { encryption: 'wireguard' } },
  'dual-stack': {
    network: { podCIDR: '10.244.0.0/16,fd00:10:244::/56', serviceCIDR: '10.96.0.0/16,fd00:10:96::/112' },
    settings: { routing: 'native', ipam: 'cluster-pool' },
    families: 2,
  },
  'ipv6-only': { network: { podCIDR: 'fd00:10:244::/56', serviceCIDR: 'fd00:10:96::/112' }, families: 6 },
  'one-node': { hosts: 1 },
};
