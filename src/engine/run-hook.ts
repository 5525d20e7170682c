import { forEachHost } from './run-stage.ts';
import type { StageRun } from './run-stage.ts';
import type { Host } from '../inventory/model.ts';
import { clusterTarget } from './events.ts';
import type { HookStep } from './stage.ts';

/** Says in a plan that a hook will run; what it finds and does is not known. */
export function announceHook(run: StageRun, step: HookStep): void {
  const { context, stage } = run;
  for (const host of targetsOf(run, step)) {
    const about = { stage: stage.id, step: step.name, host: host?.name ?? clusterTarget };
    context.emit({ type: 'pending', ...about, resource: step.name, reason: step.about });
  }
}

/**
 * Runs a hook; what it may have changed is looked at again by the steps after it. After a failed host it does not run: the stage is not what it stands behind.
 *
 * @throws K8supError of the first host on which it fails.
 */
export async function runHook(run: StageRun, step: HookStep): Promise<void> {
  const { context, stage } = run;
  if (context.failed.size > 0) return;
  const begin = (host: string): void =>
    context.emit({ type: 'progress', stage: stage.id, host, text: `${step.name} (${step.about})` });
  const targets = targetsOf(run, step);
  const hosts = targets.filter((host) => host !== undefined);
  if (hosts.length < targets.length) {
    begin(clusterTarget);
    await step.run(undefined, { ...context, stageId: stage.id });
  }
  await forEachHost(run, hosts, async (host) => {
    begin(host.name);
    await step.run(host, { ...context, stageId: stage.id });
  });
  run.anyDirty = true;
  for (const host of context.hosts) run.dirty.add(host.name);
  const failed = hosts.map(({ name }) => context.failed.get(name)).find((error) => error !== undefined);
  if (failed !== undefined) throw failed;
}

function targetsOf({ context }: StageRun, step: HookStep): readonly (Host | undefined)[] {
  const hosts = context.hosts.filter((host) => step.on(host));
  if (step.once === true) return hosts.slice(0, 1);
  const isLocal = !context.inventory.hosts.some((host) => step.on(host));
  return isLocal ? [undefined] : hosts;
}
