import { overlaps, parseCidr } from '../inventory/cidr.ts';
import type { Cidr } from '../inventory/cidr.ts';
import { hasKubernetes } from '../inventory/model.ts';
import type { HostCheck } from './host-check.ts';

/** Links whose routes are the pod network's own. */
const ownLinks = /^(cni0|flannel|docker0|kube-ipvs0|veth|cali|vxlan|tunl)/;

/** The host's own address, and its live routes against the cluster's networks. */
export const checkNetworkOfHost: HostCheck = (inventory, host, facts) => {
  const there = facts.addresses.map(({ cidr }) => cidr.split('/')[0] ?? '');
  const { podCIDR, serviceCIDR } = inventory.cluster.network;
  const wrong = there.includes(host.address)
    ? []
    : [
        {
          code: 'ADDRESS_NOT_ON_HOST',
          what: `none of its interfaces has ${host.address}`,
          why: `it has ${there.filter((one) => !one.startsWith('127.') && one !== '::1').join(', ')}`,
          fix: 'name the address that the other hosts are to use; where SSH goes another way, set ssh.hostName',
          severity: 'error',
        } as const,
      ];
  const clashes = facts.routes.flatMap(({ cidr, interface: link }) => {
    const route = cidrOf(cidr);
    if (route === undefined || ownLinks.test(link)) return [];
    return [['pod', podCIDR], ...(hasKubernetes(inventory) ? [['service', serviceCIDR]] : [])].flatMap(
      ([kind = '', text = '']) => {
        const wanted = cidrOf(text);
        // Routes of host-gw to other nodes' pods lie inside the pod network, by the host's own interface.
        if (
          wanted === undefined ||
          !overlaps(route, wanted) ||
          (kind === 'pod' && route.prefix >= wanted.prefix && facts.clusterName === inventory.cluster.name)
        )
          return [];
        return [
          {
            code: 'CIDR_OVERLAPS_ROUTE',
            what: `the ${kind} network ${text} overlaps its route to ${cidr}`,
            why: `packets for ${cidr} go out by ${link} now and would be lost`,
            fix: `choose another ${kind}CIDR`,
            severity: 'error',
          } as const,
        ];
      },
    );
  });
  return [...wrong, ...clashes];
};

/** Undefined for what is no IPv4 network, such as a route of the other family. */
function cidrOf(text: string): Cidr | undefined {
  const result = parseCidr(text.includes('/') ? text : `${text}/32`);
  return 'cidr' in result ? result.cidr : undefined;
}
