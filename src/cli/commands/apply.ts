import { runStages } from '../../engine/run.ts';
import type { RunContext } from '../../engine/run-context.ts';
import type { Stage } from '../../engine/stage.ts';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { networkStage, networkNotes } from '../../../playbooks/06.network.ts';
import { selectStages } from '../../../playbooks/select.ts';
import type { StageRange } from '../../../playbooks/select.ts';
import { siteOf, stageById } from '../../../playbooks/site.ts';
import { confirmDisruptions } from '../confirm.ts';
import { makeContext } from '../context.ts';
import { getArtifacts } from '../get-artifacts.ts';
import { describeError, reportFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runPreflight } from '../preflight.ts';
import { onHosts } from '../on-hosts.ts';
import { lookAhead } from '../plan/look-ahead.ts';
import { readPlanFile } from '../plan/plan-file.ts';
import type { PlanFile } from '../plan/plan-file.ts';
import { approver, refuseStale } from '../plan/stale.ts';
import { areOwn, stagesNamed } from '../own-stages.ts';
import type { Run } from '../run.ts';
import { k8supVersion } from '../version.ts';
import { rememberApplied, refuseUnsafeChanges } from '../applied.ts';
import { warnOfExpiry } from '../expiry.ts';
import { warnOfRotations } from '../rotations.ts';
import type { Rotatable } from '../../pki/index.ts';

export interface ApplyRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** One stage by its id or short name, or a part of the site. */
  readonly stages: string | StageRange;
  /** A file of `plan --out`: just what it shows is done. */
  readonly plan?: string | undefined;
  readonly verify: boolean;
  /** Do not ask before what pods will notice. */
  readonly yes: boolean;
  /** As the log names it. */
  readonly command: string;
  /** What it exchanges itself, so that nobody has to be told of it. */
  readonly rotates?: Rotatable;
  /** Done under the controller's lock, before any host is reached. */
  readonly prepare?: (run: Run) => Promise<void>;
  /** Done when all hosts are known to be fit, before the first stage. */
  readonly begin?: (context: RunContext) => Promise<void>;
  /** Done when all stages are applied, in the place of verification; gives the exit code. */
  readonly finish?: (run: Run, context: RunContext) => Promise<number>;
}

/** `k8sup apply` and `k8sup stage`. */
export async function apply(request: ApplyRequest, io: Io): Promise<number> {
  const { command, inventory } = request;
  let file: PlanFile | undefined;
  try {
    file = request.plan === undefined ? undefined : await planOf(request, request.plan);
  } catch (error) {
    return reportFailure(error, io);
  }
  const flags = file?.limit == null ? request.flags : { ...request.flags, limit: file.limit };
  const stagesOf = async ({ inventory: checked }: Run): Promise<readonly Stage[]> => {
    if (file !== undefined) return file.stages.map((id) => stageById(id, checked));
    return typeof request.stages === 'string'
      ? stagesNamed(request.stages, checked)
      : selectStages(request.stages, checked);
  };
  const proves = ({ inventory: checked }: Run, stages: readonly Stage[]): boolean =>
    request.verify && stages.at(-1) === siteOf(checked).at(-1);
  const changesNetwork = (stages: readonly Stage[]): boolean => stages.some(({ id }) => id === networkStage.id);
  const before = async (run: Run): Promise<void> => {
    const stages = await stagesOf(run);
    await refuseUnsafeChanges(run);
    // Whoever applies a plan has seen its warnings.
    if (changesNetwork(stages)) await confirmDisruptions(run, request.yes || file !== undefined, io);
    await request.prepare?.(run);
  };
  return onHosts({ command, inventory, flags, writes: true, before }, io, async (run, session) => {
    const stages = await stagesOf(run);
    const own = areOwn(stages, run.inventory);
    if (!own) runPreflight(run, session);
    if (file !== undefined) {
      const { about, events } = await lookAhead(run, session, stages);
      refuseStale(file, about, events);
    }
    const made = await makeContext(run, session, 'apply');
    const context = file === undefined ? made : { ...made, approve: approver(file) };
    if (!own) {
      await getArtifacts(run, context);
      await rememberApplied(run, changesNetwork(stages));
    }
    await request.begin?.(context);
    const outcome = await runStages(stages, context);
    if (outcome.error !== undefined) return describeError(outcome.error);
    warnOfExpiry(context);
    warnOfRotations(context, request.rotates);
    if (changesNetwork(stages)) await tellNotes(context);
    if (stages.some(({ id }) => id === '05.kube-node')) await decideOnRequests(context);
    if (request.finish !== undefined) return request.finish(run, context);
    return proves(run, stages) ? verified(run, context) : exitCodes.ok;
  });
}

/** @throws K8supError `PLAN_WITH_SCOPE` where something else says too what to do. */
async function planOf({ flags, stages }: ApplyRequest, path: string): Promise<PlanFile> {
  const scoped = typeof stages !== 'string' && (stages.from ?? stages.to ?? stages.skip) !== undefined;
  if (!scoped && flags.limit === undefined) return readPlanFile(path, k8supVersion);
  throw new K8supError({
    code: 'PLAN_WITH_SCOPE',
    kind: 'usage',
    what: '--plan goes with none of --limit, --from, --to and --skip',
    why: 'a plan says itself for which hosts and stages it was made',
    fix: 'give them to  k8sup plan --out FILE',
  });
}

async function tellNotes(context: RunContext): Promise<void> {
  for (const text of await networkNotes(context)) context.emit({ type: 'note', text });
}

/** The approver on masters lets pass what is written just as kubelets write it; what is right in other words is approved here, and the rest is told. */
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
