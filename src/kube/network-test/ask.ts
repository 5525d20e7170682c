import pMap from 'p-map';
import type { ActionContext } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { measureFromHost } from './from-host.ts';
import { measureFromPod } from './from-pod.ts';
import type { Said } from './from-pod.ts';
import { receiverFor } from './node-result.ts';
import type { Path } from './paths.ts';
import type { Started, TestPod } from './pods.ts';

/** Nodes that are measured from at the same time; each is a session on a master. */
const atOnce = 4;

/** What one side said, or why it could not be asked. */
export type Answer = { readonly said: Said } | { readonly reason: string };

export const noAnswer: Answer = { reason: 'it was not asked' };

export function saidBy(answers: ReadonlyMap<string, Answer>, node: string): Said {
  const answer = answers.get(node) ?? noAnswer;
  return 'said' in answer ? answer.said : new Map();
}

/** Asks all test pods, each of its paths. */
export async function askPods(
  context: ActionContext,
  { pods, receivers }: Started,
  paths: readonly Path[],
): Promise<ReadonlyMap<string, Answer>> {
  const { network } = context.inventory.cluster;
  return askAll(context, pods, (pod) => {
    const targets = paths
      .filter(({ from }) => from === pod.node)
      .map(({ key, address, service, from, to }) => ({ key, address, service, direct: from !== to }));
    const dnsName = network.podsReachServices ? `kubernetes.default.svc.${network.dnsDomain}` : undefined;
    return measureFromPod(context, pod, { targets, dnsName, receiver: receiverFor(receivers, pod.node) });
  });
}

/** Asks the hosts of all test pods. */
export async function askHosts(
  context: ActionContext,
  pods: readonly TestPod[],
  paths: readonly Path[],
): Promise<ReadonlyMap<string, Answer>> {
  return askAll(context, pods, (pod) => {
    const host = context.inventory.hosts.find(({ name }) => name === pod.node);
    if (host === undefined) return Promise.resolve(new Map());
    const targets = paths
      .filter(({ from }) => from === pod.node)
      .map(({ key, address, from, to }) => ({ key, address, packets: from !== to }));
    return measureFromHost(context, host, pod, targets);
  });
}

async function askAll(
  context: ActionContext,
  pods: readonly TestPod[],
  ask: (pod: TestPod) => Promise<Said>,
): Promise<ReadonlyMap<string, Answer>> {
  const one = async (pod: TestPod): Promise<readonly [string, Answer]> => {
    try {
      return [pod.node, { said: await ask(pod) }];
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof K8supError)) throw error;
      return [pod.node, { reason: error.why ?? error.message }];
    }
  };
  return new Map(await pMap(pods, one, { concurrency: atOnce }));
}
