import { runStages, summaryOf } from '../../engine/run.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { site, stageById } from '../../../playbooks/site.ts';
import { makeContext } from '../context.ts';
import { getArtifacts } from '../get-artifacts.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runPreflight } from '../preflight.ts';
import { runCommand } from '../run.ts';
import type { Run, RunResult } from '../run.ts';
import { rememberApplied, refuseUnsafeChanges } from '../applied.ts';
import { openSession } from '../session.ts';
import { warnOfExpiry } from '../expiry.ts';

export interface ApplyRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Ids or short names; undefined: all. */
  readonly stages: readonly string[] | undefined;
  readonly verify: boolean;
  /** As the log names it. */
  readonly command: string;
}

/** `k8sup apply` and `k8sup stage`. */
export function apply(request: ApplyRequest, io: Io): Promise<number> {
  const stages = request.stages?.map(stageById) ?? site;
  const spec = { command: request.command, inventory: request.inventory, flags: request.flags, writes: true };
  return runCommand(spec, io, async (run) => {
    await refuseUnsafeChanges(run);
    await using session = await openSession(run.inventory, {
      signal: run.signal,
      concurrency: run.flags.concurrency,
      emit: run.emit,
    });
    const context = await makeContext(run, session, 'apply');
    runPreflight(run, session, context.pki.authorities.clusterId);
    await getArtifacts(run, context);
    await rememberApplied(run);
    const outcome = await runStages(stages, context);
    const result = (code: number): RunResult => ({
      code,
      summary: summaryOf(context, { durationMs: 0, bytesSent: session.bytesSent(), ok: code === 0 }),
    });
    if (outcome.error !== undefined) return result(describeError(outcome.error));
    warnOfExpiry(context);
    if (stages.some(({ id }) => id === '05.kube-node')) await decideOnRequests(context);
    return result(request.verify ? await verified(run, context) : 0);
  });
}

/** Kubelets renew their serving certificates by requests that only k8sup approves; what it would not approve is told. */
async function decideOnRequests(context: RunContext): Promise<void> {
  const { approvePending } = await import('../../kube/index.ts');
  for (const { name, requester, reason } of await approvePending(context)) {
    context.emit({ type: 'warning', text: `certificate request ${name} of ${requester} is left pending: ${reason}` });
  }
}

/** Verification is no change and does not count as one. */
async function verified(run: Run, context: RunContext): Promise<number> {
  const { proveCluster } = await import('../prove.ts');
  return proveCluster(run, context);
}
