import type { NetworkProblem, PathResult } from '../../engine/network-report.ts';
import type { Evidence } from './cause.ts';
import type { Counters } from './counters.ts';

/** Known problems that cut a path off by themselves, the likeliest first. */
const fatal = [
  'BRIDGE_DOWN',
  'TUNNEL_MISSING',
  'TUNNEL_DOWN',
  'ROUTE_MISSING',
  'ROUTE_WRONG',
  'PEER_MISSING',
  'TUNNEL_WRONG',
  'FORWARDING_OFF',
];

/** Those that may, where nothing else was found. */
const suspicious = [
  'TUNNEL_PORT_DROPPED',
  'FORWARD_DROPPED',
  'FIREWALL_ACTIVE',
  'LEASE_WRONG',
  'LEASE_MISSING',
  'UNIT_STOPPED',
];

/** Where pings were lost: on the sender's or the receiver's node, between the two, or on any of these. */
export interface Lost {
  readonly where: 'sender' | 'between' | 'receiver' | 'somewhere';
  /** Of the pings themselves, or of their answers, for which the ends are the other way round. */
  readonly sender: string;
  readonly receiver: string;
  readonly seen: string;
}

/** Why nothing comes from one pod to another. Pure. */
export function cutCause(evidence: Evidence): NetworkProblem {
  const { path, known } = evidence;
  const certain = certainCause(path, known);
  if (certain !== undefined) return certain;
  const mine = problemsOf(path, known);
  const lost = whereLost(evidence);
  const found = lost === undefined ? undefined : lostCause(evidence, mine, lost);
  return found ?? first(mine, suspicious) ?? unknown(evidence, lost);
}

/** What cuts a path off for certain, as looking alone has told: then nothing needs to be traced. */
export function certainCause(
  path: Pick<PathResult, 'from' | 'to'>,
  known: readonly NetworkProblem[],
): NetworkProblem | undefined {
  return first(problemsOf(path, known), fatal);
}

/** Of both nodes, and both ways: answers must come back too. */
function problemsOf(
  { from, to }: Pick<PathResult, 'from' | 'to'>,
  known: readonly NetworkProblem[],
): readonly NetworkProblem[] {
  return known.filter(({ nodes }) => nodes.every((node) => node === from || node === to));
}

function first(problems: readonly NetworkProblem[], codes: readonly string[]): NetworkProblem | undefined {
  return codes.flatMap((code) => problems.find((problem) => problem.code === code) ?? [])[0];
}

/** Of pings sent, so many count as all of them. */
const almostAll = 0.9;

/** From what both ends counted: where pings, or their answers, stopped. Undefined where nothing was traced. */
function whereLost({ path: { from, to }, tunnel, traced }: Evidence): Lost | undefined {
  if (traced === undefined) return undefined;
  const { sent, from: near, to: far } = traced;
  const grew = (count: number | undefined): boolean => count !== undefined && count >= almostAll * sent;
  if (!grew(far.pings)) {
    const ping = { sender: from, receiver: to };
    return lostOnWay(ping, tunnel, {
      sent,
      near,
      far,
      came: `the pod on ${to} got ${far.pings ?? 0} of ${sent} pings`,
    });
  }
  const came = `the pod on ${to} got ${far.pings ?? 0} pings and answered ${far.answers ?? 0}, and the pod on ${from} got ${near.answered ?? 0} answers`;
  if (!grew(far.answers)) return { where: 'receiver', sender: from, receiver: to, seen: came };
  return lostOnWay({ sender: to, receiver: from }, tunnel, { sent, near: far, far: near, came });
}

/** The sender's own counters are `near`, whichever way the packets went. */
function lostOnWay(
  ends: Pick<Lost, 'sender' | 'receiver'>,
  tunnel: Evidence['tunnel'],
  {
    sent,
    near,
    far,
    came,
  }: { readonly sent: number; readonly near: Counters; readonly far: Counters; readonly came: string },
): Lost {
  if (tunnel === undefined) return { where: 'between', ...ends, seen: came };
  if (near.tunnelSent === undefined || far.tunnelReceived === undefined)
    return { where: 'somewhere', ...ends, seen: came };
  const { sender, receiver } = ends;
  const seen = `${tunnel.device} of ${sender} sent ${near.tunnelSent} packets, and that of ${receiver} got ${far.tunnelReceived}; ${came}`;
  if (near.tunnelSent < almostAll * sent) return { where: 'sender', ...ends, seen };
  return { where: far.tunnelReceived < almostAll * sent ? 'between' : 'receiver', ...ends, seen };
}

function lostCause(evidence: Evidence, mine: readonly NetworkProblem[], lost: Lost): NetworkProblem | undefined {
  const { where, sender, receiver } = lost;
  if (where === 'somewhere') return undefined;
  if (where === 'between') return betweenCause(evidence, mine, lost);
  const node = where === 'sender' ? sender : receiver;
  return filteredCause(evidence, node, lost) ?? ruleCause(mine, node, lost);
}

function betweenCause(
  { path, tunnel, suspects }: Evidence,
  mine: readonly NetworkProblem[],
  { sender, receiver, seen }: Lost,
): NetworkProblem | undefined {
  if (tunnel === undefined) return undefined;
  const rules = mine.filter(({ code }) => code === 'TUNNEL_PORT_DROPPED');
  const firewalls = [sender, receiver].flatMap((node) =>
    (node === path.from ? suspects.from : suspects.to).firewalls.map((name) => `${name} runs on ${node}`),
  );
  const hints = rules.map(({ nodes, why }) => `${nodes.join()}: ${why}`);
  return {
    code: 'TUNNEL_PORT_DROPPED',
    nodes: [sender, receiver],
    what: `what ${sender} sends by its tunnel does not arrive at ${receiver}: UDP port ${tunnel.port} is dropped`,
    why: [seen, ...hints, ...firewalls].join('; '),
    fix:
      rules[0]?.fix ??
      `let UDP port ${tunnel.port} from ${sender} to ${receiver} through: in their packet filters, and in any firewall or security group between them`,
  };
}

/** Where as many packets were filtered as were lost. */
function filteredCause({ path, traced, suspects }: Evidence, node: string, { seen }: Lost): NetworkProblem | undefined {
  const near = node === path.from;
  const filtered = (near ? traced?.from : traced?.to)?.pathFiltered ?? 0;
  if (filtered < almostAll * (traced?.sent ?? Infinity)) return undefined;
  const { strictDevices } = near ? suspects.from : suspects.to;
  return {
    code: 'RP_FILTER',
    nodes: [node],
    what: `${node}: its kernel drops packets of pods, since answers would go another way (rp_filter)`,
    why: `its counter IPReversePathFilter grew by ${filtered}; the filter is strict on ${strictDevices.join(', ') || 'none of the devices that were looked at'}; ${seen}`,
    fix: `on ${node}: set net.ipv4.conf.all.rp_filter, and that of the device, to 2 (loose)`,
  };
}

function ruleCause(mine: readonly NetworkProblem[], node: string, { seen }: Lost): NetworkProblem | undefined {
  const there = mine.filter(({ nodes }) => nodes.includes(node));
  const rule = first(there, ['FORWARD_DROPPED', 'FIREWALL_ACTIVE']);
  return rule === undefined ? undefined : { ...rule, why: `${rule.why}; ${seen}` };
}

/** Between hosts without a tunnel the network sees pods' addresses, and many clouds drop them. */
function unknown({ path, tunnel }: Evidence, lost: Lost | undefined): NetworkProblem {
  if (lost?.where === 'between' && tunnel === undefined)
    return {
      code: 'DROPPED_BETWEEN_HOSTS',
      nodes: [lost.sender, lost.receiver],
      what: `pods' packets from ${lost.sender} do not arrive at ${lost.receiver}`,
      why: lost.seen,
      fix: `let the network between the hosts pass pods' addresses (a cloud's source/destination check), and look at the packet filters of ${lost.sender} and ${lost.receiver}`,
    };
  const nodes = lost?.where === 'sender' || lost?.where === 'receiver' ? [lost[lost.where]] : [path.from, path.to];
  return {
    code: 'PATH_CUT',
    nodes,
    what: `nothing comes from pods on ${path.from} to pods on ${path.to}`,
    why: lost?.seen ?? 'routes, devices and rules that were looked at are as they should be',
    fix: `look at the packet filter of ${nodes.join(' and ')}:  nft list ruleset , iptables-save`,
  };
}
