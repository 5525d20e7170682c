import type { Facts } from '../host/facts/model.ts';
import { familyOf, formatCidr, splitList } from '../inventory/cidr.ts';
import { runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { isOnSubnet, subnetOf } from '../inventory/subnet.ts';
import type { Subnet } from '../inventory/subnet.ts';
import { hostLink } from './check-links.ts';
import type { PreflightProblem } from './problem.ts';

/** Hosts that are behind a router, where the network has none to go by; each family for itself. */
export function checkApart(inventory: Inventory, facts: ReadonlyMap<string, Facts>): readonly PreflightProblem[] {
  const need = inventory.cluster.network.needs.subnet;
  if (need === undefined) return [];
  const members = inventory.hosts.filter(runsKubelet).map((host) => ({
    name: host.name,
    addresses: addressesOf(inventory, host, facts.get(host.name)),
  }));
  return members.flatMap(({ name: host, addresses }) =>
    addresses.flatMap((address): readonly PreflightProblem[] => {
      const same = (other: string): boolean => familyOf(other) === familyOf(address);
      const own = subnetOf(address, facts.get(host)?.addresses ?? []);
      if (own === undefined) return [];
      const gateway = splitList(need.gateways[host] ?? '').find((one) => one !== '' && same(one));
      if (gateway !== undefined) return isOnSubnet(own, gateway) ? [] : [strayGateway(host, gateway, own)];
      const others = members.flatMap((member) => {
        const other = member.addresses.find(same);
        return other === undefined || isOnSubnet(own, other) ? [] : [`${member.name} (${other})`];
      });
      if (others.length === 0) return [];
      return [
        {
          host,
          code: need.code,
          what: `${others.join(', ')} is not on its subnet ${formatCidr(own.cidr)}`,
          why: `${need.by} sends packets for pods straight to the other host; a router between them would not know where these pods are`,
          fix: need.alternative,
          severity: 'error',
        },
      ];
    }),
  );
}

/** Of a host that cannot be looked at, or lacks the interface that was chosen, the addresses of the inventory are all there is. */
function addressesOf(inventory: Inventory, host: Host, facts: Facts | undefined): readonly string[] {
  const chosen = inventory.cluster.network.needs.nodeInterfaces?.[host.name] !== undefined;
  const link = chosen && facts !== undefined ? hostLink(inventory, host, facts) : undefined;
  return link === undefined ? host.addresses : [link.address];
}

function strayGateway(host: string, gateway: string, own: Subnet): PreflightProblem {
  return {
    host,
    code: 'GATEWAY_NOT_ON_SUBNET',
    what: `the gateway ${gateway} is not on its subnet ${formatCidr(own.cidr)}`,
    why: 'a route goes by a router that the host reaches directly',
    fix: "name the address that the router has on this host's own subnet",
    severity: 'error',
  };
}
