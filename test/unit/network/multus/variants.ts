/** What is written below `network.multus`, by the name of the golden file. */
export const multusVariants: Readonly<Record<string, { readonly settings: object; readonly cluster?: object }>> = {
  thick: { settings: {} },
  thin: { settings: { mode: 'thin' } },
  'macvlan-by-nodes': {
    settings: {
      networks: [
        {
          name: 'lan',
          type: 'macvlan',
          master: 'eth1',
          subnet: '192.0.2.0/24',
          rangeStart: '192.0.2.100',
          rangeEnd: '192.0.2.199',
          gateway: '192.0.2.1',
        },
      ],
    },
  },
  'macvlan-static': {
    settings: {
      mode: 'thin',
      networks: [
        {
          name: 'lan',
          namespace: 'kube-system',
          type: 'macvlan',
          master: 'eth1',
          mode: 'private',
          mtu: 1400,
          ipam: 'static',
        },
        { name: 'wire', type: 'macvlan', master: 'eth2', mode: 'passthru', ipam: 'none' },
      ],
    },
  },
  'kubelet-root': { settings: {}, cluster: { kubelet: { rootDir: '/data/kubelet' } } },
  images: { settings: { images: { 'ghcr.io': 'registry.example.com/mirror' } } },
};
