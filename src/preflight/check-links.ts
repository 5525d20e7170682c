import type { Facts } from '../host/facts/model.ts';
import { chosenInterface } from '../inventory/interface-choice.ts';
import type { ChosenInterface } from '../inventory/interface-choice.ts';
import { runsKubelet } from '../inventory/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { HostCheck } from './host-check.ts';

type Found = ReturnType<HostCheck>;

/** What the network asks of a host's interfaces: that they are there, and are wide enough. */
export const checkLinks: HostCheck = (inventory, host, facts) => {
  if (!runsKubelet(host)) return [];
  return [
    ...missingInterfaces(inventory, facts),
    ...missingLink(inventory, host, facts),
    ...narrow(inventory, host, facts),
  ];
};

/** The interface by which a host reaches the others: the one that was chosen, or else that of its address. */
export function hostLink({ cluster }: Inventory, host: Host, facts: Facts): ChosenInterface | undefined {
  return chosenInterface(cluster.network.needs.nodeInterfaces?.[host.name], host.address, facts);
}

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

function missingLink(inventory: Inventory, host: Host, facts: Facts): Found {
  const { needs, plugin } = inventory.cluster.network;
  const choice = needs.nodeInterfaces?.[host.name];
  if (choice === undefined || hostLink(inventory, host, facts) !== undefined) return [];
  const missing = {
    name: `it has no interface ${choice.value} with an address`,
    address: `none of its interfaces has the address ${choice.value}`,
    regex: `none of its interfaces has an address or a name that matches ${choice.value}`,
    'can-reach': `no interface of it leads to ${choice.value}`,
  };
  const there = facts.addresses.filter((entry) => entry.interface !== 'lo');
  return [
    {
      code: 'INTERFACE_MISSING',
      what: missing[choice.by],
      why: `${choice.setting} asks for it; there are ${there.map((entry) => `${entry.interface} ${entry.cidr}`).join(', ')}`,
      fix: `choose one that it has; a host may say for itself what differs: hosts[].${plugin}`,
      severity: 'error',
    },
  ];
}

function narrow(inventory: Inventory, host: Host, facts: Facts): Found {
  return (inventory.cluster.network.needs.mtu ?? []).flatMap(({ bytes, overhead = 0, setting, interface: named }) => {
    const link = named ?? hostLink(inventory, host, facts)?.name ?? '';
    const carried = facts.links[link];
    if (carried === undefined || bytes <= carried) return [];
    return [
      {
        code: 'MTU_TOO_LARGE',
        what: `packets of ${bytes} bytes do not fit through its ${link}, whose MTU is ${carried}`,
        why: `${setting} makes pods send such packets${overhead === 0 ? '' : ` (${overhead} bytes are the tunnel's)`}: those that may not be split are lost on the way`,
        fix: `write ${setting}: ${carried - overhead} or less, or raise the interface's MTU`,
        severity: 'error' as const,
      },
    ];
  });
}
