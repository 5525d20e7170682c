import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { PreflightProblem } from './problem.ts';

/** What one check finds on one host; `host` is filled in. */
export type HostCheck = (inventory: Inventory, host: Host, facts: Facts) => readonly Omit<PreflightProblem, 'host'>[];

/** True where this very cluster was applied to the host before: what it finds there is its own. */
export function isOurs(inventory: Inventory, facts: Facts): boolean {
  return facts.clusterId !== undefined && facts.clusterName === inventory.cluster.name;
}
