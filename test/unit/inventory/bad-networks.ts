import { two } from './bad-inventories.ts';
import type { Case } from './bad-inventories.ts';

/** Bad inventories of networks without a daemon: gateways, and addresses of LANs. */
export const badNetworks: readonly Case[] = [
  [
    'gateways of bridge',
    'network: { plugin: bridge, bridge: { gateways: { a: router, x: 192.0.2.1 } } }',
    two,
    ['ADDRESS_INVALID 3:55 cluster.network.bridge.gateways.a', 'HOST_UNKNOWN 3:63 cluster.network.bridge.gateways.x'],
  ],
  [
    'a block without masquerade that is none',
    'network: { nonMasqueradeCIDRs: [10.0.0.0] }',
    undefined,
    ['CIDR_INVALID 3:35 cluster.network.nonMasqueradeCIDRs[0]'],
  ],
  ['macvlan without a LAN', 'network: { plugin: macvlan }', undefined, ['MACVLAN_UNSET 3:22 cluster.network.plugin']],
  [
    'macvlan for pods of two families',
    'network: { plugin: macvlan, podCIDR: "10.244.0.0/16,fd00:1::/56", serviceCIDR: "10.96.0.0/16,fd00:2::/112", macvlan: { subnet: 10.1.0.0/16, ranges: { a: { from: 10.1.1.1, to: 10.1.1.200 } } } }',
    '- { name: a, address: "192.0.2.1,2001:db8::1" }',
    ['MACVLAN_ONE_FAMILY 3:130 cluster.network.macvlan.subnet'],
  ],
  [
    'macvlan on a LAN of the other family',
    'network: { plugin: macvlan, macvlan: { subnet: "fd01::/64", ranges: { a: { from: "fd01::100", to: "fd01::1ff" } } } }',
    '- { name: a, address: 192.0.2.1 }',
    ['MACVLAN_ONE_FAMILY 3:50 cluster.network.macvlan.subnet'],
  ],
  [
    'a second interface with Docker',
    `runtime: { type: docker }\nkubernetesVersion: 1.20.15\nnetwork: ${second('a: { from: 10.1.1.1, to: 10.1.1.200 }')}`,
    '- { name: a, address: 192.0.2.1 }',
    ['SECOND_INTERFACE_NEEDS_CONTAINERD 5:14 cluster.network.secondInterface'],
  ],
  [
    'addresses of a second interface',
    `network: ${second('a: { from: 10.1.1.1, to: 10.1.1.200 }, x: { from: 10.1.1.200, to: 10.2.0.1 }')}`,
    two,
    [
      'RANGE_MISSING 3:65 cluster.network.secondInterface.ranges',
      'HOST_UNKNOWN 3:114 cluster.network.secondInterface.ranges.x',
      'RANGE_OUTSIDE 3:114 cluster.network.secondInterface.ranges.x',
    ],
  ],
  [
    'ranges that meet each other and what is taken',
    `network: ${second('a: { from: 10.1.1.1, to: 10.1.1.200 }, b: { from: 10.1.1.200, to: 10.1.1.202 }')}`,
    '- { name: a, address: 10.1.1.9, roles: [etcd, master] }\n- { name: b, address: 192.0.2.2 }',
    [
      'RANGE_TAKEN 3:75 cluster.network.secondInterface.ranges.a',
      'RANGE_OVERLAP 3:114 cluster.network.secondInterface.ranges.b',
      'MAX_PODS_TOO_MANY 3:114 cluster.network.secondInterface.ranges.b',
    ],
  ],
  [
    'a LAN that is the pods’ too',
    'network: { podCIDR: 10.1.0.0/16, secondInterface: { master: e, subnet: 10.1.0.0/16, gateway: 10.2.0.1, ranges: { a: { from: 10.1.1.1, to: 10.1.1.200 } } } }',
    '- { name: a, address: 192.0.2.1 }',
    [
      'CIDR_OVERLAP 3:74 cluster.network.secondInterface.subnet',
      'GATEWAY_OUTSIDE 3:96 cluster.network.secondInterface.gateway',
    ],
  ],
];

/** A network with a second interface of these ranges. */
function second(ranges: string): string {
  return `{ secondInterface: { master: e, subnet: 10.1.0.0/16, ranges: { ${ranges} } } }`;
}
