import type { Variant } from '../calico/variants.ts';

/** What is written below `network.canal`, or beside it, by the name of the golden file. */
export const canalVariants: Readonly<Record<string, Variant>> = {
  default: {},
  'pod-cidr': { network: { podCIDR: '10.32.0.0/16' } },
  vxlan: { settings: { vni: 7, port: 4790, mtu: 1400 } },
  'host-gw': { settings: { backend: 'host-gw', interface: 'eth1' } },
  'no-masquerade': { settings: { masquerade: false } },
  'ip-forwarding': { settings: { allowIPForwarding: true } },
  felix: {
    settings: {
      endpointToHost: 'return',
      healthPort: 19099,
      metrics: true,
      metricsPort: 19091,
      logLevel: 'debug',
      felix: { chainInsertMode: 'Append' },
    },
    network: { nodePortRange: '20000-20999' },
  },
  images: {
    settings: { images: { 'quay.io/calico': 'registry.example.com/calico', 'docker.io': 'registry.example.com' } },
  },
};
