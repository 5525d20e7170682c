import type { NetworkProblem, PathResult } from '../../engine/network-report.ts';
import type { Traced } from './counters.ts';
import { cutCause } from './cut.ts';
import type { Suspects } from './spec.ts';

/** Everything that is known of a path that is not as it should be. */
export interface Evidence {
  readonly path: PathResult;
  /** The sending pod's own address. */
  readonly own: string;
  /** Problems that looking has told, of all nodes. */
  readonly known: readonly NetworkProblem[];
  readonly tunnel: { readonly device: string; readonly port: number } | undefined;
  /** How far pings came; undefined where that could not be seen. */
  readonly traced: Traced | undefined;
  readonly suspects: { readonly from: Suspects; readonly to: Suspects };
}

/** Whether all that was measured of a path is good. */
function isGood({ podToPod, podToService, hostToPod, way, packet }: PathResult): boolean {
  return (
    podToPod?.ok !== false &&
    podToService?.ok !== false &&
    hostToPod.ok &&
    (way?.wanted === undefined || way.found === way.wanted) &&
    (packet === undefined || packet.largest === packet.wanted)
  );
}

/** Whether nothing at all came from pod to pod: what else fails then is no cause of its own. */
export function isCut({ podToPod }: PathResult): boolean {
  return podToPod !== undefined && podToPod.ms === undefined && podToPod.seen === undefined;
}

/** The likely causes of what is wrong with a path; none where nothing is. Pure. */
export function causesOf(evidence: Evidence): readonly NetworkProblem[] {
  const { path } = evidence;
  if (isGood(path)) return [];
  if (isCut(path)) return [cutCause(evidence)];
  return [
    ...podCauses(evidence),
    ...wayCauses(evidence),
    ...packetCauses(evidence),
    ...serviceCauses(path),
    ...hostCauses(path),
  ];
}

function podCauses({ path, own }: Evidence): readonly NetworkProblem[] {
  const { from, to, podToPod } = path;
  if (podToPod === undefined || podToPod.ok) return [];
  const nodes = [from, to];
  if (podToPod.seen !== undefined)
    return [
      {
        code: 'POD_ADDRESS_HIDDEN',
        nodes,
        what: `${from}: pods' own addresses do not reach ${to}`,
        why: `a pod on ${to} saw ${podToPod.seen} instead of ${own}`,
        fix: `on ${from}: look for a masquerade rule that also takes packets to the pod network (Docker's, or one of your own)`,
      },
    ];
  return [
    {
      code: 'TCP_DROPPED',
      nodes,
      what: `from pods on ${from} to pods on ${to} pings pass and TCP does not`,
      why: podToPod.said === '' ? 'no answer came' : podToPod.said,
      fix: `look for packet filter rules on ${from} and ${to}, and for a NetworkPolicy, that let no TCP through`,
    },
  ];
}

function wayCauses({ path: { from, to, way }, known }: Evidence): readonly NetworkProblem[] {
  if (way?.wanted === undefined || way.found === way.wanted) return [];
  const routes = known.filter(({ code, nodes }) => code.startsWith('ROUTE_') && nodes[0] === from && nodes[1] === to);
  if (routes.length > 0) return routes;
  return [
    {
      code: 'WAY_WRONG',
      nodes: [from, to],
      what: `from ${from} to pods on ${to} packets go ${words[way.found]} instead of ${words[way.wanted]}`,
      why: `they leave by ${way.device}`,
      fix: `on ${from}: look at  ip route  and  ip rule`,
    },
  ];
}

const words = { tunnel: 'by the tunnel', direct: 'directly' } as const;

/** Small packets pass. */
function packetCauses({ path, known }: Evidence): readonly NetworkProblem[] {
  const { from, to, packet } = path;
  if (packet === undefined || packet.largest === packet.wanted) return [];
  const { largest, wanted } = packet;
  const measured = `of the ${wanted} bytes of the pod's device ${largest} come through in one piece`;
  // Small packets come back, so the fault may as well be on the way of the answers.
  const seen = known.find(
    ({ code, nodes }) => code === 'MTU_TOO_LARGE' && nodes.every((node) => node === from || node === to),
  );
  return [
    {
      code: 'MTU_TOO_LARGE',
      nodes: [from, to],
      what: seen?.what ?? `${from}: the MTU of its pods is too large for the way to ${to}`,
      why: seen === undefined ? `${measured}; something on the way takes less` : `${seen.why}; ${measured}`,
      fix: seen?.fix ?? `set a smaller MTU in the inventory, by ${wanted - largest} bytes, and start the pods anew`,
    },
  ];
}

function serviceCauses({ from, to, podToPod, podToService }: PathResult): readonly NetworkProblem[] {
  if (podToService === undefined || podToService.ok || podToPod?.ok === false) return [];
  const why = podToService.said === '' ? 'no answer came' : podToService.said;
  if (from === to)
    return [
      {
        code: 'HAIRPIN_BROKEN',
        nodes: [from],
        what: `${from}: a pod does not reach itself by its Service`,
        why,
        fix: `on ${from}: see that kube-proxy runs, and that ports of the pods' bridge have  hairpin on  (bridge -d link)`,
      },
    ];
  return [
    {
      code: 'SERVICE_BROKEN',
      nodes: [from, to],
      what: `from ${from} the Service of a pod on ${to} does not answer, and the pod does`,
      why,
      fix: `on ${from}: look at  journalctl -u kube-proxy ; then  k8sup apply`,
    },
  ];
}

function hostCauses({ from, to, podToPod, hostToPod }: PathResult): readonly NetworkProblem[] {
  if (hostToPod.ok || podToPod?.ok === false) return [];
  return [
    {
      code: 'HOST_TO_POD_BROKEN',
      nodes: from === to ? [from] : [from, to],
      what: `${from} itself does not reach pods on ${to}`,
      why: hostToPod.said === '' ? 'no answer came' : hostToPod.said,
      fix: `on ${from}: look at  ip route get  to a pod, and at rules of its packet filter for what it sends itself`,
    },
  ];
}
