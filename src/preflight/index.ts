import type { Facts } from '../host/facts/model.ts';
import type { Inventory } from '../inventory/model.ts';
import { checkAcrossHosts } from './across-hosts.ts';
import { checkApart } from './check-apart.ts';
import { checkFirewall } from './check-firewall.ts';
import { checkKernel } from './check-kernel.ts';
import { checkLinks } from './check-links.ts';
import { checkNetworkOfHost } from './check-network.ts';
import { checkOthers } from './check-others.ts';
import { checkPorts } from './check-ports.ts';
import { checkResolver } from './check-resolver.ts';
import { checkPrograms } from './check-programs.ts';
import { checkSystem } from './check-system.ts';
import type { HostCheck } from './host-check.ts';
import type { PreflightProblem } from './problem.ts';

export { prepareResources } from './prepare.ts';
export { preflightError } from './problem.ts';
export type { PreflightProblem } from './problem.ts';

const checks: readonly HostCheck[] = [
  checkSystem,
  checkPrograms,
  checkKernel,
  checkPorts,
  checkFirewall,
  checkNetworkOfHost,
  checkLinks,
  checkResolver,
  checkOthers,
];

/** Judges all hosts before any of them is changed. Pure: everything was read with the facts. */
export function preflight(inventory: Inventory, facts: ReadonlyMap<string, Facts>): readonly PreflightProblem[] {
  const perHost = inventory.hosts.flatMap((host) => {
    const mine = facts.get(host.name);
    return mine === undefined
      ? []
      : checks.flatMap((check) => check(inventory, host, mine).map((problem) => ({ host: host.name, ...problem })));
  });
  return [...perHost, ...checkAcrossHosts(inventory, facts), ...checkApart(inventory, facts)];
}
