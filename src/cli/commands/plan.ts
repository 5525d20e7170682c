import { runStages } from '../../engine/run.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { siteOf } from '../../../playbooks/site.ts';
import { formatProblem } from '../../inventory/problem.ts';
import { disruptions, refuseUnsafeChanges } from '../applied.ts';
import { makeContext } from '../context.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runPreflight } from '../preflight.ts';
import { onHosts } from '../on-hosts.ts';
import type { Run } from '../run.ts';

export interface PlanRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly detailed: boolean;
}

/** `k8sup plan`: the path of apply without its second script; writes nothing, not even a log. */
export function plan(request: PlanRequest, io: Io): Promise<number> {
  const { inventory, flags } = request;
  const before = async (run: Run): Promise<void> => {
    await refuseUnsafeChanges(run);
    for (const problem of await disruptions(run)) run.emit({ type: 'warning', text: formatProblem(problem) });
  };
  const spec = { command: 'plan', inventory, flags, writes: false, before };
  return onHosts(spec, io, async (run, session) => {
    const context = await makeContext(run, session, 'plan');
    runPreflight(run, session, context.pki.authorities.clusterId);
    const outcome = await runStages(siteOf(run.inventory), context);
    if (outcome.error !== undefined) return describeError(outcome.error);
    return request.detailed && context.counts.changed > 0 ? exitCodes.changes : exitCodes.ok;
  });
}
