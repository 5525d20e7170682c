import type { Variant } from '../calico/variants.ts';

/** What is written below `network.kube-router`, or beside it, by the name of the golden file: each setting at least once with a value of its own. */
export const kubeRouterVariants: Readonly<Record<string, Variant>> = {
  default: {},
  'full-overlay': { settings: { overlay: 'full' } },
  'no-overlay': { settings: { overlay: 'none' } },
  'service-proxy': {
    settings: { serviceProxy: true, hairpin: true },
    network: { serviceCIDR: '10.97.0.0/16', nodePortRange: '20000-20999' },
    cluster: { controlPlaneEndpoint: 'api.example.com:8443' },
  },
  'no-firewall': { settings: { firewall: false } },
  mtu: { settings: { mtu: 1400 } },
  'no-masquerade': { settings: { masquerade: false } },
  'bgp-peers': {
    settings: {
      asNumber: 64600,
      bgpPort: 1179,
      peerHops: 2,
      overrideNextHop: true,
      bgpPeers: [
        { address: '192.0.2.1', asNumber: 64701 },
        { address: '192.0.2.2', asNumber: 4200000000, port: 2179 },
      ],
      advertise: { pods: false, clusterIPs: true, externalIPs: true, loadBalancerIPs: true },
    },
  },
  'without-mesh': { settings: { nodeMesh: false, hostASNumbers: { h1: 64601, h2: 64601, h3: 64602 } } },
  'health-and-metrics': { settings: { healthPort: 21244, metricsPort: 21245 } },
  'dual-stack': {
    network: { podCIDR: '10.244.0.0/16,fd00:10:244::/56', serviceCIDR: '10.96.0.0/16,fd00:10:96::/112' },
    families: 2,
  },
  'ipv6-only': { network: { podCIDR: 'fd00:10:244::/56', serviceCIDR: 'fd00:10:96::/112' }, families: 6 },
  images: { settings: { images: { 'docker.io': 'registry.example.com/mirror' } } },
};

/** The firewall alone. */
export const policyVariants: Readonly<Record<string, Variant & { readonly plugin: string }>> = {
  'policy-beside-flannel': { plugin: 'flannel', network: { policy: 'kube-router' } },
  'policy-beside-bridge': {
    plugin: 'bridge',
    network: { policy: 'kube-router', serviceCIDR: '10.97.0.0/16', nodePortRange: '20000-20999' },
  },
};
