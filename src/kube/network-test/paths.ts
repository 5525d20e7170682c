import type { Attempt, Family, PathResult } from '../../engine/network-report.ts';
import type { Pair } from './choose.ts';
import { parsePacket } from './from-host.ts';
import { fastest, seenAddress } from './from-pod.ts';
import type { Said } from './from-pod.ts';
import type { TestPod } from './pods.ts';
import type { NetworkTestSpec } from './spec.ts';

/** One thing to measure: two pods and one family of addresses. */
export interface Path extends Pair {
  readonly key: string;
  readonly family: Family;
  readonly sender: TestPod;
  /** The sender's own address, the receiver's, and that of the receiver's Service. */
  readonly own: string;
  readonly address: string;
  readonly service: string | undefined;
}

/**
 * All paths of some pairs of nodes that have a pod, one for each family that both have. Pods that reach no Service reach no host of their own either, so
 * that there is nothing of a node to itself. Pure.
 */
export function pathsOf(pairs: readonly Pair[], pods: readonly TestPod[], podsReachServices = true): readonly Path[] {
  const byNode = new Map(pods.map((pod) => [pod.node, pod]));
  return pairs
    .filter(({ from, to }) => podsReachServices || from !== to)
    .flatMap(({ from, to }) => {
      const [sender, receiver] = [byNode.get(from), byNode.get(to)];
      if (sender === undefined || receiver === undefined) return [];
      return ([4, 6] as const).flatMap((family) => {
        const of = (addresses: readonly string[]): string | undefined =>
          addresses.find((address) => address.includes(':') === (family === 6));
        const [own, address] = [of(sender.addresses), of(receiver.addresses)];
        if (own === undefined || address === undefined) return [];
        const service = podsReachServices ? of(receiver.serviceAddresses) : undefined;
        return [{ from, to, family, sender, own, address, service }];
      });
    })
    .map((path, index) => ({ ...path, key: String(index) }));
}

/** What was said of a path, read. Pure. */
export function pathResult(spec: NetworkTestSpec, path: Path, fromPod: Said, fromHost: Said): PathResult {
  const { from, to, family, key } = path;
  const first = (said: Said, kind: string): string | undefined => said.get(`${kind} ${key}`)?.[0];
  const route = /\bdev (\S+)/.exec(first(fromHost, 'route') ?? '')?.[1];
  const packet = parsePacket(first(fromHost, 'packet'));
  const service = first(fromPod, 'service');
  const across = from !== to;
  return {
    from,
    to,
    family,
    ...(across ? { podToPod: podToPod(path, fromPod) } : {}),
    ...(service === undefined ? {} : { podToService: serviceAttempt(path, service) }),
    hostToPod: attempt(first(fromHost, 'host')),
    hops: (first(fromPod, 'hops') ?? '').split(' ').filter((hop) => hop !== '' && hop !== path.address),
    ...(across && route !== undefined ? { way: { device: route, ...spec.way(path, family, route) } } : {}),
    ...(packet === undefined ? {} : { packet }),
  };
}

function podToPod({ key, own }: Path, said: Said): NonNullable<PathResult['podToPod']> {
  const answer = said.get(`pod ${key}`)?.[0] ?? '';
  const seen = seenAddress(answer);
  const ms = fastest(said.get(`ping ${key}`) ?? []);
  return {
    ok: seen === own,
    said: seen === undefined ? shorten(answer) : `seen as ${seen}`,
    ...(ms === undefined ? {} : { ms }),
    ...(seen === undefined ? {} : { seen }),
  };
}

/** A pod that asks itself by its Service is seen under its node's address: the way back must go through the node too. */
function serviceAttempt({ from, to, own }: Path, answer: string): Attempt {
  const seen = seenAddress(answer);
  if (seen === undefined) return { ok: false, said: shorten(answer) };
  return { ok: from === to || seen === own, said: `seen as ${seen}` };
}

export function attempt(answer: string | undefined): Attempt {
  const seen = seenAddress(answer ?? '');
  return seen === undefined ? { ok: false, said: shorten(answer ?? '') } : { ok: true, said: `seen as ${seen}` };
}

function shorten(answer: string): string {
  return answer.replace(/\s+/g, ' ').trim().slice(0, 200);
}
