import type { NetworkProblem, NetworkStatusReport, NodeNetwork, NodeSessions } from '../../engine/network-report.ts';
import type { NetworkNode, NodeLook } from './model.ts';
import { nodeProblems } from './node-problems.ts';
import type { Judge } from './node-problems.ts';
import { pathProblems, peersOf, routesOf } from './path-problems.ts';

/** A node that could not be looked at, and why. */
export interface UnseenNode {
  readonly node: Pick<NetworkNode, 'name' | 'address'>;
  readonly reason: string;
}

/** All looks as one report. Pure. */
export function networkReport(
  judge: Judge,
  looks: readonly NodeLook[],
  unseen: readonly UnseenNode[],
  sessions: readonly NodeSessions[] = [],
): NetworkStatusReport {
  const { cluster } = judge.inventory;
  return {
    plugin: cluster.network.plugin,
    mode: judge.status.mode(judge.inventory),
    nodes: [
      ...looks.map((look) => ({ ...nodeNetwork(judge, look, looks), ...sessionsOf(look.node.name, sessions) })),
      ...unseen.map(({ node, reason }) => ({
        ...{ name: node.name, address: node.address, unreachable: reason },
        ...{ podCIDRs: [], tunnels: [], routes: [], peers: [] },
      })),
    ],
    problems: [...knownProblems(judge, looks), ...sessions.flatMap(sessionProblems), ...unseen.map(unseenProblem)],
  };
}

/** Everything that looking alone tells: of each node, and of each pair of them. */
export function knownProblems(judge: Judge, looks: readonly NodeLook[]): readonly NetworkProblem[] {
  return [
    ...looks.flatMap((look) => nodeProblems(judge, look)),
    ...looks.flatMap((from) => looks.flatMap((to) => (from === to ? [] : pathProblems(judge, from, to)))),
  ];
}

function nodeNetwork(judge: Judge, look: NodeLook, all: readonly NodeLook[]): NodeNetwork {
  const { status } = judge;
  const { node, unit, lease, hostLink, links, masquerade } = look;
  const bridge = status.bridge === undefined ? undefined : links.get(status.bridge);
  const announced = status.announced(node.annotations);
  const name = status.unit?.(judge.inventory);
  return {
    name: node.name,
    address: node.address,
    ...(name === undefined ? {} : { unit: { name, state: unit ?? 'unknown' } }),
    podCIDRs: node.podCIDRs,
    ...(lease === undefined ? {} : { lease }),
    ...(Object.keys(announced).length === 0 ? {} : { announced }),
    ...(hostLink === undefined ? {} : { hostLink }),
    ...(bridge === undefined ? {} : { bridge }),
    tunnels: [...links.values()].flatMap(({ tunnel }) => tunnel ?? []),
    routes: routesOf(judge, look),
    peers: peersOf(
      judge,
      look,
      all.filter((other) => other !== look),
    ),
    ...(masquerade === undefined ? {} : { masquerade }),
  };
}

function sessionsOf(node: string, all: readonly NodeSessions[]): Pick<NodeNetwork, 'sessions'> {
  const own = all.find((one) => one.node === node);
  return own === undefined ? {} : { sessions: own.sessions };
}

function sessionProblems({ node, sessions, problem }: NodeSessions): readonly NetworkProblem[] {
  const pod = 'see the log of the calico-node pod there';
  if (problem !== undefined) {
    const what = `${node}: its BGP sessions cannot be read`;
    return [{ code: 'BGP_UNKNOWN', nodes: [node], what, why: problem, fix: pod }];
  }
  return sessions
    .filter(({ info }) => !info.startsWith('Established'))
    .map(({ peer, type, state, info }) => ({
      code: 'BGP_SESSION_DOWN',
      nodes: [node],
      what: `${node}: the BGP session with ${peer} (${type}) is not established`,
      why: `BIRD says ${state}, ${info}`,
      fix: `let port 179/tcp through between the two; else ${pod}`,
    }));
}

function unseenProblem({ node, reason }: UnseenNode): NetworkProblem {
  return {
    code: 'NODE_UNSEEN',
    nodes: [node.name],
    what: `${node.name}: it could not be looked at`,
    why: reason,
    fix: 'k8sup status  tells of its host and its kubelet',
  };
}
