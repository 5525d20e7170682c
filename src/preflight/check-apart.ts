import type { Facts } from '../host/facts/model.ts';
import { formatCidr } from '../inventory/cidr.ts';
import { runsContainers } from '../inventory/model.ts';
import type { Inventory } from '../inventory/model.ts';
import { isOnSubnet, subnetOf } from '../inventory/subnet.ts';
import { hostLink } from './check-links.ts';
import type { PreflightProblem } from './problem.ts';

/** Hosts that are behind a router, where the network has none to go by. */
export function checkApart(inventory: Inventory, facts: ReadonlyMap<string, Facts>): readonly PreflightProblem[] {
  const need = inventory.cluster.network.needs.subnet;
  if (need === undefined) return [];
  const members = inventory.hosts.filter(runsContainers).flatMap((host) => {
    const mine = facts.get(host.name);
    const address = mine === undefined ? undefined : hostLink(inventory, host, mine)?.address;
    if (mine === undefined || address === undefined) return [];
    return [{ name: host.name, address, own: subnetOf(address, mine.addresses) }];
  });
  return members.flatMap(({ name: host, own }) => {
    if (own === undefined) return [];
    const subnet = formatCidr(own.cidr);
    const gateway = need.gateways[host];
    if (gateway !== undefined) return isOnSubnet(own, gateway) ? [] : [gatewayElsewhere({ host, gateway, subnet })];
    const others = members.filter((other) => !isOnSubnet(own, other.address));
    if (others.length === 0) return [];
    return [
      {
        host,
        code: need.code,
        what: `${others.map(({ name, address }) => `${name} (${address})`).join(', ')} is not on its subnet ${subnet}`,
        why: `${need.by} sends packets for pods straight to the other host; a router between them would not know where these pods are`,
        fix: need.alternative,
        severity: 'error' as const,
      },
    ];
  });
}

function gatewayElsewhere({ host, gateway, subnet }: Readonly<Record<'host' | 'gateway' | 'subnet', string>>) {
  return {
    host,
    code: 'GATEWAY_NOT_ON_SUBNET',
    what: `the gateway ${gateway} is not on its subnet ${subnet}`,
    why: 'a route goes by a router that the host reaches directly',
    fix: "name the address that the router has on this host's own subnet",
    severity: 'error' as const,
  };
}
