import { lines, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, DiffContext, Resource } from './define.ts';
import { unitTail } from './service.ts';

/** A unit of systemd that is not one of the cluster's own. */
export interface HostUnitSpec {
  /** With its ending. */
  readonly unit: string;
  readonly enabled: boolean;
  readonly running: boolean;
  /** Paths of files, its own among them where k8sup writes that, whose change restarts it. */
  readonly inputs: readonly string[];
}

interface HostUnitState {
  readonly there: boolean;
  readonly active: string;
  readonly enabled: string;
  /** Inputs that were written after it was started. */
  readonly stale: readonly string[];
}

/**
 * Keeps a unit started or stopped, enabled or not; what it was before is recorded. That an input was written after the unit's start is seen by the file's
 * time, so a run that was cut short still restarts it next time.
 */
export function hostUnit(spec: HostUnitSpec): Resource<HostUnitState> {
  return {
    id: `unit:${spec.unit}`,
    probe: lines([
      sh`systemctl show -p LoadState,ActiveState,UnitFileState ${spec.unit}`,
      ...spec.inputs.map((path) => isNewer(spec.unit, path)),
    ]),
    parse: (output) => ({
      there: !/^LoadState=not-found$/m.test(output),
      active: /^ActiveState=(.*)$/m.exec(output)?.[1] ?? '',
      enabled: /^UnitFileState=(.*)$/m.exec(output)?.[1] ?? '',
      stale: [...output.matchAll(/^stale (.*)$/gm)].map(([, path = '']) => path),
    }),
    diff: (state, context) => diffUnit(spec, state, context),
    apply: { script: applyUnit(spec), timeoutSeconds: 180 },
  };
}

function isNewer(unit: string, path: string): Sh {
  return sh`began=$(systemctl show -p ActiveEnterTimestamp --value ${unit})
if [ -n "$began" ] && [ -e ${path} ] && [ "$(stat -L -c %Y ${path})" -gt "$(date -d "$began" +%s 2>/dev/null || echo 99999999999)" ]; then echo stale ${path}; fi`;
}

const up = ['active', 'activating', 'reloading'];
/** What is neither enabled nor disabled: it is started by others. */
const fixed = ['static', 'generated', 'transient', 'alias', 'indirect', 'linked-runtime'];

function diffUnit(spec: HostUnitSpec, state: HostUnitState, { changing }: DiffContext): readonly Change[] {
  const changes: Change[] = [];
  const isEnabled = state.enabled === 'enabled';
  if (spec.enabled !== isEnabled && !fixed.includes(state.enabled)) {
    const to = spec.enabled ? 'enabled' : 'disabled';
    if (spec.enabled || (state.there && !['disabled', 'masked'].includes(state.enabled))) {
      changes.push({ path: 'enabled', from: state.enabled || 'absent', to, effect: 'update' });
    }
  }
  const runs = up.includes(state.active);
  if (spec.running && !runs) changes.push({ path: 'running', from: state.active, to: 'active', effect: 'start' });
  if (!spec.running && runs) changes.push({ path: 'running', from: state.active, to: 'inactive', effect: 'update' });
  const coming = spec.inputs.filter((path) => changing.has(`file:${path}`));
  const stale = [...new Set([...state.stale, ...coming])];
  if (spec.running && runs && stale.length > 0) {
    changes.push({ path: 'inputs', from: 'running with older inputs', to: stale.join(', '), effect: 'restart' });
  }
  return changes;
}

/** A unit that writes no `ActiveEnterTimestamp` newer than its inputs in the same second counts as current: times are whole seconds there. */
function applyUnit(spec: HostUnitSpec): Sh {
  const { unit } = spec;
  const start = sh`case $(systemctl show -p ActiveState --value ${unit}) in
active|activating|reloading) do=restart ;;
*) do=start; systemctl reset-failed ${unit} 2>/dev/null || : ;;
esac
restart=no
${lines(spec.inputs.map((path) => sh`if [ -n "$(${isNewer(unit, path)})" ] || [ "$changed" = yes ]; then restart=yes; fi`))}
if [ $do = start ] || [ $restart = yes ]; then
  systemctl $do ${unit} || { ${unitTail(unit)}; exit 1; }
fi`;
  return sh`k8sup_own unit ${unit} "$(systemctl show -p ActiveState --value ${unit}) $(systemctl is-enabled ${unit} 2>/dev/null || :)"
changed=$(systemctl show -p NeedDaemonReload --value ${unit})
systemctl daemon-reload
if [ "$(systemctl show -p LoadState --value ${unit})" = not-found ]; then echo "this host has no unit "${unit}; exit 1; fi
case $(systemctl is-enabled ${unit} 2>/dev/null) in
static|generated|transient|alias|indirect|linked-runtime) ;;
*) systemctl ${spec.enabled ? 'enable' : 'disable'} --quiet ${unit} ;;
esac
${spec.running ? start : sh`systemctl stop ${unit}`}`;
}
