import type { NetworkProblem } from '../../engine/network-report.ts';
import type { Inventory } from '../../inventory/model.ts';
import type { NetworkStatus, TunnelSpec } from '../status.ts';
import { familyOf } from './model.ts';
import type { NodeLook } from './model.ts';
import { tunnelsOf } from './probes.ts';

/** What to look at a node's network with. */
export interface Judge {
  readonly status: NetworkStatus;
  readonly inventory: Inventory;
}

/** What is wrong on a node by itself, the likeliest to cut its pods off first. Pure. */
export function nodeProblems(judge: Judge, look: NodeLook): readonly NetworkProblem[] {
  const tunnels = tunnelsOf(judge.status, judge.inventory, look.node);
  const found = [
    ...bridgeProblems(judge, look),
    ...tunnels.flatMap((tunnel) => tunnelProblems(look, tunnel)),
    ...forwardingProblems(judge, look),
    ...mtuProblems(judge, look, tunnels),
    ...leaseProblems(judge, look),
    ...masqueradeProblems(look),
    ...unitProblems(judge, look),
    ...firewallProblems(judge, look),
  ];
  return found.map((problem) => ({ ...problem, nodes: [look.node.name] }));
}

type Found = Omit<NetworkProblem, 'nodes'>;

const again = 'run  k8sup apply';

function bridgeProblems({ status }: Judge, { node, links }: NodeLook): readonly Found[] {
  const link = status.bridge === undefined ? undefined : links.get(status.bridge);
  if (link === undefined || link.up) return [];
  return [
    {
      code: 'BRIDGE_DOWN',
      what: `${node.name}: the bridge of its pods, ${link.name}, is down`,
      why: `ip link shows ${link.name} without UP`,
      fix: `on ${node.name}:  ip link set ${link.name} up`,
    },
  ];
}

function tunnelProblems({ node, links, dropRules }: NodeLook, spec: TunnelSpec): readonly Found[] {
  const { device, vni, port } = spec;
  const link = links.get(device);
  if (link === undefined)
    return [
      {
        code: 'TUNNEL_MISSING',
        what: `${node.name}: there is no tunnel device ${device}`,
        why: `ip link does not know ${device}`,
        fix: `on ${node.name}:  systemctl restart flanneld  makes it anew; its journal says why it is gone`,
      },
    ];
  const found: Found[] = [];
  if (!link.up)
    found.push({
      code: 'TUNNEL_DOWN',
      what: `${node.name}: the tunnel device ${device} is down`,
      why: `ip link shows ${device} without UP`,
      fix: `on ${node.name}:  ip link set ${device} up , then  systemctl restart flanneld , since its routes went with it`,
    });
  if (link.tunnel?.vni !== vni || link.tunnel.port !== port)
    found.push({
      code: 'TUNNEL_WRONG',
      what: `${node.name}: ${device} is not the tunnel of the inventory`,
      why: `it has VNI ${link.tunnel?.vni ?? 'none'} and port ${link.tunnel?.port ?? 'none'} instead of ${vni} and ${port}`,
      fix: again,
    });
  if (dropRules.length > 0) found.push(portDropped(node.name, port, dropRules));
  return found;
}

function portDropped(node: string, port: number, rules: readonly string[]): Found {
  return {
    code: 'TUNNEL_PORT_DROPPED',
    what: `${node}: its packet filter drops the tunnel, UDP port ${port}`,
    why: `it has the rule "${rules.join('", "')}"`,
    fix: `on ${node}: let UDP port ${port} in from the other nodes`,
  };
}

/** Another base chain that accepts is no help: a packet has to be accepted by all of them. */
function forwardingProblems({ inventory }: Judge, { node, forward, forwards }: NodeLook): readonly Found[] {
  const found: Found[] = [];
  for (const family of new Set(node.podCIDRs.map(familyOf))) {
    if (forwards[family] === false)
      found.push({
        code: 'FORWARDING_OFF',
        what: `${node.name}: the kernel forwards no IPv${family} packets`,
        why: family === 4 ? 'net.ipv4.ip_forward is 0' : 'net.ipv6.conf.all.forwarding is 0',
        fix: again,
      });
    const pods = inventory.cluster.network.podCIDRs.find((cidr) => familyOf(cidr) === family) ?? '';
    const accepts = forward[family].some((rule) => /-j ACCEPT$/.test(rule) && isForPods(rule, pods));
    const iptables = family === 4 ? 'iptables' : 'ip6tables';
    if (forward[family].includes('-P FORWARD DROP') && !accepts)
      found.push({
        code: 'FORWARD_DROPPED',
        what: `${node.name}: its packet filter drops the IPv${family} packets that are forwarded`,
        why: `the policy of the chain FORWARD of ${iptables} is DROP, and no rule in it accepts the pod network`,
        fix: `on ${node.name}:  ${iptables} -P FORWARD ACCEPT , or accept ${pods} as source and as destination; Docker sets this policy when it starts`,
      });
  }
  return found;
}

function isForPods(rule: string, pods: string): boolean {
  const conditions = rule.replace(/^-A \S+/, '').replace(/-j ACCEPT$/, '');
  return conditions.includes(pods) || /^\s*(-m comment --comment ("[^"]*"|\S+)\s*)?$/.test(conditions);
}

function mtuProblems({ status }: Judge, look: NodeLook, tunnels: readonly TunnelSpec[]): readonly Found[] {
  const { node, links, hostLink } = look;
  const bridge = status.bridge === undefined ? undefined : links.get(status.bridge);
  const found: Found[] = [];
  const tooLarge = (why: string, fix: string): void =>
    void found.push({ code: 'MTU_TOO_LARGE', what: `${node.name}: the MTU of its pods is too large`, why, fix });
  for (const { device, overhead } of tunnels) {
    const tunnel = links.get(device);
    if (tunnel === undefined || hostLink === undefined) continue;
    if (tunnel.mtu + overhead > hostLink.mtu)
      tooLarge(
        `${device} has ${tunnel.mtu}, which makes packets of ${tunnel.mtu + overhead} bytes, and ${hostLink.name} carries ${hostLink.mtu}`,
        `set ${hostLink.name} to ${tunnel.mtu + overhead} on ${node.name}, or the MTU in the inventory to ${hostLink.mtu - overhead} and start the pods anew`,
      );
    if (bridge !== undefined && bridge.mtu > tunnel.mtu)
      tooLarge(
        `${bridge.name} has ${bridge.mtu}, and ${device} carries ${tunnel.mtu}`,
        `on ${node.name}:  ip link set ${bridge.name} mtu ${tunnel.mtu} ; then start its pods anew`,
      );
  }
  if (tunnels.length === 0 && bridge !== undefined && hostLink !== undefined && bridge.mtu > hostLink.mtu)
    tooLarge(
      `${bridge.name} has ${bridge.mtu}, and ${hostLink.name} carries ${hostLink.mtu}`,
      `set the MTU in the inventory to ${hostLink.mtu}, or ${hostLink.name} to ${bridge.mtu}`,
    );
  return found;
}

function leaseProblems({ status, inventory }: Judge, { node, lease }: NodeLook): readonly Found[] {
  if (status.lease === undefined) return [];
  const { file, subnetKeys } = status.lease;
  const name = status.unit?.(inventory);
  if (lease === undefined)
    return [
      {
        code: 'LEASE_MISSING',
        what: `${node.name}: it has no lease of the pod network`,
        why: `${file} is not there`,
        fix: `on ${node.name}: look at the journal of ${name ?? 'its pod'}; then  k8sup apply`,
      },
    ];
  const leased = subnetKeys.flatMap((key) => lease[key] ?? []);
  const foreign = leased.filter((subnet) => !node.podCIDRs.some((cidr) => sameNetwork(cidr, subnet)));
  if (foreign.length === 0 && leased.length > 0) return [];
  return [
    {
      code: 'LEASE_WRONG',
      what: `${node.name}: its lease is not its pod CIDR`,
      why: `${file} has ${leased.join(', ') || 'none'}, and the node ${node.podCIDRs.join(', ') || 'none'}`,
      fix: `on ${node.name}:  restart ${name ?? 'its pod'} ; then start its pods anew`,
    },
  ];
}

/** A lease is written with its gateway's address: `10.244.1.1/24` of `10.244.1.0/24`. */
function sameNetwork(cidr: string, lease: string): boolean {
  const [network = '', prefix] = cidr.split('/');
  const [address = '', leasePrefix] = lease.split('/');
  const head = network.replace(/[^.:]*$/, '');
  return prefix === leasePrefix && address.startsWith(head);
}

function masqueradeProblems({ node, masquerade }: NodeLook): readonly Found[] {
  if (masquerade !== false) return [];
  return [
    {
      code: 'MASQUERADE_MISSING',
      what: `${node.name}: nothing hides its pods' addresses from outside of the pod network`,
      why: "the plugin's masquerade rule is not there",
      fix: again,
    },
  ];
}

function unitProblems({ status, inventory }: Judge, { node, unit }: NodeLook): readonly Found[] {
  const name = status.unit?.(inventory);
  if (name === undefined || unit === 'active') return [];
  return [
    {
      code: 'UNIT_STOPPED',
      what: `${node.name}: ${name} does not run`,
      why: `systemd says ${unit ?? 'nothing'}; routes and peers of nodes that come or change are not kept`,
      fix: `on ${node.name}: look at  journalctl -u ${name} ; then  k8sup apply`,
    },
  ];
}

/** One that the user keeps is the user's to open. */
function firewallProblems({ inventory }: Judge, { node, firewalls }: NodeLook): readonly Found[] {
  if (inventory.cluster.firewall === 'keep' || firewalls.length === 0) return [];
  return [
    {
      code: 'FIREWALL_ACTIVE',
      what: `${node.name}: ${firewalls.join(' and ')} runs`,
      why: 'it was started after k8sup had switched it off, and drops what it was not told of',
      fix: `${again} , which switches it off, or open the ports and set  hostPreparation.firewall: keep`,
    },
  ];
}
