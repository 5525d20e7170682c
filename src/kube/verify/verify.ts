import { randomBytes } from 'node:crypto';
import type { CheckResult } from '../../engine/events.ts';
import type { ActionContext } from '../../engine/stage.ts';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { gatherEvidence, outputsFor } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { checkFromHosts } from './from-hosts.ts';
import { checkFromPods } from './from-pods.ts';
import { replicas, workload } from './workload.ts';

/** A pod of the verification. */
export interface VerifyPod {
  readonly name: string;
  /** One of each family the cluster has, in its order. */
  readonly ips: readonly string[];
  readonly node: string;
}

/** What the checks work with. */
export interface VerifyTarget {
  readonly namespace: string;
  readonly pods: readonly VerifyPod[];
  /** One of each family the cluster has, in its order. */
  readonly clusterIPs: readonly string[];
  readonly nodePort: number;
  /** The InternalIPs of each node by name, without those on unreachable hosts. */
  readonly nodes: ReadonlyMap<string, readonly string[]>;
  /** Names of the nodes that are neither cordoned nor keep ordinary pods away by a taint. */
  readonly schedulable: readonly string[];
  readonly context: ActionContext;
}

const podsLimitSeconds = 120;
/**
 * How often all pods are started anew while a node has none, 5 to 10 s each. After the apiserver was restarted, the scheduler's watch of nodes comes back
 * after a pause of up to 30 s, doubled at worst by its jitter (client-go's reflector); until then a node that joined meanwhile is unknown to it.
 */
const spreadAttempts = 10;

/** Receives each check when it is made, and, of one that failed, what pods and units said meanwhile: what counts most comes first. */
export type TellCheck = (check: CheckResult, outputs: readonly string[]) => void;

/** Proves the cluster with pods of its own, in a namespace of its own that is gone afterwards; reads everything else only. */
export async function verifyCluster(context: ActionContext, emit: TellCheck): Promise<readonly CheckResult[]> {
  const namespace = `k8sup-verify-${randomBytes(3).toString('hex')}`;
  const results: CheckResult[] = [];
  const tell = (found: readonly CheckResult[], evidence?: Evidence): void => {
    for (const check of found) {
      results.push(check);
      emit(check, check.ok ? [] : outputsFor(check, evidence));
    }
  };
  const tellAll = async (found: readonly CheckResult[]): Promise<void> => {
    tell(found, found.every(({ ok }) => ok) ? undefined : await gatherEvidence(context, namespace));
  };
  try {
    const started = performance.now();
    const target = await startPods(context, namespace);
    if ('failure' in target) {
      await tellAll([podsCheck(started, target.failure, false)]);
    } else {
      const spread = judgeSpread(target);
      tell([podsCheck(started, spread.result, spread.ok)]);
      const [pods, hosts] = await Promise.all([checkFromPods(target), checkFromHosts(target)]);
      await tellAll([...pods, ...hosts]);
    }
  } finally {
    tell(await removeNamespace(context, namespace));
  }
  return results;
}

/** Every node that takes pods must have one, as long as there are enough of them. */
function judgeSpread({ pods, schedulable }: VerifyTarget): { readonly ok: boolean; readonly result: string } {
  const used = new Set(pods.map(({ node }) => node));
  const without = schedulable.filter((name) => !used.has(name));
  const result = `${pods.length} ready on ${used.size} nodes`;
  if (without.length === 0 || schedulable.length > replicas) return { ok: true, result };
  return { ok: false, result: `${result}, none on ${without.join(', ')}` };
}

function podsCheck(started: number, result: string, ok: boolean): CheckResult {
  return {
    name: 'pods',
    tried: `${replicas} replicas over all nodes`,
    result,
    ok,
    durationMs: Math.round(performance.now() - started),
  };
}

async function startPods(
  context: ActionContext,
  namespace: string,
): Promise<VerifyTarget | { readonly failure: string }> {
  const list = Buffer.from(
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: workload(context.inventory, namespace) }),
  );
  const timeoutMs = (podsLimitSeconds + 60) * 1000;
  const ready = waitAndLook(namespace);
  const create = sh`head -c "$1" | kubectl create -f - >/dev/null || exit 1\n${ready}`;
  const again = sh`kubectl -n ${namespace} rollout restart deployment/web >/dev/null || exit 1\n${ready}`;
  try {
    let target = parseTarget(context, namespace, await context.kube.run(create, { contents: [list], timeoutMs }));
    for (let attempt = 0; attempt < spreadAttempts && !judgeSpread(target).ok; attempt += 1)
      target = parseTarget(context, namespace, await context.kube.run(again, { timeoutMs }));
    return target;
  } catch (error) {
    context.signal.throwIfAborted();
    return { failure: reasonOf(error) };
  }
}

function waitAndLook(namespace: string): Sh {
  return sh`kubectl -n ${namespace} rollout status deployment/web --timeout=${`${podsLimitSeconds}s`} >/dev/null || {
kubectl -n ${namespace} get pods -o wide >&2; kubectl -n ${namespace} get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 6 >&2; exit 1; }
kubectl get nodes -o jsonpath='{range .items[*]}node {.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address} unschedulable={.spec.unschedulable} {.spec.taints[*].effect}{"\\n"}{end}'
kubectl -n ${namespace} get pods -o jsonpath='{range .items[*]}pod {.metadata.name} {.spec.nodeName} {.metadata.deletionTimestamp} {.status.podIPs[*].ip}{"\\n"}{end}'
kubectl -n ${namespace} get service web -o jsonpath='service {.spec.ports[0].nodePort} {.spec.clusterIP} {.spec.clusterIPs[*]}{"\\n"}'`;
}

function parseTarget(context: ActionContext, namespace: string, output: string): VerifyTarget {
  const rows = output
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const of = (kind: string): readonly string[][] => rows.filter(([first]) => first === kind);
  const [, nodePort = '', ...clusterIPs] = of('service')[0] ?? [];
  const nodes = of('node').filter(([, name = '']) => !context.unreachable.has(name));
  return {
    namespace,
    pods: of('pod').flatMap(([, name = '', node = '', leaving = '', ...ips]) =>
      leaving === '' ? [{ name, ips, node }] : [],
    ),
    clusterIPs: [...new Set(clusterIPs.filter((ip) => ip !== ''))],
    nodePort: Number(nodePort),
    nodes: new Map(nodes.map(([, name = '', ...rest]) => [name, rest.slice(0, rest.findIndex(isMark))])),
    schedulable: nodes.filter(takesPods).map(([, name = '']) => name),
    context,
  };
}

/** What stands behind a node's addresses. */
function isMark(word: string): boolean {
  return word.startsWith('unschedulable=');
}

function takesPods(words: readonly string[]): boolean {
  return !words.some((word) => ['unschedulable=true', 'NoSchedule', 'NoExecute'].includes(word));
}

/**
 * Waits until it is gone: the next verification, or a clean, must not meet its pods. After a stop it goes as well, without the waiting. What
 * stays is a failed check.
 */
async function removeNamespace(context: ActionContext, namespace: string): Promise<readonly CheckResult[]> {
  const started = performance.now();
  const waiting = context.signal.aborted ? ['--wait=false'] : ['--timeout=90s'];
  const script = sh`kubectl delete namespace ${namespace} --ignore-not-found ${waiting} >/dev/null`;
  try {
    await context.kube.run(script, { timeoutMs: 120_000, signal: new AbortController().signal });
    return [];
  } catch (error) {
    const durationMs = Math.round(performance.now() - started);
    const result = `${namespace} is still there: ${reasonOf(error).split('\n').at(-1) ?? ''}`;
    return [{ name: 'clean-up', tried: 'delete the namespace of the verification', result, ok: false, durationMs }];
  }
}

function reasonOf(error: unknown): string {
  return error instanceof K8supError ? (error.why ?? error.message) : messageOf(error);
}
