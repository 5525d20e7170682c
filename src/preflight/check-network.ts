import type { Facts } from '../host/facts/model.ts';
import { familyOf, formatAddress, overlaps, parseAddress, parseCidr, widthOf } from '../inventory/cidr.ts';
import type { Cidr } from '../inventory/cidr.ts';
import { hasIPv6, hasKubernetes, runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { HostCheck } from './host-check.ts';

/** Links whose routes are the pod network's own. */
const ownLinks = /^(cni0|flannel|docker0|kube-ipvs0|veth|cali|vxlan|tunl)/;

/** The host's own addresses, its IPv6, and its live routes against the cluster's networks. */
export const checkNetworkOfHost: HostCheck = (inventory, host, facts) => [
  ...ownAddresses(host, facts),
  ...switchedOff(inventory, host, facts),
  ...clashes(inventory, facts),
];

type Found = ReturnType<HostCheck>;

function ownAddresses(host: Host, facts: Facts): Found {
  const there = facts.addresses.map(({ cidr }) => cidr.split('/')[0] ?? '');
  const usual = there.map(usualForm);
  return host.addresses
    .filter((address) => !usual.includes(address))
    .map((address) => ({
      code: 'ADDRESS_NOT_ON_HOST',
      what: `none of its interfaces has ${address}`,
      why: `it has ${there.filter((one) => !one.startsWith('127.') && one !== '::1' && !one.startsWith('fe80:')).join(', ')}`,
      fix: 'name the address that the other hosts are to use; where SSH goes another way, set ssh.hostName',
      severity: 'error',
    }));
}

function usualForm(text: string): string {
  const address = parseAddress(text);
  return address.kind === 'none' ? text : formatAddress(address);
}

function switchedOff({ cluster }: Inventory, host: Host, { ipv6 }: Facts): Found {
  if (ipv6 === 'on' || !runsKubelet(host) || !hasIPv6(cluster.network)) return [];
  return [
    {
      code: 'IPV6_OFF_ON_HOST',
      what: ipv6 === 'absent' ? 'its kernel has no IPv6' : 'IPv6 is switched off on it: disable_ipv6 is 1',
      why: `pods are to have addresses of ${cluster.network.podCIDRs.join(' and ')}, which no interface of it could have`,
      fix:
        ipv6 === 'absent'
          ? 'boot it without ipv6.disable=1, or use IPv4 blocks alone'
          : 'set net.ipv6.conf.all.disable_ipv6 and net.ipv6.conf.default.disable_ipv6 to 0 there (see /etc/sysctl.d), or use IPv4 blocks alone',
      severity: 'error',
    },
  ];
}

function clashes(inventory: Inventory, facts: Facts): Found {
  const { podCIDRs, serviceCIDRs } = inventory.cluster.network;
  const mine = facts.clusterName === inventory.cluster.name;
  const wanted = [
    ...podCIDRs.map((text) => ({ kind: 'pod', text })),
    ...(hasKubernetes(inventory) ? serviceCIDRs : []).map((text) => ({ kind: 'service', text })),
  ];
  return facts.routes.flatMap(({ cidr, interface: link }) => {
    const route = cidrOf(cidr);
    if (route === undefined || ownLinks.test(link)) return [];
    return wanted.flatMap(({ kind, text }): Found => {
      const block = cidrOf(text);
      // Routes of host-gw to other nodes' pods lie inside the pod network, by the host's own interface.
      if (block === undefined || !overlaps(route, block) || (kind === 'pod' && route.prefix >= block.prefix && mine))
        return [];
      return [
        {
          code: 'CIDR_OVERLAPS_ROUTE',
          what: `the ${kind} network ${text} overlaps its route to ${cidr}`,
          why: `packets for ${cidr} go out by ${link} now and would be lost`,
          fix: `choose another ${kind}CIDR`,
          severity: 'error',
        },
      ];
    });
  });
}

/** Undefined for what is no network. */
function cidrOf(text: string): Cidr | undefined {
  const result = parseCidr(text.includes('/') ? text : `${text}/${widthOf(familyOf(text))}`);
  return 'cidr' in result ? result.cidr : undefined;
}
