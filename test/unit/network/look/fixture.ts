import { parseLook } from '../../../../src/network/look/parse.ts';
import type { NetworkNode, NodeLook } from '../../../../src/network/look/model.ts';
import type { Judge } from '../../../../src/network/look/node-problems.ts';
import { pluginOf } from '../../../../src/network/network.ts';
import { inventoryOf } from '../../components/fixture.ts';

/** @param dual - the hosts have an address of each family. */
export function judgeOf(network = '{ plugin: flannel }', more = '', dual = false): Judge {
  const also = (address: string): string => (dual ? `,${address}` : '');
  const inventory = inventoryOf(`
cluster:
  name: two
  kubernetesVersion: 1.36.3
  network: ${network}
  ${more}
hosts:
  - { name: h1, address: "10.88.0.11${also('fd88::11')}", roles: [etcd, master, node] }
  - { name: h2, address: "10.88.0.12${also('fd88::12')}", roles: [node] }
`);
  return { status: pluginOf(inventory).status, inventory };
}

const prefix = 'flannel.alpha.coreos.com/';
const macs = { h1: '8a:9f:a1:0d:4f:83', h2: '0a:cd:a5:92:30:16' } as const;

export type Name = keyof typeof macs;

export const nodes: Readonly<Record<Name, NetworkNode>> = {
  h1: nodeOf('h1', '10.88.0.11', '10.244.1.0/24'),
  h2: nodeOf('h2', '10.88.0.12', '10.244.0.0/24'),
};

function nodeOf(name: Name, address: string, cidr: string): NetworkNode {
  return {
    name,
    address,
    ready: true,
    podCIDRs: [cidr],
    annotations: {
      [`${prefix}backend-data`]: `{"VNI":1,"VtepMAC":"${macs[name]}"}`,
      [`${prefix}backend-type`]: 'vxlan',
      [`${prefix}public-ip`]: address,
      'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
    },
  };
}

/** What the programs of a host printed in a good cluster of two, as `ip` 6.1 and `bridge` write it; `h1`'s own. */
const printed = {
  links: `host0
2: host0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 72:d7:0d:5e:4a:16 brd ff:ff:ff:ff:ff:ff link-netnsid 0
4: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 72:d7:0d:5e:4a:16 brd ff:ff:ff:ff:ff:ff promiscuity 0 bridge forward_delay 1500
3: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default \\    link/ether 8a:9f:a1:0d:4f:83 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \\    vxlan id 1 local 10.88.0.11 dev host0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum
`,
  routes: `to h2 10.244.0.0/24
shown 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink${' '}
get 10.244.0.0 via 10.244.0.0 dev flannel.1 src 10.244.1.0 uid 0 \\    cache${' '}
host 10.88.0.12 dev host0 src 10.88.0.11 uid 0 \\    cache${' '}
`,
  sysctls: `ipv4/ip_forward 1
ipv6/conf/all/forwarding 0
ipv4/conf/all/rp_filter 2
ipv4/conf/cni0/rp_filter 0
ipv4/conf/flannel.1/rp_filter 0
`,
  'forward 4': '-P FORWARD ACCEPT\n',
  'forward 6': '',
  firewalls: '',
  unit: 'active\n',
  lease: 'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  masquerade: '',
  'fdb flannel.1': '0a:cd:a5:92:30:16 dst 10.88.0.12 self permanent\n',
  'neigh flannel.1': '10.244.0.0 lladdr 0a:cd:a5:92:30:16 PERMANENT\n',
  drops: '',
} as const;

export type Printed = Partial<Record<keyof typeof printed, string | { readonly exitCode: number }>>;

/** A node of the good cluster, with what some programs printed replaced, or their exit code. */
export function lookOf(name: Name, changes: Printed = {}, judge = judgeOf()): NodeLook {
  const all: Printed = { ...printed, ...changes };
  return parseLook(judge.status, judge.inventory, nodes[name], (key) => {
    const said = all[key as keyof typeof printed];
    if (said === undefined) return undefined;
    if (typeof said !== 'string') return { output: '', ...said };
    return { exitCode: 0, output: name === 'h1' ? said : mirrored(said) };
  });
}

/** The same on the other host. */
function mirrored(text: string): string {
  const swaps = [
    ['h1', 'h2'],
    ['10.88.0.11', '10.88.0.12'],
    ['10.244.1.', '10.244.0.'],
    [macs.h1, macs.h2],
  ] as const;
  return swaps
    .reduce(
      (result, [a, b]) =>
        result
          .replaceAll(a, '<swap>')
          .replaceAll(new RegExp(`${b}\\b`, 'g'), a)
          .replaceAll('<swap>', b),
      text.replaceAll('10.244.0.0/16', 'POD-NETWORK'),
    )
    .replaceAll('POD-NETWORK', '10.244.0.0/16');
}

/** A text of the good cluster with a part of it replaced; the part must be there. */
export function changed(key: keyof typeof printed, part: string, by: string): Printed {
  const text = printed[key];
  if (!text.includes(part)) throw new Error(`${key} has no ${part}`);
  return { [key]: text.replaceAll(part, by) };
}
