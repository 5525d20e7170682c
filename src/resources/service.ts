import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { dropInFolders, unitInputsScript } from './unit-inputs.ts';
import type { Change, DiffContext, Explanation, Resource } from './define.ts';

export interface ServiceSpec {
  /** For example `etcd.service`. */
  readonly unit: string;
  /** Files whose change needs a restart; the unit file itself is always one. */
  readonly inputs: readonly string[];
  /** What a restart interrupts, for people. */
  readonly interrupts?: string;
  readonly explanation?: Explanation;
}

export interface ServiceState {
  readonly active: string;
  readonly enabled: string;
  /** Paths that differ from what the running process was started with; undefined where nothing was recorded. */
  readonly stale: readonly string[] | undefined;
  /** What somebody else laid over the unit, and those of them that take its command away. */
  readonly dropIns: readonly string[];
  readonly replacing: readonly string[];
}

/**
 * Keeps a unit enabled and running with the inputs that are on disk. What a process was started with is recorded by the unit itself
 * (see {@link unitInputsScript}), so a run that was cut short still restarts it next time, and an unchanged one never does. Drop-ins of others are
 * inputs like any other and left alone, but for those that replace the command: with them nothing that k8sup writes would count.
 */
export function service(spec: ServiceSpec): Resource<ServiceState> {
  return {
    id: `service:${spec.unit}`,
    probe: probeService(spec),
    parse: parseService,
    diff: (state, context) => diffService(spec, state, context),
    apply: { script: applyService(spec), timeoutSeconds: 180 },
    ...(spec.explanation === undefined ? {} : { explanation: spec.explanation }),
  };
}

/** Of 0.2 s: how long a probe waits for the end of a unit that ends. */
const endingPolls = 25;

function probeService(spec: ServiceSpec): Sh {
  // What is on its way counts as there, also in the record of what an apply left. A unit that ends is between two states: systemd starts it again,
  // or somebody stops it.
  return sh`i=0
while state=$(systemctl show -p ActiveState,UnitFileState ${spec.unit}); do
  case $state in *=deactivating*) i=$((i+1)); [ $i -le ${endingPolls} ] || break; sleep 0.2;; *) break;; esac
done
echo "$state" | sed 's/=activating$/=active/; s/=reloading$/=active/'
echo "inputs=$(${compareInputs(spec)})"
echo "dropIns=$(${dropIns(spec.unit, sh`:`)})"
echo "replacing=$(${dropIns(spec.unit, replaces)})"`;
}

/** Prints the drop-ins for which `condition` holds, each with a blank behind it. */
function dropIns(unit: string, condition: Sh): Sh {
  return sh`for d in ${dropInFolders}; do for f in "$d"/${unit}.d/*.conf; do
if [ -e "$f" ] && ${condition}; then printf '%s ' "$f"; fi; done; done`;
}

/** An empty `ExecStartPre=` takes away the recording of inputs. */
const replaces = rawShell(
  `grep -qE '^[[:space:]]*(ExecStart[[:space:]]*=|ExecStartPre[[:space:]]*=[[:space:]]*$)' "$f"`,
);

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
  const words = (key: string): readonly string[] => (values.get(key) ?? '').split(' ').filter((word) => word !== '');
  return {
    active: values.get('ActiveState') ?? 'unknown',
    enabled: values.get('UnitFileState') ?? '',
    stale: inputs === 'none' ? undefined : words('inputs'),
    dropIns: words('dropIns'),
    replacing: words('replacing'),
  };
}

function diffService(spec: ServiceSpec, state: ServiceState, context: DiffContext): readonly Change[] {
  const others = state.dropIns.length === 0 ? '' : `, with ${state.dropIns.join(', ')}`;
  const set: readonly Change[] = [...commandChanges(state), ...enabledChanges(state)];
  if (!['active', 'activating', 'reloading'].includes(state.active)) {
    return [...set, { path: 'running', from: state.active, to: `active${others}`, effect: 'start' }];
  }
  const coming = [`/etc/systemd/system/${spec.unit}`, ...spec.inputs].filter(
    (path) => context.changing.has(`file:${path}`) || context.changing.has(`binary:${path}`),
  );
  const stale = [...new Set([...(state.stale ?? []), ...coming])];
  if (state.stale !== undefined && stale.length === 0) return set;
  const from = state.stale === undefined ? 'started without k8sup' : 'running with older inputs';
  const to = stale.length === 0 ? `recorded${others}` : stale.join(', ');
  const interrupts = spec.interrupts === undefined ? {} : { interrupts: spec.interrupts };
  return [...set, { path: 'inputs', from, to, effect: 'restart', ...interrupts }];
}

function commandChanges({ replacing }: ServiceState): readonly Change[] {
  if (replacing.length === 0) return [];
  return [{ path: 'command', from: `replaced by ${replacing.join(', ')}`, to: 'the one of k8sup', effect: 'update' }];
}

function enabledChanges({ enabled }: ServiceState): readonly Change[] {
  return enabled === 'enabled' ? [] : [{ path: 'enabled', from: enabled || 'absent', to: 'enabled', effect: 'update' }];
}

/**
 * Starts or restarts without waiting for the unit to be ready: members of a quorum wait for each other, so the waiting is a gate of its own. It does
 * wait until the new process has recorded its inputs.
 */
function applyService(spec: ServiceSpec): Sh {
  return sh`${ownCommand(spec.unit)}
k8sup_own unit ${spec.unit} "$(systemctl show -p ActiveState --value ${spec.unit}) $(systemctl is-enabled ${spec.unit} 2>/dev/null || :)"
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

/** Ends the script with an error where somebody laid another command over a unit: its flags would not be those of the inventory. */
export function ownCommand(unit: string): Sh {
  return sh`replacing=$(${dropIns(unit, replaces)})
if [ -n "$replacing" ]; then
  echo "\${replacing% } replaces the command of "${unit}": take its ExecStart and ExecStartPre out (extraArgs of the inventory adds flags), or remove it"
  exit 1
fi`;
}

/** The unit's state and its journal's last lines, as a failure shows them. */
export function unitTail(unit: string): Sh {
  return sh`systemctl show -p ActiveState,SubState,Result,ExecMainStatus ${unit} | tr '\\n' ' '; echo
journalctl -u ${unit} -n 200 --no-pager -o cat 2>/dev/null ${rawShell('|| :')}`;
}
