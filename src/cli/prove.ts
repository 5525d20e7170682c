import { withCause } from '../engine/check-cause.ts';
import type { Emit } from '../engine/events.ts';
import type { RunContext } from '../engine/run-context.ts';
import { exitCodes } from '../errors/k8sup-error.ts';
import { hasKubernetes } from '../inventory/model.ts';
import { verifyCluster, withoutNetwork } from '../kube/index.ts';
import type { TellCheck } from '../kube/index.ts';
import { pluginOf } from '../network/network.ts';
import { verifyContainers } from '../network/verify-containers.ts';
import type { Run } from './run.ts';

/** Runs the verification; each check is an event, so that every kind of output shows its table. */
export async function proveCluster(run: Run, context: RunContext): Promise<number> {
  const action = { ...context, stageId: 'verify' };
  const kubernetes = hasKubernetes(run.inventory);
  const waiting = !kubernetes || pluginOf(run.inventory).makesNodesReady ? undefined : await withoutNetwork(action);
  if (waiting !== undefined) {
    run.emit({ type: 'check', check: waiting });
    return exitCodes.ok;
  }
  const tell: TellCheck = (check, outputs) => run.emit({ type: 'check', check: withCause(check, outputs) });
  const emit: Emit = (event) => (event.type === 'check' ? tell(event.check, []) : run.emit(event));
  const checks = await (kubernetes ? verifyCluster(action, tell) : verifyContainers(action, emit));
  return checks.every((check) => check.ok) ? exitCodes.ok : exitCodes.verification;
}
