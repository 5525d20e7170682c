import type { Host } from '../inventory/model.ts';
import { clusterTarget } from './events.ts';
import { forEachHost } from './run-stage.ts';
import type { StageRun } from './run-stage.ts';
import type { HookStep } from './stage.ts';

/** Says in a plan that a hook will run; what it does is not known. It is no change, so that a plan without changes stays one. */
export function announceHook({ context, stage }: StageRun, step: HookStep): void {
  const targets = targetsOf(context, step);
  if (targets === 'none') return;
  const where = targets === 'controller' ? 'on the controller' : `on ${targets.map(({ name }) => name).join(', ')}`;
  context.emit({ type: 'note', text: `${stage.id}: ${step.name} will run ${where} (${step.about})` });
}

/**
 * Runs a hook; the steps after it look again at what it may have changed. It does not run once a host has failed: the stage is not what it stands behind.
 *
 * @throws K8supError of the first host on which it fails.
 */
export async function runHook(run: StageRun, step: HookStep): Promise<void> {
  const { context, stage } = run;
  const targets = targetsOf(context, step);
  if (context.failed.size > 0 || targets === 'none') return;
  const begin = (host: string): void =>
    context.emit({ type: 'progress', stage: stage.id, host, text: `${step.name} (${step.about})` });
  const action = { ...context, stageId: stage.id };
  if (targets === 'controller') {
    begin(clusterTarget);
    await step.run(undefined, action);
  } else {
    await forEachHost(run, targets, step, async (host) => {
      begin(host.name);
      await step.run(host, action);
    });
  }
  run.anyDirty = true;
  run.nodes = undefined;
  for (const host of context.hosts) run.dirty.add(host.name);
  for (const { name } of context.hosts) if (context.failed.has(name)) throw context.failed.get(name);
}

function targetsOf({ hosts, inventory }: StageRun['context'], step: HookStep): readonly Host[] | 'controller' | 'none' {
  if (!inventory.hosts.some((host) => step.on(host))) return 'controller';
  const mine = hosts.filter((host) => step.on(host));
  if (mine.length === 0) return 'none';
  return step.once === true ? mine.slice(0, 1) : mine;
}
