import pMap from 'p-map';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import { errorJson, hostsFailedError, placed } from './error-json.ts';
import { probeHost } from './probe-host.ts';
import type { StepDifference } from './probe-host.ts';
import { announce, announceObjects, countChanges, knownChanges } from './announce.ts';
import { changingOf } from './run-context.ts';
import type { RunContext } from './run-context.ts';
import { announceHook, runHook } from './run-hook.ts';
import { applyActionStep, applyClusterStep, applyHostStep, diffCluster } from './run-step.ts';
import type { ClusterDifference } from './run-step.ts';
import type { ClusterStep, LiveNode, Stage, Step } from './stage.ts';

/** What one stage found, and which parts of it are stale because something was changed since. */
export interface StageRun {
  readonly stage: Stage;
  readonly context: RunContext;
  /** By host name. */
  readonly found: Map<string, readonly StepDifference[]>;
  readonly cluster: Map<ClusterStep, ClusterDifference>;
  /** Hosts on which something was changed since `found` was read, and whether anything was changed anywhere. */
  readonly dirty: Set<string>;
  anyDirty: boolean;
  /** The registered nodes, as long as nothing was changed since they were read. */
  nodes?: Promise<readonly LiveNode[]> | undefined;
}

/**
 * Runs one stage: all probes first, one script a host, then the steps in order, each a barrier. A host that fails stops alone; the stage then ends
 * with an error after the others are done.
 *
 * @throws K8supError of the failed host, or `HOSTS_FAILED` for several.
 */
export async function runStage(stage: Stage, context: RunContext): Promise<void> {
  const started = performance.now();
  const before = context.counts.changed;
  const hosts = targets(stage, context.hosts);
  context.emit({ type: 'stage-start', stage: stage.id, title: stage.title, hosts: hosts.map((host) => host.name) });
  const run: StageRun = { stage, context, found: new Map(), cluster: new Map(), dirty: new Set(), anyDirty: false };
  // Both end before an error of either does: what still runs would tell of hosts after the run's last word.
  const looks = await Promise.allSettled([
    forEachHost(run, hosts, look, (host) => lookAt(run, host)),
    lookAtCluster(run),
  ]);
  for (const look of looks) if (look.status === 'rejected') throw look.reason;
  await refuseSplitFirstStart(run);
  for (const step of stage.steps) {
    try {
      context.signal.throwIfAborted();
      context.stop.throwIfAborted();
      await runStep(run, step);
    } catch (error) {
      throw placed(error, stage.id, step.name);
    }
  }
  // In the inventory's order, not in that in which they failed.
  const failed = new Map(
    context.inventory.hosts.flatMap(({ name }) =>
      context.failed.has(name) ? [[name, context.failed.get(name)] as const] : [],
    ),
  );
  context.emit({
    type: 'stage-end',
    stage: stage.id,
    ok: failed.size === 0,
    changed: context.counts.changed - before,
    durationMs: Math.round(performance.now() - started),
  });
  if (failed.size > 0) throw hostsFailedError(stage.id, failed);
}

/**
 * Runs `work` for each host that has not failed, as many at a time as the run allows; a failure is kept and told, and takes only its host out.
 */
export async function forEachHost(
  run: StageRun,
  hosts: readonly Host[],
  step: Pick<Step, 'name'>,
  work: (host: Host) => Promise<void>,
): Promise<void> {
  const { context, stage } = run;
  const skipped: string[] = [];
  await pMap(
    hosts.filter((host) => !context.failed.has(host.name)),
    async (host) => {
      if (context.stop.aborted) {
        skipped.push(host.name);
        return;
      }
      try {
        await work(host);
      } catch (thrown) {
        context.signal.throwIfAborted();
        const error = placed(thrown, stage.id, step.name);
        context.failed.set(host.name, error);
        context.emit({ type: 'host-failed', stage: stage.id, host: host.name, error: errorJson(error) });
      }
    },
    { concurrency: context.concurrency },
  );
  // Only after the others have ended; a stage in which a host was left out must not count as done.
  if (skipped.length > 0) context.stop.throwIfAborted();
}

/** What stands for a step while hosts are only looked at. */
export const look = { name: 'look at the host' };

/** Reads all that the stage wants of a host, and remembers what differs. */
export async function lookAt(run: StageRun, host: Host): Promise<void> {
  const { context, stage } = run;
  const changing = changingOf(context, host);
  const started = performance.now();
  const differences = await probeHost(
    host,
    stage.steps,
    context.executor(host),
    withNodes(run),
    changing,
    context.left?.get(host.name),
  );
  run.found.set(host.name, differences);
  run.dirty.delete(host.name);
  const durationMs = Math.round(performance.now() - started);
  context.emit({ type: 'looked', stage: stage.id, host: host.name, durationMs });
}

/** The run's context, in which one look at a stage asks for the registered nodes once, however many hosts and steps want to know them. */
export function withNodes(run: StageRun): RunContext {
  return { ...run.context, nodes: () => (run.nodes ??= run.context.nodes()) };
}

/** What was found on a host for one step; undefined where it could not be looked at. */
export function differenceOf(run: StageRun, host: Host, step: Step): StepDifference | undefined {
  return run.found.get(host.name)?.find((found) => found.step === step);
}

async function lookAtCluster(run: StageRun): Promise<void> {
  for (const step of run.stage.steps) {
    if (step.type === 'cluster') run.cluster.set(step, await diffCluster(run, step));
  }
}

async function runStep(run: StageRun, step: Step): Promise<void> {
  const { context } = run;
  if (step.type === 'cluster') {
    if (context.mode === 'plan') await announceCluster(run, step);
    else await applyClusterStep(run, step);
    return;
  }
  if (step.type === 'hook') {
    if (context.mode === 'plan') announceHook(run, step);
    else await runHook(run, step);
    return;
  }
  if (context.mode === 'apply') {
    await (step.type === 'hosts' ? applyHostStep(run, step) : applyActionStep(run, step));
    return;
  }
  const hosts = targets({ ...run.stage, steps: [step] }, context.hosts);
  await forEachHost(run, hosts, step, async (host) => {
    const difference = differenceOf(run, host, step);
    if (difference === undefined) return;
    await announce(run, host.name, step.name, difference, context.executor(host));
    countChanges(context.counts, knownChanges(difference));
  });
}

async function announceCluster(run: StageRun, step: ClusterStep): Promise<void> {
  const difference = run.cluster.get(step);
  if (difference === undefined) return;
  await announceObjects(run, step, difference);
  const reason = 'pending' in difference ? undefined : await step.later?.(withNodes(run), run.context.hosts);
  if (reason !== undefined) await announceObjects(run, step, { pending: reason });
  if (!('pending' in difference)) countChanges(run.context.counts, [...difference.changes.values()]);
}

/** A first start that needs a quorum must not be split by `--limit`: the members named would wait for the others for ever. */
async function refuseSplitFirstStart(run: StageRun): Promise<void> {
  const { context, stage } = run;
  const limited = new Set(context.hosts.map((host) => host.name));
  for (const step of stage.steps) {
    if (step.type !== 'hosts' || step.firstStartNeedsAll !== true) continue;
    const others = context.inventory.hosts.filter((host) => step.on(host) && !limited.has(host.name));
    const mine = context.hosts.filter((host) => step.on(host) && starts(run, host, step));
    if (others.length === 0 || mine.length === 0) continue;
    await Promise.all(others.map((host) => lookAt(run, host)));
    const split = others.filter((host) => starts(run, host, step));
    if (split.length === 0) continue;
    throw new K8supError({
      code: 'LIMIT_SPLITS_BOOTSTRAP',
      kind: 'unsafeChange',
      stage: stage.id,
      what: `--limit leaves out ${split.map((host) => host.name).join(', ')}, whose first start the others need`,
      why: `the members of "${step.name}" wait for each other until a quorum is up`,
      fix: 'run without --limit until all members have started once',
    });
  }
}

function starts(run: StageRun, host: Host, step: Step): boolean {
  const difference = differenceOf(run, host, step);
  return (
    difference !== undefined && [...difference.changes.values()].flat().some((change) => change.effect === 'start')
  );
}

function targets(stage: Stage, hosts: readonly Host[]): readonly Host[] {
  return hosts.filter((host) =>
    stage.steps.some((step) => step.type !== 'cluster' && step.type !== 'hook' && step.on(host)),
  );
}
