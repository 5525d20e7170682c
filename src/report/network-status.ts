import type { LinkStatus, NetworkStatusReport, NodeNetwork } from '../engine/network-report.ts';
import { renderProblems } from './network-problems.ts';
import { table } from './table.ts';
import { oneLine } from './words.ts';

const head = ['NODE', 'UNIT', 'POD CIDR', 'LINK', 'BRIDGE', 'TUNNEL', 'ROUTES', 'PEERS', 'MASQUERADE'];

/** The network of all nodes as one table for people, and what is wrong below it. */
export function renderNetworkStatus(status: NetworkStatusReport, columns: number): string {
  const rows = status.nodes.map((node) => row(node).map(oneLine));
  return [
    `Pod network ${oneLine(status.plugin)}, ${oneLine(status.mode)}`,
    table([head, ...rows], { columns, indent: 2 }),
    ...status.nodes.flatMap(routeLines),
    '',
    renderProblems(status.problems),
  ].join('\n');
}

function row(node: NodeNetwork): readonly string[] {
  const { name, unreachable, unit, podCIDRs, hostLink, bridge, tunnels, routes, peers, masquerade } = node;
  if (unreachable !== undefined) return [name, `NOT SEEN: ${unreachable}`];
  return [
    name,
    unit?.state ?? '-',
    podCIDRs.join(' '),
    link(hostLink),
    link(bridge),
    tunnels.map((tunnel) => `${link(tunnel)} vni ${String(tunnel.vni)} port ${String(tunnel.port)}`).join(' ') || '-',
    share(routes.map(({ ok }) => ok)),
    share(peers.map(({ fdb, neighbour }) => fdb && neighbour)),
    masquerade === undefined ? '-' : masquerade ? 'yes' : 'NO',
  ];
}

function link(one: LinkStatus | undefined): string {
  if (one === undefined) return '-';
  return `${one.name} ${String(one.mtu)}${one.up ? '' : ' DOWN'}`;
}

function share(all: readonly boolean[]): string {
  return all.length === 0 ? '-' : `${String(all.filter((ok) => ok).length)}/${String(all.length)}`;
}

/** In a large cluster the routes of all nodes would be a book; those that are wrong are among the problems. */
const fewNodes = 5;

function routeLines(node: NodeNetwork, _index: number, all: readonly NodeNetwork[]): readonly string[] {
  if (all.length > fewNodes) return [];
  return node.routes.map(
    ({ to, cidr, found }) => `  ${node.name} to ${to}: ${found === '' ? `NO ROUTE to ${cidr}` : oneLine(found)}`,
  );
}
