import { familyOf } from '../../inventory/cidr.ts';
import { runsContainers, runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { NeededProtocol } from '../../inventory/plugin.ts';
import { portsOf } from '../facts/ports.ts';

/** What a firewall of a host's own must let in. */
export interface FirewallNeed {
  readonly protocol: 'tcp' | 'udp';
  /** A port, or a range like `30000-32767`. */
  readonly ports: string;
  /** `hosts`: the other hosts of the cluster alone. */
  readonly from: 'anyone' | 'hosts';
  /** For people. */
  readonly purpose: string;
}

/** All that a firewall of a host's own must do for the cluster; plain data. */
export interface FirewallNeeds {
  readonly ports: readonly FirewallNeed[];
  /** What the other hosts send beside TCP and UDP. */
  readonly protocols: readonly NeededProtocol[];
  /** Addresses of the other hosts. */
  readonly peers: readonly string[];
  /** Blocks of pods, which are let in, and forwarded from and to. */
  readonly pods: readonly string[];
}

/** Addresses of the other hosts that a protocol goes between. */
export function peersOf({ peers }: FirewallNeeds, { family }: NeededProtocol): readonly string[] {
  return peers.filter((peer) => family === undefined || familyOf(peer) === family);
}

/** What comes from or goes to a host by its roles and the cluster's settings. */
export function firewallNeeds(inventory: Inventory, host: Host): FirewallNeeds {
  const { apiserverPort, network } = inventory.cluster;
  const peers = inventory.hosts.filter(({ name }) => name !== host.name).flatMap(({ addresses }) => addresses);
  const listening = portsOf(inventory, host)
    .filter(({ loopback }) => !loopback)
    .map(({ protocol, port, purpose }): FirewallNeed => {
      const from = port === apiserverPort && protocol === 'tcp' ? 'anyone' : 'hosts';
      return { protocol, ports: String(port), from, purpose };
    });
  const ports = listening.filter(({ from }) => from === 'anyone' || peers.length > 0);
  const protocols = runsContainers(host) && peers.length > 0 ? (network.needs.protocols ?? []) : [];
  if (!runsContainers(host) || !network.podsReachServices) return { ports, protocols, peers, pods: [] };
  if (!runsKubelet(host)) return { ports, protocols, peers, pods: network.podCIDRs };
  const nodePorts = (['tcp', 'udp'] as const).map((protocol): FirewallNeed => {
    return { protocol, ports: network.nodePortRange, from: 'anyone', purpose: 'node ports' };
  });
  return { ports: [...ports, ...nodePorts], protocols, peers, pods: network.podCIDRs };
}
