import { sh } from '../shell/sh.ts';
import type { Facts } from '../host/facts/model.ts';
import { file } from './file.ts';
import type { AnyResource, Resource } from './define.ts';

const timesyncd = 'systemd-timesyncd.service';
const chronyUnits = ['chrony.service', 'chronyd.service'];

/**
 * Keeps the clock right: a chrony that is there is only switched on, since its own configuration says more than ours could; else systemd-timesyncd, with the
 * inventory's servers where it names any.
 */
export function timeSyncResources(servers: readonly string[], facts: Pick<Facts, 'units'>): readonly AnyResource[] {
  const chrony = chronyUnits.find((unit) => facts.units[unit] !== undefined);
  if (chrony !== undefined) return [unitRunning(chrony)];
  const config = `# Written by k8sup\n[Time]\nNTP=${servers.join(' ')}\n`;
  return [
    ...(servers.length === 0
      ? []
      : [file({ path: '/etc/systemd/timesyncd.conf.d/k8sup.conf', content: config, mode: 0o644 })]),
    unitRunning(timesyncd),
  ];
}

/** A unit of the distribution that is enabled and runs; what it was before is recorded. */
function unitRunning(unit: string): Resource<{ readonly active: string; readonly enabled: string }> {
  return {
    id: `time-sync:${unit}`,
    probe: sh`systemctl show -p ActiveState,UnitFileState ${unit}`,
    parse: (output) => ({
      active: /^ActiveState=(.*)$/m.exec(output)?.[1] ?? '',
      enabled: /^UnitFileState=(.*)$/m.exec(output)?.[1] ?? '',
    }),
    diff: ({ active, enabled }) => [
      ...(active === 'active' ? [] : [{ path: 'running', from: active, to: 'active', effect: 'start' } as const]),
      ...(enabled.startsWith('enabled')
        ? []
        : [{ path: 'enabled', from: enabled, to: 'enabled', effect: 'update' } as const]),
    ],
    apply: {
      script: sh`k8sup_own time-sync ${unit} "$(systemctl show -p ActiveState --value ${unit}) $(systemctl is-enabled ${unit} 2>/dev/null || :)"
systemctl enable --quiet ${unit}; systemctl restart ${unit}`,
    },
  };
}

/** `$value` is `ActiveState UnitFileState` from before. */
export const undoTimeSync = sh`case $value in *' enabled') ;; *) systemctl disable --quiet "$name" ;; esac
case $value in 'active '*) systemctl restart "$name" ;; *) systemctl stop "$name" ;; esac`;
