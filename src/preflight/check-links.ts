import type { Facts } from '../host/facts/model.ts';
import { contains, formatCidr, parseAddress, parseCidr } from '../inventory/cidr.ts';
import type { Cidr } from '../inventory/cidr.ts';
import { runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
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
    const link = named ?? linkOf(host, facts)?.interface ?? '';
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
  const own = linkOf(host, facts)?.cidr;
  if (need === undefined || own === undefined) return [];
  const gateway = need.gateways[host.name];
  if (gateway !== undefined) {
    if (isIn(own, gateway)) return [];
    return [
      {
        code: 'GATEWAY_NOT_ON_SUBNET',
        what: `the gateway ${gateway} is not on its subnet ${formatCidr(own)}`,
        why: 'a route goes by a router that the host reaches directly',
        fix: "name the address that the router has on this host's own subnet",
        severity: 'error',
      },
    ];
  }
  const others = inventory.hosts.filter((other) => runsKubelet(other) && !isIn(own, other.address));
  if (others.length === 0) return [];
  return [
    {
      code: need.code,
      what: `${others.map(({ name, address }) => `${name} (${address})`).join(', ')} is not on its subnet ${formatCidr(own)}`,
      why: `${need.by} sends packets for pods straight to the other host; a router between them would not know where these pods are`,
      fix: need.alternative,
      severity: 'error',
    },
  ];
}

/** The interface that carries the host's address, with its subnet; undefined where only the bare address is known. */
function linkOf(host: Host, { addresses }: Facts): { readonly interface: string; readonly cidr: Cidr } | undefined {
  const found = addresses.find(({ cidr }) => cidr.split('/')[0] === host.address);
  const parsed = parseCidr(found?.cidr ?? '');
  if (found === undefined || !('cidr' in parsed) || parsed.cidr.prefix === 32) return undefined;
  return { interface: found.interface, cidr: parsed.cidr };
}

function isIn(subnet: Cidr, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed.kind === 'ipv4' && contains(subnet, parsed.value);
}
