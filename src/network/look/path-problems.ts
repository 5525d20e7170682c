import type { NetworkProblem, PeerStatus, RouteStatus, Way } from '../../engine/network-report.ts';
import type { TunnelSpec } from '../status.ts';
import { familyOf } from './model.ts';
import type { LookedAtRoute, NodeLook } from './model.ts';
import type { Judge } from './node-problems.ts';

/** The routes of a node to the pods of another one, or of all others, against how they should go. Pure. */
export function routesOf(judge: Judge, look: NodeLook, to?: string): readonly RouteStatus[] {
  const { status, inventory } = judge;
  return look.routes
    .filter((route) => to === undefined || route.to === to)
    .map((route) => {
      const wanted = status.wayTo(inventory, route.onLink);
      const found = route.shown;
      const there = found !== '' || status.nodeRoutes?.(inventory) === false;
      const ok = wanted === undefined || (there && wayOf(judge, route) === wanted);
      return { to: route.to, cidr: route.cidr, ...(wanted === undefined ? {} : { wanted }), found, ok };
    });
}

/** How packets really go, by the device that they leave by. */
export function wayOf({ status, inventory }: Judge, route: Pick<LookedAtRoute, 'cidr' | 'device'>): Way {
  const { device, cidr } = route;
  if (device === undefined) return 'direct';
  const tunnels = status.isTunnel?.(inventory, device) ?? device === status.tunnel(inventory, familyOf(cidr))?.device;
  return tunnels ? 'tunnel' : 'direct';
}

/** What a node's kernel knows of the tunnel of another node, or of all others. Pure. */
export function peersOf(judge: Judge, look: NodeLook, others: readonly NodeLook[]): readonly PeerStatus[] {
  return others.flatMap((other) =>
    look.routes
      .filter(({ to, onLink }) => to === other.node.name && judge.status.wayTo(judge.inventory, onLink) === 'tunnel')
      .flatMap(({ cidr }) => peerOf(judge, look, other, cidr) ?? []),
  );
}

function peerOf({ status, inventory }: Judge, look: NodeLook, other: NodeLook, cidr: string): PeerStatus | undefined {
  const family = familyOf(cidr);
  const tunnel = status.tunnel(inventory, family);
  const end = status.tunnelEnd(other.node.annotations, family);
  if (tunnel === undefined || end === undefined) return undefined;
  const [network = ''] = cidr.split('/');
  const fdb = look.fdb.get(tunnel.device);
  const neighbours = look.neighbours.get(tunnel.device);
  return {
    node: other.node.name,
    ...end,
    // A program that is not there tells nothing, which is no sign of something missing.
    fdb: fdb === undefined || fdb.some((line) => line.startsWith(`${end.mac} `) && line.includes(` ${end.address} `)),
    neighbour:
      neighbours === undefined ||
      neighbours.some((line) => line.startsWith(`${network} `) && line.includes(`lladdr ${end.mac} `)),
  };
}

/** What is wrong between a node and another one, as seen on the first: routes, peers, and MTUs that do not fit together. Pure. */
export function pathProblems(judge: Judge, from: NodeLook, to: NodeLook): readonly NetworkProblem[] {
  const nodes = [from.node.name, to.node.name];
  const routes = routesOf(judge, from, to.node.name).filter(({ ok }) => !ok);
  const peers = peersOf(judge, from, [to]).filter(({ fdb, neighbour }) => !fdb || !neighbour);
  return [
    ...routes.map((route) => routeProblem(judge, from, route)),
    ...peers.map((peer) => peerProblem(judge, from, peer)),
    ...mtuProblems(judge, from, to),
  ].map((problem) => ({ ...problem, nodes }));
}

type Found = Omit<NetworkProblem, 'nodes'>;

function routeProblem({ status, inventory }: Judge, from: NodeLook, { to, cidr, wanted, found }: RouteStatus): Found {
  const unit = status.unit?.(inventory);
  const fix = `${restart(from, unit)} makes its routes anew`;
  if (found === '') {
    const device = from.routes.find((route) => route.to === to && route.cidr === cidr)?.device;
    return {
      code: 'ROUTE_MISSING',
      what: `${from.node.name}: the route to the pods of ${to} is missing`,
      why: `ip route has none to ${cidr}; packets there ${device === undefined ? 'have no way' : `leave by ${device}`}`,
      fix,
    };
  }
  return {
    code: 'ROUTE_WRONG',
    what: `${from.node.name}: the route to the pods of ${to} goes another way than ${status.mode(inventory)} should`,
    why: `it should be ${wanted ?? 'there'}, and is "${found}"`,
    fix,
  };
}

function restart(from: NodeLook, unit: string | undefined): string {
  const { name } = from.node;
  return unit === undefined
    ? `the network's pod on ${name}, deleted and so started anew,`
    : `on ${name}:  systemctl restart ${unit} `;
}

function peerProblem({ status, inventory }: Judge, from: NodeLook, { node, mac, address, fdb }: PeerStatus): Found {
  return {
    code: 'PEER_MISSING',
    what: `${from.node.name}: its tunnel does not know where ${node} is`,
    why: fdb
      ? `ip neigh has no entry with ${mac}`
      : `bridge fdb has no entry for ${mac} at ${address}, which is what ${node} says of itself`,
    fix: `${restart(from, status.unit?.(inventory))} makes its peers anew`,
  };
}

/** Packets that one side makes and the other side's own link drops without a word. */
function mtuProblems({ status, inventory }: Judge, from: NodeLook, to: NodeLook): readonly Found[] {
  const families = new Set(from.node.podCIDRs.map(familyOf));
  return [...families].flatMap((family) => {
    const tunnel: TunnelSpec | undefined = status.tunnel(inventory, family);
    const name = tunnel?.device ?? status.bridge;
    const link = name === undefined ? undefined : from.links.get(name);
    if (link === undefined || to.hostLink === undefined) return [];
    const size = link.mtu + (tunnel?.overhead ?? 0);
    if (size <= to.hostLink.mtu) return [];
    return [
      {
        code: 'MTU_TOO_LARGE',
        what: `${from.node.name}: the MTU of its pods is too large for the way to ${to.node.name}`,
        why: `${link.name} has ${link.mtu}, which makes packets of ${size} bytes, and ${to.hostLink.name} of ${to.node.name} takes ${to.hostLink.mtu}`,
        fix: `set ${to.hostLink.name} to ${size} on ${to.node.name}, or the MTU in the inventory to ${to.hostLink.mtu - (tunnel?.overhead ?? 0)} and start the pods anew`,
      },
    ];
  });
}
