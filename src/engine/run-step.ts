import { K8supError } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import type { Change } from '../resources/define.ts';
import { announce, countChanges } from './announce.ts';
import { applyToHost } from './apply-host.ts';
import { clusterTarget } from './events.ts';
import { waitForGate } from './gate.ts';
import type { StepDifference } from './probe-host.ts';
import { forEachHost, lookAt } from './run-stage.ts';
import type { StageRun } from './run-stage.ts';
import type { ActionStep, ClusterStep, HostStep, KubeObject, Step } from './stage.ts';

/** What the cluster lacks for one step. */
export type ClusterDifference =
  | { readonly objects: readonly KubeObject[]; readonly changes: ReadonlyMap<string, readonly Change[]> }
  | { readonly pending: string };

/** First starts and plain changes go together; restarts one host at a time with the gate between, where the step says so. */
export async function applyHostStep(run: StageRun, step: HostStep): Promise<void> {
  const { context } = run;
  const hosts = context.hosts.filter((host) => step.on(host));
  await refresh(run, hosts);
  const oneByOne = step.rollout === 'one-by-one' ? hosts.filter((host) => restarts(differenceOf(run, host, step))) : [];
  const together = hosts.filter((host) => !oneByOne.includes(host));
  const started = performance.now();
  await forEachHost(run, together, (host) => applyDifference(run, host, step));
  await forEachHost(run, together, async (host) => {
    await passGate(run, host, step);
    tellDone(run, host, step, started);
  });
  for (const host of oneByOne) {
    context.stop.throwIfAborted();
    // A member that is down, or that did not come back, must stop the roll: the next one could cost the quorum.
    if (hosts.some(({ name }) => context.failed.has(name))) break;
    await forEachHost(run, [host], async () => {
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
  for (const host of needing) {
    const difference = differenceOf(run, host, step);
    if (difference === undefined) continue;
    await announce(run, host.name, step.name, difference, context.executor(host));
    countChanges(context.counts, [...difference.changes.values()]);
    context.emit({ type: 'step-start', stage: stage.id, step: step.name, host: host.name });
  }
  await step.run(needing, { ...context, stageId: stage.id });
  markDirty(run, needing);
  await refresh(run, needing);
  const left = needing.filter(needsIt);
  if (left.length === 0) return;
  throw new K8supError({
    code: 'ACTION_NOT_CONVERGED',
    kind: 'resource',
    stage: stage.id,
    what: `"${step.name}" ended, yet ${left.map((host) => host.name).join(', ')} still needs it`,
    fix: 'run the same command again with -v and look at the log; if it stays, please report it',
  });
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
  for (const [resource, changes] of difference.changes) context.emit({ type: 'change', ...about, resource, changes });
  if (difference.changes.size > 0) {
    await context.cluster.apply(difference.objects);
    countChanges(context.counts, [...difference.changes.values()]);
    run.anyDirty = true;
  }
  const gate = step.gate?.(context);
  // Also when nothing changed: an earlier run may have been cut short, or have given up, while it waited.
  if (gate !== undefined)
    await clusterGate(run, gate.name, gate.timeoutSeconds, () =>
      context.kube.run(gate.check, { timeoutMs: gate.timeoutSeconds * 1000 }),
    );
}

/** Compares a cluster step's objects with the live ones. */
export async function diffCluster(run: StageRun, step: ClusterStep): Promise<ClusterDifference> {
  const objects = await step.objects(run.context);
  if (objects.length === 0) return { objects, changes: new Map() };
  const changes = await run.context.cluster.diff(objects);
  return 'pending' in changes ? changes : { objects, changes };
}

async function clusterGate(run: StageRun, name: string, seconds: number, work: () => Promise<string>): Promise<void> {
  run.context.emit({
    type: 'progress',
    stage: run.stage.id,
    host: clusterTarget,
    text: `waiting for ${name} (at most ${String(seconds)} s)`,
  });
  await work();
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
  });
  countChanges(context.counts, [...difference.changes.values()]);
}

function tellDone(run: StageRun, host: Host, step: HostStep, started: number): void {
  const changed = differenceOf(run, host, step)?.changes.size ?? 0;
  const durationMs = Math.round(performance.now() - started);
  run.context.emit({ type: 'host-done', stage: run.stage.id, host: host.name, changed, durationMs });
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
  await forEachHost(run, stale, (host) => lookAt(run, host));
}

function markDirty(run: StageRun, hosts: readonly Host[]): void {
  run.anyDirty = true;
  for (const host of hosts) run.dirty.add(host.name);
}

function differenceOf(run: StageRun, host: Host, step: Step): StepDifference | undefined {
  return run.found.get(host.name)?.find((found) => found.step === step);
}

function restarts(difference: StepDifference | undefined): boolean {
  return (
    difference !== undefined && [...difference.changes.values()].flat().some((change) => change.effect === 'restart')
  );
}
