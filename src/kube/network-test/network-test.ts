import type { NetworkProblem, NetworkTestReport, NodeResult, PathResult } from '../../engine/network-report.ts';
import type { ActionContext } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { askHosts, askPods, noAnswer, saidBy } from './ask.ts';
import { causesOf } from './cause.ts';
import { choosePairs } from './choose.ts';
import { diagnose } from './diagnose.ts';
import { nodeCauses, policyCauses } from './node-cause.ts';
import { nodeResult } from './node-result.ts';
import { pathResult, pathsOf } from './paths.ts';
import type { Path } from './paths.ts';
import { removePods, startPods } from './pods.ts';
import type { Started } from './pods.ts';
import { testPolicy } from './policy.ts';
import type { NetworkTestSpec } from './spec.ts';
import { measureThroughput } from './throughput.ts';

/**
 * Measures the network from every node to others with pods of its own, in a namespace of its own that is gone afterwards however it ends, and names the
 * likely cause of what is not as it should be.
 *
 * @param receiverPort - of nodes themselves, free on the first two.
 */
export async function testNetwork(
  context: ActionContext,
  spec: NetworkTestSpec,
  receiverPort: number,
): Promise<NetworkTestReport> {
  const began = performance.now();
  const hosts = spec.nodes.map(({ name }) => name);
  context.emit({ type: 'stage-start', stage: context.stageId, title: 'measure every path', hosts });
  let report: NetworkTestReport | undefined;
  let left: string | undefined;
  try {
    report = await measure(context, spec, receiverPort);
  } finally {
    left = await removePods(context);
    if (left !== undefined)
      context.emit({ type: 'warning', text: `the namespace of the test is still there: ${left}` });
    const ok = report?.problems.length === 0 && left === undefined;
    const durationMs = Math.round(performance.now() - began);
    context.emit({ type: 'stage-end', stage: context.stageId, ok, changed: 0, durationMs });
  }
  return left === undefined ? report : { ...report, problems: [...report.problems, notRemoved(left)] };
}

const nothing: Started = { pods: [], receivers: [], missing: [] };

async function measure(
  context: ActionContext,
  spec: NetworkTestSpec,
  receiverPort: number,
): Promise<NetworkTestReport> {
  const names = spec.nodes.map(({ name }) => name);
  tell(context, `starting a pod on each of ${names.length} nodes`);
  const started = names.length === 0 ? nothing : await startPods(context, names, receiverPort);
  const { pairs, chosen } = choosePairs(names, spec);
  const paths = pathsOf(pairs, started.pods, context.inventory.cluster.network.podsReachServices);
  tell(context, `measuring ${paths.length} paths`);
  const fromPods = await askPods(context, started, paths);
  const fromHosts = await askHosts(context, started.pods, paths);
  const measured = paths
    .filter(({ from }) => 'said' in (fromPods.get(from) ?? {}))
    .map((path) => ({
      path,
      result: pathResult(spec, path, saidBy(fromPods, path.from), saidBy(fromHosts, path.from)),
    }));
  const results = spec.throughput ? await withThroughput(context, measured) : measured;
  const evidence = await diagnose(context, spec, started.pods, results);
  const judge = { ...spec, inventory: context.inventory, receivers: started.receivers };
  const nodes = [
    ...started.pods.map((pod) => nodeResult(judge, pod, fromPods.get(pod.node) ?? noAnswer)),
    ...[...started.missing, ...spec.absent].map(({ name, reason }): NodeResult => ({ name, absent: reason })),
  ];
  const policy = await testPolicy(context, spec, started.pods);
  return {
    plugin: spec.plugin,
    mode: spec.mode,
    chosen,
    nodes,
    paths: results.map(({ result }) => result),
    policy,
    problems: once([
      ...evidence.flatMap(causesOf),
      ...nodes.flatMap((node) => nodeCauses(node, spec.known)),
      ...policyCauses(policy),
    ]),
  };
}

interface Measured {
  readonly path: Path;
  readonly result: PathResult;
}

/** One path after the other, or the figures would tell nothing. */
async function withThroughput(context: ActionContext, measured: readonly Measured[]): Promise<readonly Measured[]> {
  const rates = new Map<string, number>();
  const good = measured.filter(({ result }) => result.podToPod?.ok === true);
  for (const sender of new Set(good.map(({ path }) => path.sender))) {
    tell(context, `measuring the throughput to ${sender.node}`);
    const targets = good.filter(({ path }) => path.sender === sender).map(({ path }) => path);
    try {
      for (const [key, rate] of await measureThroughput(context, sender, targets)) rates.set(key, rate);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof K8supError)) throw error;
      context.emit({
        type: 'warning',
        host: sender.node,
        text: `no throughput was measured: ${error.why ?? error.message}`,
      });
    }
  }
  return measured.map(({ path, result }) => {
    const megabytesPerSecond = rates.get(path.key);
    return { path, result: megabytesPerSecond === undefined ? result : { ...result, megabytesPerSecond } };
  });
}

function tell({ emit, stageId }: ActionContext, text: string): void {
  emit({ type: 'progress', stage: stageId, host: '(cluster)', text });
}

/** Two paths, there and back, often have one cause. */
function once(problems: readonly NetworkProblem[]): readonly NetworkProblem[] {
  return [...new Map(problems.map((problem) => [`${problem.code} ${problem.what}`, problem])).values()];
}

function notRemoved(reason: string): NetworkProblem {
  return {
    code: 'NAMESPACE_LEFT',
    nodes: [],
    what: 'the namespace of the test could not be taken away',
    why: reason,
    fix: 'the next  k8sup network test  takes it away; or  k8sup kubectl -- delete namespace k8sup-network-test',
  };
}
