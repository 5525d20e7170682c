import { K8supError } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import type { Change } from '../resources/define.ts';
import { announce, announceObjects, countChanges } from './announce.ts';
import { applyToHost } from './apply-host.ts';
import { waitForClusterGate } from './cluster-gate.ts';
import { clusterTarget } from './events.ts';
import { waitForGate } from './gate.ts';
import { refuseUnsafeRoll, wavesOf } from './roll.ts';
import { differenceOf, forEachHost, look, lookAt, withNodes } from './run-stage.ts';
import type { StageRun } from './run-stage.ts';
import type { ActionStep, ClusterStep, HostStep, KubeObject, Step } from './stage.ts';

/** What the cluster lacks for one step. */
export type ClusterDifference =
  | { readonly objects: readonly KubeObject[]; readonly changes: ReadonlyMap<string, readonly Change[]> }
  | { readonly pending: string };

/** What takes nothing down goes first and together, its gates only after all of it has begun; restarts then go in the waves of the step's rollout. */
export async function applyHostStep(run: StageRun, step: HostStep): Promise<void> {
  const { context } = run;
  const hosts = context.hosts.filter((host) => step.on(host));
  await refresh(run, hosts);
  const { first, restarts } = await wavesOf(
    run,
    step,
    hosts.filter((host) => !context.failed.has(host.name)),
  );
  const started = performance.now();
  await forEachHost(run, first, step, (host) => applyDifference(run, host, step));
  await forEachHost(run, first, step, async (host) => {
    await passGate(run, host, step);
    tellDone(run, host, step, started);
  });
  for (const wave of restarts) {
    context.stop.throwIfAborted();
    // A host that is down, or that did not come back, must stop the roll: the next one could cost the quorum, or fail in the same way.
    if (hosts.some(({ name }) => context.failed.has(name))) break;
    const [only] = wave;
    if (step.rollout === 'one-by-one' && only !== undefined) await refuseUnsafeRoll(run, step, only);
    await forEachHost(run, wave, step, async (host) => {
      const begun = performance.now();
      await applyDifference(run, host, step);
      await passGate(run, host, step);
      tellDone(run, host, step, begun);
    });
  }
}

export async function applyActionStep(run: StageRun, step: ActionStep): Promise<void> {
  const { context, stage } = run;
  const hosts = context.hosts.filter((host) => step.on(host));
  const needsIt = (host: Host): boolean =>
    !context.failed.has(host.name) && (differenceOf(run, host, step)?.changes.size ?? 0) > 0;
  await refresh(run, hosts);
  const needing = hosts.filter(needsIt);
  if (needing.length === 0) return;
  const started = performance.now();
  for (const host of needing) {
    const difference = differenceOf(run, host, step);
    if (difference === undefined) continue;
    await announce(run, host.name, step.name, difference, context.executor(host));
    countChanges(context.counts, [...difference.changes.values()]);
    context.emit({ type: 'step-start', stage: stage.id, step: step.name, host: host.name });
  }
  try {
    await step.run(needing, { ...context, stageId: stage.id });
    markDirty(run, needing);
    await refresh(run, needing);
    const left = needing.filter(needsIt);
    if (left.length > 0) throw notConverged(run, step, left);
    for (const host of needing) emitDone(run, step, { host: host.name, changed: 1, started });
  } catch (error) {
    for (const name of hostsOf(error)) context.failed.set(name, error);
    throw error;
  }
}

export async function applyClusterStep(run: StageRun, step: ClusterStep): Promise<void> {
  const { context, stage } = run;
  if (context.failed.size > 0) return;
  const known = run.cluster.get(step);
  const difference = run.anyDirty || known === undefined || 'pending' in known ? await diffCluster(run, step) : known;
  if ('pending' in difference) {
    throw new K8supError({
      code: 'KUBE_UNREACHABLE',
      kind: 'kubernetes',
      stage: stage.id,
      what: `no apiserver answers, so "${step.name}" cannot be applied`,
      why: difference.pending,
      fix: 'see  k8sup status ; run  k8sup apply  to bring the masters up first',
    });
  }
  const about = { stage: stage.id, step: step.name, host: clusterTarget };
  const started = performance.now();
  context.emit({ type: 'step-start', ...about });
  await announceObjects(run, step, difference);
  if (difference.changes.size > 0) {
    await context.cluster.apply(difference.objects, step.set, step.keep?.(context));
    if (step.forgotten !== undefined) await context.cluster.forget(step.forgotten(context));
    countChanges(context.counts, [...difference.changes.values()]);
    markDirty(run, []);
  }
  // Also when nothing changed: an earlier run may have been cut short, or have given up, while it waited.
  const gate = await step.gate?.(context);
  if (gate !== undefined) {
    const text = `waiting for ${gate.name} (at most ${String(gate.timeoutSeconds)} s)`;
    context.emit({ type: 'progress', stage: stage.id, host: clusterTarget, text });
    await waitForClusterGate(gate, context);
  }
  emitDone(run, step, { host: clusterTarget, changed: difference.changes.size, started });
}

/** Compares a cluster step's objects with the live ones. */
export async function diffCluster(run: StageRun, step: ClusterStep): Promise<ClusterDifference> {
  try {
    const { context } = run;
    const objects = await step.objects(withNodes(run));
    const gone = step.forgotten === undefined ? [] : await context.cluster.forgotten(step.forgotten(context));
    if (objects.length === 0 && step.set === undefined) return { objects, changes: new Map(gone) };
    const changes = await context.cluster.diff(objects, step.set, step.keep?.(context));
    return 'pending' in changes ? changes : { objects, changes: new Map([...changes, ...gone]) };
  } catch (error) {
    // Objects that are made from the registered nodes are as unknown as the live ones.
    if (error instanceof K8supError && error.code === 'KUBE_UNREACHABLE')
      return { pending: error.why ?? error.message };
    throw error;
  }
}

function notConverged({ stage }: StageRun, step: ActionStep, left: readonly Host[]): K8supError {
  const names = left.map((host) => host.name);
  return new K8supError({
    code: 'ACTION_NOT_CONVERGED',
    kind: 'resource',
    stage: stage.id,
    hosts: names,
    what: `"${step.name}" ended, yet ${names.join(', ')} still needs it`,
    fix: 'run the same command again with -v and look at the log; if it stays, please report it',
  });
}

/** The hosts that an error names, for the run's count of those that failed. */
function hostsOf(error: unknown): readonly string[] {
  if (!(error instanceof K8supError)) return [];
  return error.hosts ?? (error.host === undefined ? [] : [error.host]);
}

async function applyDifference(run: StageRun, host: Host, step: HostStep): Promise<void> {
  const { context, stage } = run;
  const difference = differenceOf(run, host, step);
  if (difference === undefined || difference.changes.size === 0) return;
  const about = { stage: stage.id, step: step.name, host: host.name };
  context.emit({ type: 'step-start', ...about });
  await announce(run, host.name, step.name, difference, context.executor(host));
  const begun = new Map<string, number>();
  const resources = difference.resources.filter((resource) => difference.changes.has(resource.id));
  markDirty(run, [host]);
  await applyToHost(host, resources, context.executor(host), {
    signal: context.signal,
    holder: context.holder,
    stage: stage.id,
    onBegin: (id) => {
      begun.set(id, performance.now());
      context.emit({ type: 'progress', stage: stage.id, host: host.name, text: id });
    },
    onDone: (id) =>
      context.emit({
        type: 'applied',
        ...about,
        resource: id,
        durationMs: Math.round(performance.now() - (begun.get(id) ?? 0)),
      }),
    onLeft: (text) => context.emit({ type: 'warning', host: host.name, text }),
  });
  countChanges(context.counts, [...difference.changes.values()]);
}

function tellDone(run: StageRun, host: Host, step: HostStep, started: number): void {
  const changed = differenceOf(run, host, step)?.changes.size ?? 0;
  emitDone(run, step, { host: host.name, changed, started });
}

function emitDone(
  { context, stage }: StageRun,
  step: Step,
  { host, changed, started }: { readonly host: string; readonly changed: number; readonly started: number },
): void {
  const durationMs = Math.round(performance.now() - started);
  context.emit({ type: 'host-done', stage: stage.id, step: step.name, host, changed, durationMs });
}

async function passGate(run: StageRun, host: Host, step: HostStep): Promise<void> {
  const { context, stage } = run;
  const difference = differenceOf(run, host, step);
  const gate = difference?.gate;
  if (gate === undefined || (difference?.changes.size === 0 && difference.gateOpen)) return;
  context.emit({ type: 'progress', stage: stage.id, host: host.name, text: `waiting: ${gate.name}` });
  await waitForGate(host.name, gate, context.executor(host), context.signal);
}

/** Looks again at hosts on which an earlier step of this stage changed something. */
async function refresh(run: StageRun, hosts: readonly Host[]): Promise<void> {
  const stale = hosts.filter((host) => run.dirty.has(host.name) || !run.found.has(host.name));
  await forEachHost(run, stale, look, (host) => lookAt(run, host));
}

function markDirty(run: StageRun, hosts: readonly Host[]): void {
  run.anyDirty = true;
  run.nodes = undefined;
  for (const host of hosts) run.dirty.add(host.name);
}
