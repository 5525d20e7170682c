/** What is written below `cluster.network` and beside it, by the name of the golden file. */
export const nodeLocalDNSVariants: Readonly<Record<string, { readonly network: object; readonly cluster?: object }>> = {
  nftables: { network: { nodeLocalDNS: { enabled: true } } },
  iptables: { network: { nodeLocalDNS: { enabled: true } }, cluster: { kubeProxy: { mode: 'iptables' } } },
  ipvs: { network: { nodeLocalDNS: { enabled: true } }, cluster: { kubeProxy: { mode: 'ipvs' } } },
  'own-address-and-image': {
    network: {
      dnsDomain: 'example.internal',
      dnsIP: '10.96.0.53',
      nodeLocalDNS: { enabled: true, ip: '169.254.25.10', image: 'registry.example.com/dns/node-cache:1.26.4' },
    },
    cluster: { kubeProxy: { mode: 'iptables' } },
  },
};
