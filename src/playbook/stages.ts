import { clusterMark } from '../components/cluster-mark.ts';
import type { ClusterStep, ForgottenSets, HostStep, KubeObject, Stage, StageContext } from '../engine/stage.ts';
import type { Host } from '../inventory/model.ts';
import { isFor } from '../inventory/playbook/model.ts';
import { ownObjectId } from '../inventory/playbook/resolve.ts';
import type { OwnStage, Place, Playbook } from '../inventory/playbook/model.ts';
import type { AnyResource } from '../resources/define.ts';
import { takenOut } from '../resources/taken-out.ts';
import { hookStep } from './hooks.ts';
import { ownerOf, ownResources } from './resources.ts';

/**
 * Stages of the user's own as ordinary ones.
 *
 * @param alone - the file is not one of the inventory's: what it puts on hosts stays when others are applied.
 */
export function stagesOf(playbook: Playbook, alone: boolean): readonly Stage[] {
  return playbook.stages.map((stage) => stageOf(playbook, stage, alone));
}

/** The built-in stages with those of playbooks, and hooks, in their places; what names no place comes at the end. */
export function withPlaybooks(builtIn: readonly Stage[], playbooks: readonly Playbook[]): readonly Stage[] {
  const own = playbooks.flatMap((playbook) =>
    playbook.stages.map((stage) => ({ place: stage.place, stage: stageOf(playbook, stage, false) })),
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

/**
 * What playbooks of the inventory have put in the cluster with stages that they have no longer. What a file that is not of the inventory has put there
 * stays, until the inventory has it too.
 */
export const goneObjects: ClusterStep = {
  type: 'cluster',
  name: 'objects that playbooks have no longer',
  objects: () => [],
  forgotten: ({ inventory }): ForgottenSets => {
    const stages = inventory.playbooks.flatMap((playbook) => playbook.stages);
    const ids = new Set(stages.flatMap(({ id, objects }) => (objects === undefined ? [] : [id])));
    const [own, alone] = [setOf('', false), setOf('', true)];
    const is = (set: string): boolean =>
      set.startsWith(own) ? !ids.has(set.slice(own.length)) : set.startsWith(alone) && ids.has(set.slice(alone.length));
    return { is, keep: wantedObjects(inventory) };
  },
};

function setOf(id: string, alone: boolean): string {
  return `${alone ? 'alone' : 'playbook'}-${id}`;
}

function withHooks(stage: Stage, playbooks: readonly Playbook[]): Stage {
  const steps = (key: keyof Place) =>
    playbooks.flatMap((playbook) =>
      playbook.hooks.filter(({ place }) => place[key] === stage.id).map((hook) => hookStep(playbook, hook)),
    );
  const [before, after] = [steps('before'), steps('after')];
  return before.length + after.length === 0 ? stage : { ...stage, steps: [...before, ...stage.steps, ...after] };
}

function stageOf(playbook: Playbook, own: OwnStage, alone: boolean): Stage {
  const step = `${alone ? 'alone' : 'own'}/${own.id}` as const;
  const hosts: HostStep = {
    type: 'hosts',
    name: own.title,
    on: (host) => isFor(own.target, host),
    resources: async (host, context) => {
      const made = await ownResources(own, step, host, { ...context, file: playbook.file });
      const keep = [...(await wantedIds(host, context)), ...made.map(({ id }) => id)];
      // One that was run by itself before it came into the inventory is still the same.
      const files = [`own/${own.id}`, `alone/${own.id}`] as const;
      const adopt = alone ? {} : { adopt: { from: files[1], to: files[0] } };
      return [clusterMark(context), takenOut({ name: own.id, files, keep, ...adopt }), ...made];
    },
  };
  const { objects } = own;
  if (objects === undefined) return { id: own.id, title: own.title, steps: [hosts] };
  const owners = new Map(objects.map(({ object, line }) => [ownObjectId(object), ownerOf(playbook.file, line)]));
  const cluster: ClusterStep = {
    type: 'cluster',
    name: `objects of ${own.id}`,
    set: setOf(own.id, alone),
    objects: () => objects.map(({ object }) => object),
    keep: ({ inventory }) => wantedObjects(inventory),
    owner: (resource) => owners.get(resource),
  };
  return { id: own.id, title: own.title, steps: own.resources.length === 0 ? [cluster] : [hosts, cluster] };
}

/** All that the inventory's playbooks want in the cluster: what has moved from one stage to another is not taken away. */
function wantedObjects({ playbooks }: StageContext['inventory']): readonly KubeObject[] {
  const stages = playbooks.flatMap((playbook) => playbook.stages);
  return stages.flatMap(({ objects = [] }) => objects.map(({ object }) => object));
}

/** Ids of all that the inventory's playbooks want on a host: what has moved from one stage to another is not taken away. */
async function wantedIds(host: Host, context: Pick<StageContext, 'inventory'>): Promise<readonly string[]> {
  const stages = context.inventory.playbooks.flatMap((playbook) => playbook.stages);
  const mine = stages.filter(({ target }) => isFor(target, host));
  const made = await Promise.all(mine.map((stage) => ownResources(stage, '', host, { ...context, file: '' })));
  return made.flat().map(({ id }) => id);
}
