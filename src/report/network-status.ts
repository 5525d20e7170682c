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
    ...sessionTable(status.nodes, columns),
    '',
    renderProblems(status.problems),
  ].join('\n');
}

/** As `calicoctl node status` shows them, for all nodes at once. */
function sessionTable(nodes: readonly NodeNetwork[], columns: number): readonly string[] {
  const rows = nodes.flatMap(({ name, sessions = [] }) =>
    sessions.map(({ peer, type, state, since, info }) => [name, peer, type, state, since, info].map(oneLine)),
  );
  if (rows.length === 0) return [];
  return [
    '',
    table([['NODE', 'PEER ADDRESS', 'PEER TYPE', 'STATE', 'SINCE', 'INFO'], ...rows], { columns, indent: 2 }),
  ];
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
