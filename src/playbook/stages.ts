import { clusterMark } from '../components/cluster-mark.ts';
import type { HostStep, KubeObject, Stage, StageContext } from '../engine/stage.ts';
import type { Host } from '../inventory/model.ts';
import { isFor } from '../inventory/playbook/model.ts';
import type { OwnStage, Place, Playbook } from '../inventory/playbook/model.ts';
import type { AnyResource } from '../resources/define.ts';
import { takenOut } from '../resources/taken-out.ts';
import { hookStep } from './hooks.ts';
import { ownResources } from './resources.ts';

/**
 * Stages of the user's own as ordinary ones.
 *
 * @param alone - the file is not one of the inventory's: what it puts on hosts stays when others are applied.
 */
export function stagesOf(playbook: Playbook, alone: boolean): readonly Stage[] {
  return playbook.stages.map((stage) => stageOf(stage, alone));
}

/** The built-in stages with those of playbooks, and hooks, in their places; what names no place comes at the end. */
export function withPlaybooks(builtIn: readonly Stage[], playbooks: readonly Playbook[]): readonly Stage[] {
  const own = playbooks.flatMap((playbook) =>
    playbook.stages.map((stage) => ({ place: stage.place, stage: stageOf(stage, false) })),
  );
  const at = (place: Place): readonly Stage[] =>
    own.filter((one) => one.place.before === place.before && one.place.after === place.after).map(({ stage }) => stage);
  return [
    ...builtIn.flatMap((stage) => [
      ...at({ before: stage.id }),
      withHooks(stage, playbooks),
      ...at({ after: stage.id }),
    ]),
    ...at({}),
  ];
}

/** Takes from a host what playbooks of the inventory put there and have no longer, or no longer for this host. */
export async function noLongerOwn(host: Host, context: Pick<StageContext, 'inventory' | 'pki'>): Promise<AnyResource> {
  const stages = context.inventory.playbooks.flatMap((playbook) => playbook.stages);
  const unless = stages.map(({ id }) => `taken-out:${id}`);
  return takenOut({ name: 'playbooks', files: ['own/*'], keep: await wantedIds(host, context), unless });
}

function withHooks(stage: Stage, playbooks: readonly Playbook[]): Stage {
  const steps = (key: keyof Place) =>
    playbooks.flatMap((playbook) =>
      playbook.hooks.filter(({ place }) => place[key] === stage.id).map((hook) => hookStep(playbook, hook)),
    );
  const [before, after] = [steps('before'), steps('after')];
  return before.length + after.length === 0 ? stage : { ...stage, steps: [...before, ...stage.steps, ...after] };
}

function stageOf(own: OwnStage, alone: boolean): Stage {
  const step = `${alone ? 'alone' : 'own'}/${own.id}` as const;
  const hosts: HostStep = {
    type: 'hosts',
    name: own.title,
    on: (host) => isFor(own.target, host),
    resources: async (host, context) => {
      const made = await ownResources(own, step, host, context);
      const keep = [...(await wantedIds(host, context)), ...made.map(({ id }) => id)];
      // One that was run by itself before it came into the inventory is still the same.
      const files = [`own/${own.id}`, `alone/${own.id}`] as const;
      const adopt = alone ? {} : { adopt: { from: files[1], to: files[0] } };
      return [clusterMark(context), takenOut({ name: own.id, files, keep, ...adopt }), ...made];
    },
  };
  const { objects } = own;
  if (objects === undefined) return { id: own.id, title: own.title, steps: [hosts] };
  const cluster = {
    type: 'cluster',
    name: `objects of ${own.id}`,
    set: `playbook-${own.id}`,
    objects: (): readonly KubeObject[] => objects,
  } as const;
  return { id: own.id, title: own.title, steps: own.resources.length === 0 ? [cluster] : [hosts, cluster] };
}

/** Ids of all that the inventory's playbooks want on a host: what has moved from one stage to another is not taken away. */
async function wantedIds(host: Host, context: Pick<StageContext, 'inventory'>): Promise<readonly string[]> {
  const stages = context.inventory.playbooks.flatMap((playbook) => playbook.stages);
  const mine = stages.filter(({ target }) => isFor(target, host));
  const made = await Promise.all(mine.map((stage) => ownResources(stage, '', host, context)));
  return made.flat().map(({ id }) => id);
}
