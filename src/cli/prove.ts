import type { RunContext } from '../engine/run-context.ts';
import { exitCodes } from '../errors/k8sup-error.ts';
import { hasKubernetes } from '../inventory/model.ts';
import { verifyCluster } from '../kube/index.ts';
import { verifyContainers } from '../network/verify-containers.ts';
import type { Run } from './run.ts';

/** Runs the verification; each check is an event, so that every kind of output shows its table. */
export async function proveCluster(run: Run, context: RunContext): Promise<number> {
  const prove = hasKubernetes(run.inventory) ? verifyCluster : verifyContainers;
  const checks = await prove({ ...context, stageId: 'verify' }, run.emit);
  return checks.every((check) => check.ok) ? exitCodes.ok : exitCodes.verification;
}
