import { lines, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Facts } from '../host/facts/model.ts';
import { file } from './file.ts';
import type { FileState } from './file.ts';
import type { AnyResource, Change, DiffContext, Resource } from './define.ts';
import { blockText, readBlock, writeBlock } from './text-block.ts';
import type { TextBlock } from './text-block.ts';

/** Units that keep a clock right, the better one first; `chrony` is where a chrony's servers are named. */
const keepers = [
  { unit: 'chrony.service', chrony: '/etc/chrony/chrony.conf' },
  { unit: 'chronyd.service', chrony: '/etc/chrony.conf' },
  { unit: 'ntpsec.service' },
  { unit: 'ntp.service' },
  { unit: 'ntpd.service' },
  { unit: 'ntpd-rs.service' },
  { unit: 'openntpd.service' },
  { unit: 'systemd-timesyncd.service' },
] as const;

type Keeper = (typeof keepers)[number];

/**
 * The unit that keeps the host's clock: one that runs, else one that is installed; undefined where there is none. `masked` where the operator has masked
 * all of them, as is done where something else keeps the clock, such as a hypervisor.
 */
export function timeKeeper(facts: Pick<Facts, 'units'>): Keeper | 'masked' | undefined {
  const there = keepers.filter(({ unit }) => facts.units[unit] !== undefined);
  const usable = there.filter(({ unit }) => facts.units[unit]?.enabled.startsWith('masked') !== true);
  if (usable.length === 0 && there.length > 0) return 'masked';
  return usable.find(({ unit }) => facts.units[unit]?.active === 'active') ?? usable[0];
}

/**
 * Keeps the clock right by what the host has for it, with the inventory's servers where it names any; chrony on a host that has nothing
 * (its package comes with the programs), and nothing on one whose operator masked what it has. An ntpd is only kept running: what it asks is its operator's.
 */
export function timeSyncResources(
  servers: readonly string[],
  facts: Pick<Facts, 'units' | 'os'>,
): readonly AnyResource[] {
  const fresh = /^(debian|ubuntu|raspbian)\b/.test(facts.os) ? keepers[0] : keepers[1];
  const keeper = timeKeeper(facts) ?? fresh;
  if (keeper === 'masked') return [];
  if (servers.length === 0) return [unitRunning(keeper.unit, [])];
  if ('chrony' in keeper) {
    const block = { path: keeper.chrony, mark: 'time', lines: servers.map((server) => `server ${server} iburst`) };
    const config = ownedAfter(keeper.unit, chronyServers(block));
    return [config, unitRunning(keeper.unit, [config.id])];
  }
  if (keeper.unit !== 'systemd-timesyncd.service') return [unitRunning(keeper.unit, [])];
  const config = ownedAfter(keeper.unit, timesyncdServers(servers));
  return [config, unitRunning(keeper.unit, [config.id])];
}

function timesyncdServers(servers: readonly string[]): Resource<FileState> {
  return file({
    path: '/etc/systemd/timesyncd.conf.d/k8sup.conf',
    content: `# Written by k8sup; edits are taken back by the next apply.\n[Time]\nNTP=${servers.join(' ')}\n`,
    mode: 0o644,
  });
}

/** `$name` is the unit, `$value` its `ActiveState UnitFileState` from before. Its configuration is back already: it was recorded later. */
export const undoTimeSync = sh`case $value in *' enabled') ;; *) systemctl disable --quiet "$name" ;; esac
case $value in 'active '*) systemctl restart "$name" ;; *) systemctl stop "$name" ;; esac`;

function chronyServers(block: TextBlock): Resource<string> {
  const wanted = blockText(block);
  return {
    id: `time-servers:${block.path}`,
    probe: readBlock(block),
    parse: (output) => output.trim(),
    diff: (found) => {
      if (found === wanted.trim()) return [];
      return [
        { path: 'servers', from: found === '' ? 'none' : 'others', to: block.lines.join(', '), effect: 'update' },
      ];
    },
    apply: { script: writeBlock(block) },
    text: { wanted, read: readBlock(block) },
  };
}

interface UnitState {
  readonly active: string;
  readonly enabled: string;
  /** Configuration was written and the unit not restarted since, because a run was cut short. */
  readonly stale: boolean;
}

/** A unit of the distribution that is enabled and runs with its configuration; what it was before is recorded. */
function unitRunning(unit: string, configs: readonly string[]): Resource<UnitState> {
  const files = configs.map((id) => id.slice(id.indexOf(':') + 1));
  return {
    id: `time-sync:${unit}`,
    probe: lines([
      sh`systemctl show -p ActiveState,UnitFileState ${unit}`,
      ...files.map((path) => isNewer(unit, path)),
    ]),
    parse: (output) => ({
      active: /^ActiveState=(.*)$/m.exec(output)?.[1] ?? '',
      enabled: /^UnitFileState=(.*)$/m.exec(output)?.[1] ?? '',
      stale: /^stale$/m.test(output),
    }),
    diff: (state, context) => diffUnit(state, context, configs),
    apply: {
      script: sh`${ownUnit(unit)}
systemctl enable --quiet ${unit}; systemctl restart ${unit}`,
    },
  };
}

function ownUnit(unit: string): Sh {
  return sh`k8sup_own time-sync ${unit} "$(systemctl show -p ActiveState --value ${unit}) $(systemctl is-enabled ${unit} 2>/dev/null || :)"`;
}

/** The unit is recorded before its configuration, so that clean, which goes backwards, restarts it when that is as it was. */
function ownedAfter<S>(unit: string, config: Resource<S>): Resource<S> {
  return { ...config, apply: { ...config.apply, script: lines([ownUnit(unit), config.apply.script]) } };
}

/** Says `stale` where the file was written after the unit was started. */
function isNewer(unit: string, path: string): Sh {
  return sh`began=$(systemctl show -p ActiveEnterTimestamp --value ${unit})
if [ -n "$began" ] && [ -e ${path} ] && [ "$(stat -c %Y ${path})" -gt "$(date -d "$began" +%s 2>/dev/null || echo 99999999999)" ]; then echo stale; fi`;
}

function diffUnit(state: UnitState, context: DiffContext, configs: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  if (state.active !== 'active') changes.push({ path: 'running', from: state.active, to: 'active', effect: 'start' });
  else if (state.stale || configs.some((id) => context.changing.has(id))) {
    changes.push({ path: 'servers', from: 'read before', to: 'read again', effect: 'restart' });
  }
  if (!state.enabled.startsWith('enabled')) {
    changes.push({ path: 'enabled', from: state.enabled, to: 'enabled', effect: 'update' });
  }
  return changes;
}
