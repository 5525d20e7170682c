import type { Facts } from '../host/facts/model.ts';
import { contains, parseAddress, parseCidr } from '../inventory/cidr.ts';
import { chosenInterface } from '../inventory/interface-choice.ts';
import type { ChosenInterface } from '../inventory/interface-choice.ts';
import { runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { HostCheck } from './host-check.ts';
import type { PreflightProblem } from './problem.ts';

/** The interface that the network is told to use must be there, with an address. */
export const checkInterface: HostCheck = (inventory, host, facts) => {
  const choice = inventory.cluster.network.needs.interfaces?.[host.name];
  if (choice === undefined || !runsKubelet(host) || linkOf(inventory, host, facts) !== undefined) return [];
  const wanted = {
    name: `it has no interface ${choice.value} with an address`,
    address: `none of its interfaces has the address ${choice.value}`,
    regex: `none of its interfaces has an address or a name that matches ${choice.value}`,
    'can-reach': `no interface of it leads to ${choice.value}`,
  };
  const there = facts.addresses.filter((entry) => entry.interface !== 'lo');
  return [
    {
      code: 'INTERFACE_MISSING',
      what: wanted[choice.by],
      why: `${choice.setting} asks for it; it has ${there.map((entry) => `${entry.interface} ${entry.cidr}`).join(', ')}`,
      fix: `name one that it has; one host may differ from the others: hosts[].${inventory.cluster.network.plugin}`,
      severity: 'error',
    },
  ];
};

/** Packets of a chosen size must fit, with what a tunnel adds, through the interface to the other hosts. */
export const checkMtu: HostCheck = (inventory, host, facts) => {
  const { needs, plugin } = inventory.cluster.network;
  const need = needs.mtu;
  const link = linkOf(inventory, host, facts);
  const carries = link === undefined ? undefined : facts.mtus[link.name];
  if (need === undefined || !runsKubelet(host) || link === undefined || carries === undefined) return [];
  const most = carries - need.overhead;
  if (need.mtu <= most) return [];
  const tunnel = need.overhead === 0 ? '' : `, and ${plugin} adds ${need.overhead} to each packet`;
  return [
    {
      code: 'MTU_TOO_LARGE',
      what: `packets of ${need.mtu} bytes do not fit through ${link.name}`,
      why: `its MTU is ${carries}${tunnel}: full-size packets of pods would be lost without a word`,
      fix: `write ${need.setting}: ${most}, or less; or raise the MTU of the interface and of all that lies between the hosts`,
      severity: 'error',
    },
  ];
};

/** Where pods are reached by plain routes, each host must have the others on its own link. */
export function checkOneSegment(inventory: Inventory, facts: ReadonlyMap<string, Facts>): readonly PreflightProblem[] {
  const need = inventory.cluster.network.needs.oneSegment;
  if (need === undefined) return [];
  const members = inventory.hosts.filter(runsKubelet).flatMap((host) => {
    const mine = facts.get(host.name);
    const link = mine === undefined ? undefined : linkOf(inventory, host, mine);
    return link === undefined ? [] : [{ host: host.name, link }];
  });
  return members.flatMap(({ host, link }) => {
    const away = members.filter((other) => other.host !== host && onLink(link, other.link.address) === false);
    if (away.length === 0) return [];
    const others = away.map((other) => `${other.host} (${other.link.address})`).join(', ');
    return [
      {
        host,
        code: need.code,
        what: `it reaches ${others} through a router`,
        why: `${need.by} sends packets to pods straight to their host, as a router between would not know them; its own network is ${link.address}/${String(link.prefix)} on ${link.name}`,
        fix: need.alternative,
        severity: 'error' as const,
      },
    ];
  });
}

/** Undefined where the host does not tell its networks. */
function onLink({ address, prefix }: ChosenInterface, other: string): boolean | undefined {
  const own = parseCidr(`${address}/${String(prefix)}`);
  const target = parseAddress(other);
  return 'cidr' in own && target.kind === 'ipv4' ? contains(own.cidr, target.value) : undefined;
}

function linkOf(inventory: Inventory, host: Host, facts: Facts): ChosenInterface | undefined {
  return chosenInterface(inventory.cluster.network.needs.interfaces?.[host.name], host.address, facts);
}
