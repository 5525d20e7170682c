import { runsKubelet } from '../inventory/model.ts';
import { sysctlFile } from '../host/facts/index.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { AnyResource } from '../resources/define.ts';
import { file } from '../resources/file.ts';
import { hostName } from '../resources/host-name.ts';
import { hostsBlock } from '../resources/hosts-block.ts';
import { kernelModule, modulesFileText } from '../resources/kernel-module.ts';
import { programs } from '../resources/programs.ts';
import { selinuxPermissive } from '../resources/selinux.ts';
import { swapOff } from '../resources/swap.ts';
import { sysctl, sysctlFileText, sysctlRecord } from '../resources/sysctl.ts';
import type { SysctlSpec } from '../resources/sysctl.ts';
import { timeSyncResources } from '../resources/time-sync.ts';
import { unitDisabled } from '../resources/unit-disabled.ts';
import { neededModules } from './kernel-needs.ts';
import { neededPrograms } from './needed-programs.ts';
import { hostSysctls, writtenByPrograms } from './host-sysctls.ts';

/** Everything a host needs before any component comes: in the order in which it is done. */
export function prepareResources(inventory: Inventory, host: Host, facts: Facts): readonly AnyResource[] {
  const { cluster } = inventory;
  const { container } = facts;
  const modules = neededModules(inventory, host, facts).filter((name) => facts.loadableModules.has(name));
  const sysctls = hostSysctls(inventory, host, facts);
  return [
    programs(neededPrograms(inventory, host, facts)),
    ...(cluster.firewall === 'disable' ? facts.firewalls.map(unitDisabled) : []),
    ...(facts.selinux === 'absent' ? [] : [selinuxPermissive({ container })]),
    ...(runsKubelet(host) ? [swapOff({ container })] : []),
    ...(cluster.setHostName ? [hostName({ name: host.name })] : []),
    ...(cluster.manageHostsFile ? [namesOfHosts(inventory)] : []),
    ...(modules.length === 0
      ? []
      : [file({ path: '/etc/modules-load.d/k8sup.conf', content: modulesFileText(modules), mode: 0o644 })]),
    ...modules.map(kernelModule),
    ...(runsKubelet(host) ? [sysctlRecord(writtenByPrograms)] : []),
    ...sysctlFiles(sysctls),
    ...sysctls.map(sysctl),
    ...(container ? [] : timeSyncResources(cluster.timeServers, facts)),
  ];
}

/**
 * Least values come first at boot, so that a file of the host's own that asks for more still wins. The others come last: systemd-sysctl takes files by
 * their names, and the distributions' `99-sysctl.conf` and hardening's `99-*` sort before letters.
 */
function sysctlFiles(sysctls: readonly SysctlSpec[]): readonly AnyResource[] {
  const least = sysctls.filter((spec) => spec.atLeast === true);
  const exact = sysctls.filter((spec) => spec.atLeast !== true);
  return [
    { path: '/etc/sysctl.d/05-k8sup.conf', specs: least },
    { path: sysctlFile, specs: exact },
  ]
    .filter(({ specs }) => specs.length > 0)
    .map(({ path, specs }) => file({ path, content: sysctlFileText(specs), mode: 0o644 }));
}

const blocks = new WeakMap<Inventory, AnyResource>();

/** One for all hosts of an inventory: with a block of its own, that names all others, for each of a thousand hosts, they would fill the memory. */
function namesOfHosts(inventory: Inventory): AnyResource {
  const there = blocks.get(inventory);
  if (there !== undefined) return there;
  const entries = inventory.hosts.flatMap(({ name, addresses }) =>
    addresses.map((address) => ({ address, names: [name] })),
  );
  const block = hostsBlock({ cluster: inventory.cluster.name, entries });
  blocks.set(inventory, block);
  return block;
}
