import { planDocument } from '../../engine/plan-document.ts';
import type { Emit, PlanEvent } from '../../engine/events.ts';
import { runStages } from '../../engine/run.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { networkStage } from '../../../playbooks/06.network.ts';
import { selectStages } from '../../../playbooks/select.ts';
import type { StageRange } from '../../../playbooks/select.ts';
import { formatProblem } from '../../inventory/problem.ts';
import { refuseWaiting } from '../../pki/index.ts';
import { disruptions, refuseUnsafeChanges } from '../applied.ts';
import { makeContext } from '../context.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runPreflight } from '../preflight.ts';
import { onHosts } from '../on-hosts.ts';
import { aboutPlan } from '../plan/look-ahead.ts';
import { plannedThings, writePlanFile } from '../plan/plan-file.ts';
import { warnOfRotations } from '../rotations.ts';
import type { Run } from '../run.ts';
import { k8supVersion } from '../version.ts';

export interface PlanRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly range: StageRange;
  readonly detailed: boolean;
  /** Where to write what `apply --plan` takes. */
  readonly out: string | undefined;
}

/** `k8sup plan`: the path of apply without its second script; writes nothing but what `--out` names, not even a log. */
export function plan(request: PlanRequest, io: Io): Promise<number> {
  const { inventory, flags, range } = request;
  const before = async (run: Run): Promise<void> => {
    const stages = selectStages(range, run.inventory);
    await refuseUnsafeChanges(run);
    if (!stages.some(({ id }) => id === networkStage.id)) return;
    for (const problem of await disruptions(run)) run.emit({ type: 'warning', text: formatProblem(problem) });
  };
  const spec = { command: 'plan', inventory, flags, writes: false, before };
  return onHosts(spec, io, async (run, session) => {
    const stages = selectStages(range, run.inventory);
    const events: PlanEvent[] = [];
    runPreflight(run, session);
    const context = await makeContext({ ...run, emit: keeping(events, run.emit) }, session, 'plan');
    refuseWaiting(context.pki);
    const outcome = await runStages(stages, context);
    if (outcome.error !== undefined) return describeError(outcome.error);
    warnOfRotations(context);
    run.emit({
      type: 'plan',
      plan: planDocument(
        {
          k8sup: k8supVersion,
          cluster: run.inventory.cluster.name,
          stages: stages.map(({ id }) => id),
          hosts: run.hosts.map(({ name }) => name),
        },
        events,
      ),
    });
    const about = await aboutPlan(run, context, stages);
    if (request.out !== undefined) await writePlanFile(request.out, { ...about, ...plannedThings(events) });
    return request.detailed && events.length > 0 ? exitCodes.changes : exitCodes.ok;
  });
}

function keeping(events: PlanEvent[], emit: Emit): Emit {
  return (event) => {
    if (event.type === 'change' || event.type === 'pending') events.push(event);
    emit(event);
  };
}
