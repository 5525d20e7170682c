import { runStages, summaryOf } from '../../engine/run.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { site } from '../../../playbooks/site.ts';
import { refuseUnsafeChanges } from '../applied.ts';
import { makeContext } from '../context.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runPreflight } from '../preflight.ts';
import { runCommand } from '../run.ts';
import { openSession } from '../session.ts';

export interface PlanRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly detailed: boolean;
}

/** `k8sup plan`: the path of apply without its second script; writes nothing, not even a log. */
export function plan(request: PlanRequest, io: Io): Promise<number> {
  return runCommand(
    { command: 'plan', inventory: request.inventory, flags: request.flags, writes: false },
    io,
    async (run) => {
      await refuseUnsafeChanges(run);
      await using session = await openSession(run.inventory, {
        signal: run.signal,
        concurrency: run.flags.concurrency,
        emit: run.emit,
      });
      const context = await makeContext(run, session, 'plan');
      runPreflight(run, session, context.pki.authorities.clusterId);
      const outcome = await runStages(site, context);
      const failed = outcome.error !== undefined;
      const changes = request.detailed && context.counts.changed > 0 ? exitCodes.changes : exitCodes.ok;
      return {
        code: failed ? describeError(outcome.error) : changes,
        summary: summaryOf(context, { durationMs: 0, bytesSent: session.bytesSent(), ok: !failed }),
      };
    },
  );
}
