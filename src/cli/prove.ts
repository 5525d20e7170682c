import type { RunContext } from '../engine/run-context.ts';
import { exitCodes } from '../errors/k8sup-error.ts';
import { verifyCluster, withoutNetwork } from '../kube/index.ts';
import { pluginOf } from '../network/network.ts';
import type { Run } from './run.ts';

/** Runs the verification; each check is an event, so that every kind of output shows its table. */
export async function proveCluster(run: Run, context: RunContext): Promise<number> {
  const action = { ...context, stageId: 'verify' };
  const waiting = pluginOf(run.inventory).makesNodesReady ? undefined : await withoutNetwork(action);
  if (waiting !== undefined) {
    run.emit({ type: 'check', check: waiting });
    return exitCodes.ok;
  }
  const checks = await verifyCluster(action, run.emit);
  return checks.every((check) => check.ok) ? exitCodes.ok : exitCodes.verification;
}
