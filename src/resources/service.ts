import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { unitInputsScript } from './unit-inputs.ts';
import type { Change, DiffContext, Resource } from './define.ts';

export interface ServiceSpec {
  /** For example `etcd.service`. */
  readonly unit: string;
  /** Files whose change needs a restart; the unit file itself is always one. */
  readonly inputs: readonly string[];
}

export interface ServiceState {
  readonly active: string;
  readonly enabled: string;
  readonly needsReload: boolean;
  /** Paths that differ from what the running process was started with; undefined where nothing was recorded. */
  readonly stale: readonly string[] | undefined;
}

/**
 * Keeps a unit enabled and running with the inputs that are on disk. What a process was started with is recorded by the unit itself
 * (see {@link unitInputsScript}), so a run that was cut short still restarts it next time, and an unchanged one never does.
 */
export function service(spec: ServiceSpec): Resource<ServiceState> {
  return {
    id: `service:${spec.unit}`,
    probe: probeService(spec),
    parse: parseService,
    diff: (state, context) => diffService(spec, state, context),
    apply: { script: applyService(spec), timeoutSeconds: 180 },
  };
}

function probeService(spec: ServiceSpec): Sh {
  return sh`systemctl show -p ActiveState,UnitFileState,NeedDaemonReload ${spec.unit}
echo "inputs=$(${compareInputs(spec)})"`;
}

function compareInputs(spec: ServiceSpec): Sh {
  return sh`if [ -x ${unitInputsScript} ]; then ${unitInputsScript} compare ${spec.unit} ${spec.inputs}; else echo none; fi`;
}

function parseService(output: string): ServiceState {
  const values = new Map(
    output
      .trim()
      .split('\n')
      .map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  const inputs = values.get('inputs') ?? 'none';
  return {
    active: values.get('ActiveState') ?? 'unknown',
    enabled: values.get('UnitFileState') ?? '',
    needsReload: values.get('NeedDaemonReload') === 'yes',
    stale: inputs === 'none' ? undefined : inputs.split(' ').filter((path) => path !== ''),
  };
}

function diffService(spec: ServiceSpec, state: ServiceState, context: DiffContext): readonly Change[] {
  const enabled: readonly Change[] =
    state.enabled === 'enabled'
      ? []
      : [{ path: 'enabled', from: state.enabled || 'absent', to: 'enabled', effect: 'update' }];
  if (state.active !== 'active' && state.active !== 'activating' && state.active !== 'reloading') {
    return [...enabled, { path: 'running', from: state.active, to: 'active', effect: 'start' }];
  }
  const coming = [`/etc/systemd/system/${spec.unit}`, ...spec.inputs].filter(
    (path) => context.changing.has(`file:${path}`) || context.changing.has(`binary:${path}`),
  );
  const stale = [...new Set([...(state.stale ?? []), ...coming])];
  if (state.stale !== undefined && stale.length === 0) return enabled;
  const from = state.stale === undefined ? 'started without k8sup' : 'running with older inputs';
  return [
    ...enabled,
    { path: 'inputs', from, to: stale.length === 0 ? 'recorded' : stale.join(', '), effect: 'restart' },
  ];
}

/**
 * Starts or restarts without waiting for the unit to be ready: members of a quorum wait for each other, so the waiting is a gate of its own. It does
 * wait until the new process has recorded its inputs.
 */
function applyService(spec: ServiceSpec): Sh {
  return sh`k8sup_own unit ${spec.unit} "$(systemctl is-enabled ${spec.unit} 2>/dev/null || :)"
systemctl daemon-reload
systemctl enable --quiet ${spec.unit}
current() { [ -z "$(${compareInputs(spec)})" ]; }
up() { case $(systemctl show -p ActiveState --value ${spec.unit}) in active|activating|reloading) return 0;; esac; return 1; }
if up; then current || systemctl restart --no-block ${spec.unit}
else systemctl reset-failed ${spec.unit} 2>/dev/null || :; systemctl start --no-block ${spec.unit}; fi
i=0; until up && current; do
  i=$((i+1)); if [ $i -gt 600 ]; then echo ${spec.unit}" did not start:"; ${unitTail(spec.unit)}; exit 1; fi
  sleep 0.2
done`;
}

/** The unit's state and its journal's last lines, as a failure shows them. */
export function unitTail(unit: string): Sh {
  return sh`systemctl show -p ActiveState,SubState,Result,ExecMainStatus ${unit} | tr '\\n' ' '; echo
journalctl -u ${unit} -n 15 --no-pager -o cat 2>/dev/null ${rawShell('|| :')}`;
}
