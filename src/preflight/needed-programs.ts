import { packageOf, programsFor } from '../host/facts/index.ts';
import type { ProgramPackage } from '../host/facts/index.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { timeKeeper } from '../resources/time-sync.ts';

/** Programs a host must have, by what it is: a container loads no modules and keeps no time, and a host that keeps time already needs no second way. */
export function neededPrograms(inventory: Inventory, host: Host, facts: Facts): readonly ProgramPackage[] {
  const wanted = programsFor(inventory, host);
  if (facts.container) return wanted.filter(({ program }) => program !== 'modprobe');
  return timeKeeper(facts) === undefined ? [...wanted, packageOf('chronyd')] : wanted;
}
