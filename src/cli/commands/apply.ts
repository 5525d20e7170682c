import { runStages } from '../../engine/run.ts';
import type { RunContext } from '../../engine/run-context.ts';
import type { Stage } from '../../engine/stage.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import { networkStage, networkNotes } from '../../../playbooks/06.network.ts';
import { site, stageById } from '../../../playbooks/site.ts';
import { confirmDisruptions } from '../confirm.ts';
import { makeContext } from '../context.ts';
import { getArtifacts } from '../get-artifacts.ts';
import { describeError } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runPreflight } from '../preflight.ts';
import { onHosts } from '../on-hosts.ts';
import type { Run } from '../run.ts';
import { rememberApplied, refuseUnsafeChanges } from '../applied.ts';
import { warnOfExpiry } from '../expiry.ts';

export interface ApplyRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Ids or short names; undefined: all. */
  readonly stages: readonly string[] | undefined;
  readonly verify: boolean;
  /** Do not ask before what pods will notice. */
  readonly yes: boolean;
  /** As the log names it. */
  readonly command: string;
}

/** `k8sup apply` and `k8sup stage`. */
export function apply(request: ApplyRequest, io: Io): Promise<number> {
  const { command, inventory, flags } = request;
  const stages = (): readonly Stage[] => request.stages?.map(stageById) ?? site;
  const changesNetwork = (): boolean => stages().some(({ id }) => id === networkStage.id);
  const before = async (run: Run): Promise<void> => {
    stages();
    await refuseUnsafeChanges(run);
    if (changesNetwork()) await confirmDisruptions(run, request.yes, io);
  };
  return onHosts({ command, inventory, flags, writes: true, before }, io, async (run, session) => {
    const context = await makeContext(run, session, 'apply');
    runPreflight(run, session, context.pki.authorities.clusterId);
    await getArtifacts(run, context);
    await rememberApplied(run, changesNetwork());
    const outcome = await runStages(stages(), context);
    if (outcome.error !== undefined) return describeError(outcome.error);
    warnOfExpiry(context);
    if (stages().some(({ id }) => id === networkStage.id)) await tellNotes(context);
    if (stages().some(({ id }) => id === '05.kube-node')) await decideOnRequests(context);
    return request.verify ? verified(run, context) : exitCodes.ok;
  });
}

async function tellNotes(context: RunContext): Promise<void> {
  for (const text of await networkNotes(context)) context.emit({ type: 'note', text });
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
