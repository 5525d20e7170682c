import type { Case } from './bad-inventories.ts';

const dual = 'podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112"';
const ipv6 = 'podCIDR: "fd00:10:244::/56", serviceCIDR: "fd00:10:96::/112"';
const both = '- { name: a, address: "192.0.2.1,2001:db8::1" }';
const six = '- { name: a, address: "2001:db8::1" }';
const podPlace = 'cluster.network.podCIDR';

/** Mistakes that only two families, or the second one, can bring. */
export const badAddresses: readonly Case[] = [
  [
    'IPv4-mapped',
    `network: { ${ipv6} }`,
    six.replace('2001:db8::1', '::ffff:192.0.2.1'),
    ['ADDRESS_UNUSABLE 5:25 hosts[0].address'],
  ],
  [
    'link-local',
    `network: { ${ipv6} }`,
    six.replace('2001:db8::1', 'fe80::1'),
    ['ADDRESS_UNUSABLE 5:25 hosts[0].address'],
  ],
  [
    'an address with a zone',
    `network: { ${ipv6} }`,
    six.replace('db8::1', 'db8::1%eth0'),
    ['ADDRESS_INVALID 5:25 hosts[0].address'],
  ],
  [
    'the IPv6 loopback',
    `network: { ${ipv6} }`,
    six.replace('2001:db8::1', '::1'),
    ['ADDRESS_UNUSABLE 5:25 hosts[0].address'],
  ],
  [
    'two addresses of a family',
    '',
    both.replace('2001:db8::1', '192.0.2.2'),
    ['ADDRESS_SAME_FAMILY 4:25 hosts[0].address'],
  ],
  [
    'the second address of another host, written otherwise',
    `network: { ${dual} }`,
    '- { name: a, address: "192.0.2.1,2001:db8::1", roles: [etcd, master] }\n- { name: b, address: "192.0.2.2,2001:DB8:0::1" }',
    ['DUPLICATE_ADDRESS 6:25 hosts[1].address'],
  ],
  ['a host without the second family', `network: { ${dual} }`, undefined, ['FAMILY_MISSING 5:25 hosts[0].address']],
  ['an IPv6 host in a cluster without IPv6', '', six, ['FAMILY_MISSING 4:25 hosts[0].address']],
  ['an address of a family that is not enabled', '', both, ['FAMILY_NOT_ENABLED 4:25 hosts[0].address']],
  [
    'addresses in the other order',
    `network: { ${dual} }`,
    '- { name: a, address: "2001:db8::1,192.0.2.1" }',
    ['FAMILY_ORDER 5:25 hosts[0].address'],
  ],
  [
    'an etcd host of the second family alone',
    `network: { ${dual} }`,
    '- { name: a, address: "192.0.2.1,2001:db8::1", roles: [master, node] }\n- { name: e, address: "2001:db8::2", roles: [etcd] }',
    ['FAMILY_MISSING 6:25 hosts[1].address'],
  ],
  [
    'pods in two families, Services in one',
    'network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56" }',
    both,
    [`FAMILIES_DIFFER 3:23 ${podPlace}`],
  ],
  [
    'Services in another family',
    `network: { serviceCIDR: "fd00:10:96::/112" }`,
    undefined,
    ['FAMILIES_DIFFER 3:27 cluster.network.serviceCIDR'],
  ],
  [
    'the families in another order',
    `network: { ${dual.replace('10.96.0.0/16,fd00:10:96::/112', 'fd00:10:96::/112,10.96.0.0/16')} }`,
    both,
    ['FAMILY_ORDER 3:70 cluster.network.serviceCIDR'],
  ],
  [
    'two blocks of one family',
    'network: { podCIDR: "10.244.0.0/16,10.245.0.0/16" }',
    undefined,
    [`CIDR_SAME_FAMILY 3:23 ${podPlace}`],
  ],
  [
    'a second block that is none',
    'network: { podCIDR: "10.244.0.0/16," }',
    undefined,
    [`CIDR_INVALID 3:23 ${podPlace}`],
  ],
  [
    'host bits in the second',
    `network: { ${dual.replace('244::/56', '244::1/56')} }`,
    both,
    [`CIDR_HOST_BITS 3:23 ${podPlace}`],
  ],
  [
    'a link-local block',
    `network: { ${ipv6.replace('fd00:10:244::/56', 'fe80::/56')} }`,
    six,
    [`CIDR_RESERVED 3:23 ${podPlace}`],
  ],
  [
    'an IPv4-mapped block',
    `network: { ${ipv6.replace('fd00:10:244::/56', '::ffff:10.0.0.0/112')} }`,
    six,
    [`CIDR_RESERVED 3:23 ${podPlace}`],
  ],
  [
    'an overlap in the second family',
    `network: { ${dual.replace('fd00:10:96::/112', 'fd00:10:244::/112')} }`,
    both,
    ['CIDR_OVERLAP 3:70 cluster.network.serviceCIDR'],
  ],
  [
    'a host inside the second pod CIDR',
    `network: { ${dual} }`,
    both.replace('2001:db8::1', 'fd00:10:244::9'),
    ['HOST_IN_CLUSTER_CIDR 5:25 hosts[0].address'],
  ],
  [
    'node mask wider than the IPv6 CIDR',
    `network: { ${ipv6}, nodeCIDRMaskSizeIPv6: 55 }`,
    six,
    ['NODE_MASK_TOO_WIDE 3:98 cluster.network.nodeCIDRMaskSizeIPv6'],
  ],
  [
    'an IPv6 CIDR more than 16 bits wider than the node mask',
    `network: { ${ipv6.replace('/56', '/47')} }`,
    six,
    [`POD_CIDR_TOO_WIDE 3:23 ${podPlace}`],
  ],
  [
    'too few IPv6 node subnets',
    `network: { ${ipv6.replace('/56', '/64')} }`,
    '- { name: a, address: "2001:db8::1", roles: [etcd, master] }\n- { name: b, address: "2001:db8::2" }',
    [`POD_CIDR_TOO_SMALL 3:23 ${podPlace}`],
  ],
  [
    'more pods than IPv6 addresses',
    `network: { ${ipv6.replace('/56', '/112')}, nodeCIDRMaskSizeIPv6: 122 }`,
    six,
    ['MAX_PODS_TOO_MANY 3:99 cluster.network.nodeCIDRMaskSizeIPv6'],
  ],
  [
    'an IPv6 service CIDR too wide',
    `network: { ${ipv6.replace('/112', '/107')} }`,
    six,
    ['SERVICE_CIDR_SIZE 3:56 cluster.network.serviceCIDR'],
  ],
  [
    'an IPv6 service CIDR too small',
    `network: { ${ipv6.replace('/112', '/125')} }`,
    six,
    ['SERVICE_CIDR_SIZE 3:56 cluster.network.serviceCIDR'],
  ],
  [
    'DNS of a family that Services lack',
    'network: { dnsIP: "10.96.0.9,fd00:10:96::9" }',
    undefined,
    ['DNS_IP_OUTSIDE 3:21 cluster.network.dnsIP'],
  ],
  [
    'two DNS addresses of a family',
    'network: { dnsIP: "10.96.0.9,10.96.0.11" }',
    undefined,
    ['ADDRESS_SAME_FAMILY 3:21 cluster.network.dnsIP'],
  ],
  [
    'IPv6 switched off',
    `network: { ${dual} }\nhostPreparation: { disableIPv6: true }`,
    both,
    ['IPV6_DISABLED 4:35 cluster.hostPreparation.disableIPv6'],
  ],
  [
    'dual stack with 1.20',
    `kubernetesVersion: 1.20.15\nnetwork: { ${dual} }`,
    both,
    [`DUAL_STACK_TOO_EARLY 4:23 ${podPlace}`],
  ],
  [
    'an endpoint in brackets that is no address',
    'controlPlaneEndpoint: "[k8s]:6443"',
    undefined,
    ['CONTROL_PLANE_ENDPOINT_INVALID 3:25 cluster.controlPlaneEndpoint'],
  ],
];
