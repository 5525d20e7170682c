import { resolve } from 'node:path';
import type { Stage } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { loadPlaybook } from '../inventory/playbook/load.ts';
import { stagesOf } from '../playbook/stages.ts';
import { siteOf, stageById } from '../../playbooks/site.ts';

/**
 * What `k8sup stage NAME` runs: a stage by its id, number or name, or all stages of a playbook, by its path or, for one of the inventory's, its name.
 *
 * @throws K8supError `UNKNOWN_STAGE`, or `INVENTORY_INVALID` with the mistakes of a playbook that is not the inventory's.
 */
export async function stagesNamed(name: string, inventory: Inventory): Promise<readonly Stage[]> {
  const isPath = /\/|\.ya?ml$/.test(name);
  const known = inventory.playbooks.find((one) => (isPath ? one.file === resolve(name) : one.name === name));
  if (known === undefined) {
    return isPath ? stagesOf(await loadPlaybook(name, inventory), true) : [stageById(name, inventory)];
  }
  const ids = new Set(known.stages.map(({ id }) => id));
  return siteOf(inventory).filter(({ id }) => ids.has(id));
}

/** Whether these are stages of playbooks alone, which need nothing of what a cluster needs. */
export function areOwn(stages: readonly Stage[], inventory: Inventory): boolean {
  const builtIn = new Set(siteOf({ hosts: inventory.hosts }).map(({ id }) => id));
  return stages.every(({ id }) => !builtIn.has(id));
}
