import { probeScript } from '../../engine/script.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { runsKubelet } from '../../inventory/model.ts';
import type { Host } from '../../inventory/model.ts';
import { networkNodes } from '../../kube/index.ts';
import type { NetworkNode, NodeLook } from '../../network/look/model.ts';
import type { Judge } from '../../network/look/node-problems.ts';
import { parseLook } from '../../network/look/parse.ts';
import { networkProbes } from '../../network/look/probes.ts';
import type { UnseenNode } from '../../network/look/report.ts';
import { whyUnreachable } from '../session.ts';

/** The inventory's nodes as they were found: looked at, or with the reason why not. */
export interface Looks {
  readonly looks: readonly NodeLook[];
  readonly unseen: readonly UnseenNode[];
}

/**
 * Looks at the network of every node of the inventory, one round trip each. A node that does not answer is a state.
 *
 * @throws K8supError `KUBE_UNREACHABLE` when no apiserver answers: nodes' parts of the pod network are known there alone.
 */
export async function lookAtNetwork(context: RunContext, judge: Judge): Promise<Looks> {
  const registered = await networkNodes(context.kube);
  const hosts = context.inventory.hosts.filter(runsKubelet);
  const found = await Promise.all(hosts.map((host) => lookAt(context, judge, host, registered)));
  return {
    looks: found.flatMap((one) => ('reason' in one ? [] : [one])),
    unseen: found.flatMap((one) => ('reason' in one ? [one] : [])),
  };
}

async function lookAt(
  context: RunContext,
  judge: Judge,
  host: Host,
  registered: readonly NetworkNode[],
): Promise<NodeLook | UnseenNode> {
  const node = registered.find(({ name }) => name === host.name);
  if (node === undefined) return { node: host, reason: 'no such node is registered in the cluster' };
  const { status, inventory } = judge;
  const others = registered.filter((other) => other !== node);
  const script = probeScript(networkProbes(status, inventory, node, others));
  try {
    const options = { signal: context.signal, timeoutMs: 60_000 };
    const { stdout } = await context.executor(host).read(script.script, options);
    const sections = script.parse(stdout);
    return parseLook(status, inventory, node, (key) => sections.get(key));
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof K8supError)) throw error;
    return { node, reason: whyUnreachable(error) };
  }
}
