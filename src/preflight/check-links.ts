import type { Facts } from '../host/facts/model.ts';
import { familyOf, formatCidr, splitList } from '../inventory/cidr.ts';
import { runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { isOnSubnet, subnetOf } from '../inventory/subnet.ts';
import type { Subnet } from '../inventory/subnet.ts';
import type { HostCheck } from './host-check.ts';

type Found = ReturnType<HostCheck>;

/** What the network asks of a host's interfaces: that they are there, are wide enough, and that other hosts are where it expects them. */
export const checkLinks: HostCheck = (inventory, host, facts) => {
  if (!runsKubelet(host)) return [];
  return [...missingInterfaces(inventory, facts), ...narrow(inventory, host, facts), ...apart(inventory, host, facts)];
};

function missingInterfaces({ cluster }: Inventory, { links }: Facts): Found {
  const there = Object.keys(links).filter((name) => name !== 'lo');
  return (cluster.network.needs.interfaces ?? [])
    .filter(({ name }) => links[name] === undefined)
    .map(({ name, setting }) => ({
      code: 'INTERFACE_MISSING',
      what: `it has no interface ${name}`,
      why: `${setting} names it for every host that runs pods; this one has ${there.join(', ')}`,
      fix: `name one that all of them have, or give this host's the same name`,
      severity: 'error',
    }));
}

function narrow({ cluster }: Inventory, host: Host, facts: Facts): Found {
  return (cluster.network.needs.mtu ?? []).flatMap(({ bytes, setting, interface: named }) => {
    const link = named ?? subnetOf(host.address, facts.addresses)?.interface ?? '';
    const carried = facts.links[link];
    if (carried === undefined || bytes <= carried) return [];
    return [
      {
        code: 'MTU_TOO_LARGE',
        what: `packets of ${bytes} bytes do not fit through its ${link}, whose MTU is ${carried}`,
        why: `${setting} makes pods send such packets: those that may not be split are lost on the way`,
        fix: `lower ${setting} by ${bytes - carried} or more, or raise the interface's MTU`,
        severity: 'error' as const,
      },
    ];
  });
}

/** Other hosts that are behind a router, where the network has none to go by. */
function apart(inventory: Inventory, host: Host, facts: Facts): Found {
  const need = inventory.cluster.network.needs.subnet;
  if (need === undefined) return [];
  return host.addresses.flatMap((address) => {
    const own = subnetOf(address, facts.addresses);
    if (own === undefined) return [];
    const gateway = splitList(need.gateways[host.name] ?? '').find((one) => familyOf(one) === familyOf(address));
    if (gateway !== undefined && gateway !== '') return isOnSubnet(own, gateway) ? [] : [strayGateway(gateway, own)];
    const others = inventory.hosts.filter(runsKubelet).flatMap(({ name, addresses }) => {
      const other = addresses.find((one) => familyOf(one) === familyOf(address));
      return other === undefined || isOnSubnet(own, other) ? [] : [`${name} (${other})`];
    });
    if (others.length === 0) return [];
    return [
      {
        code: need.code,
        what: `${others.join(', ')} is not on its subnet ${formatCidr(own.cidr)}`,
        why: `${need.by} sends packets for pods straight to the other host; a router between them would not know where these pods are`,
        fix: need.alternative,
        severity: 'error' as const,
      },
    ];
  });
}

function strayGateway(gateway: string, own: Subnet): Found[number] {
  return {
    code: 'GATEWAY_NOT_ON_SUBNET',
    what: `the gateway ${gateway} is not on its subnet ${formatCidr(own.cidr)}`,
    why: 'a route goes by a router that the host reaches directly',
    fix: "name the address that the router has on this host's own subnet",
    severity: 'error',
  };
}
