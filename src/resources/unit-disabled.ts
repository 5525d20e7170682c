import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';

export interface UnitDisabledState {
  readonly exists: boolean;
  readonly active: string;
  readonly enabled: string;
}

/** Keeps a unit of the host's own (a firewall) stopped and disabled; one that does not exist is fine. */
export function unitDisabled(unit: string): Resource<UnitDisabledState> {
  return {
    id: `unit-disabled:${unit}`,
    probe: sh`systemctl show -p LoadState,ActiveState,UnitFileState ${unit}`,
    parse: (output) => {
      const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(output)?.[1] ?? '';
      return {
        exists: value('LoadState') !== 'not-found',
        active: value('ActiveState'),
        enabled: value('UnitFileState'),
      };
    },
    diff: diffUnit,
    apply: {
      script: sh`k8sup_own unit-disabled ${unit} "$(systemctl show -p ActiveState --value ${unit}) $(systemctl is-enabled ${unit} 2>/dev/null || :)"
systemctl disable --quiet ${unit}
systemctl stop ${unit}`,
      timeoutSeconds: 120,
    },
  };
}

/** `$name` is the unit, `$value` its state and whether it was enabled. */
export const undoUnitDisabled: Sh = rawShell(`case $value in *' enabled') systemctl enable --quiet "$name" ;; esac
case $value in 'active '*|'activating '*|'reloading '*) systemctl start "$name" ;; esac`);

function diffUnit(state: UnitDisabledState): readonly Change[] {
  if (!state.exists) return [];
  const changes: Change[] = [];
  if (!['inactive', 'failed'].includes(state.active))
    changes.push({ path: 'running', from: state.active, to: 'inactive', effect: 'update' });
  if (state.enabled.startsWith('enabled'))
    changes.push({ path: 'enabled', from: state.enabled, to: 'disabled', effect: 'update' });
  return changes;
}
