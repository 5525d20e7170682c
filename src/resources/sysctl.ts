import { lines, rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { stateDir } from './ownership.ts';
import type { Change, Resource } from './define.ts';

/** A kernel setting, for example `net.ipv4.ip_forward`. */
export interface SysctlSpec {
  /** As in sysctl.d: a dot inside a name, such as an interface's, is written as a slash. */
  readonly key: string;
  readonly value: string;
  /** A number that is only ever raised: a host with more keeps what it has. */
  readonly atLeast?: boolean;
  /** Left alone where the kernel does not have it, or does not let this host write it; else that is an error. */
  readonly optional?: boolean;
}

export interface SysctlState {
  readonly access: 'absent' | 'read-only' | 'writable';
  readonly value: string;
}

/** Keeps the live value of one kernel setting; that it is there after a reboot is for a file (see {@link sysctlFileText}). */
export function sysctl(spec: SysctlSpec): Resource<SysctlState> {
  return {
    id: `sysctl:${spec.key}`,
    probe: probeSysctl(pathOf(spec.key)),
    parse: parseSysctl,
    diff: (state) => diffSysctl(spec, state),
    apply: { script: applySysctl(spec) },
  };
}

/** Writes down what keys are before programs of the cluster (kubelet, kube-proxy) set them by themselves, so that clean can bring it back. */
export function sysctlRecord(keys: readonly string[]): Resource<readonly string[]> {
  const manifest = `${stateDir}/manifest`;
  return {
    id: 'sysctl-record:host',
    probe: lines([
      sh`recorded=$(grep -s '^sysctl' ${manifest})`,
      ...keys.map(
        (key) => sh`case $recorded in *${`sysctl\t${key}\t`}*) ;; *) [ ! -e ${pathOf(key)} ] || echo ${key} ;; esac`,
      ),
    ]),
    parse: (output) => output.split('\n').filter((key) => key !== ''),
    diff: (missing) =>
      missing.length === 0 ? [] : [{ path: 'recorded', from: 'no', to: missing.join(', '), effect: 'create' }],
    apply: { script: lines(keys.map((key) => sh`[ ! -e ${pathOf(key)} ] || ${own(key)}`)) },
  };
}

/** Text for a file in /etc/sysctl.d; a missing optional key is no failure of systemd-sysctl. */
export function sysctlFileText(specs: readonly SysctlSpec[]): string {
  const rows = specs.map((spec) => `${spec.optional === true ? '-' : ''}${spec.key} = ${spec.value}`);
  return `# Written by k8sup; edits are taken back by the next apply.\n${rows.join('\n')}\n`;
}

/** `$name` is the key, `$value` what it was. */
export const undoSysctl: Sh = rawShell(`path=/proc/sys/$(printf %s "$name" | tr ./ /.)
if [ -e "$path" ] && [ "$(tr -s '\\t ' ' ' < "$path")" != "$value" ]; then printf '%s\\n' "$value" > "$path"; fi`);

function pathOf(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`;
}

/** By cat: the kernel gives a number to one read alone, and a shell's own `read` takes it byte by byte. */
function probeSysctl(path: string): Sh {
  return sh`if [ ! -e ${path} ]; then echo absent
else if [ -w ${path} ]; then echo writable; else echo read-only; fi; cat ${path}; fi`;
}

function parseSysctl(output: string): SysctlState {
  const [access = '', value = ''] = output.trim().split('\n');
  return {
    access: access === 'writable' || access === 'read-only' ? access : 'absent',
    value: value.trim().replace(/\s+/g, ' '),
  };
}

function diffSysctl(spec: SysctlSpec, state: SysctlState): readonly Change[] {
  if (state.access !== 'absent' && satisfied(spec, state.value)) return [];
  if (spec.optional === true && state.access !== 'writable') return [];
  const from = state.access === 'writable' ? state.value : `${state.value} (${state.access})`.trim();
  return [{ path: 'value', from, to: spec.value, effect: 'update' }];
}

function satisfied(spec: SysctlSpec, value: string): boolean {
  return spec.atLeast === true ? BigInt(/^\d+$/.test(value) ? value : '0') >= BigInt(spec.value) : value === spec.value;
}

function applySysctl(spec: SysctlSpec): Sh {
  const path = pathOf(spec.key);
  const enough = spec.atLeast === true ? sh`[ "$(cat ${path})" -ge ${spec.value} ]` : rawShell('false');
  return sh`if [ ! -e ${path} ]; then echo "the kernel has no setting "${spec.key}": is its module loaded?"; exit 1; fi
if [ ! -w ${path} ]; then echo ${spec.key}" cannot be written on this host: set it to "${spec.value}" outside of its container"; exit 1; fi
if ! ${enough}; then ${own(spec.key)}; printf '%s\\n' ${spec.value} > ${path}; fi`;
}

function own(key: string): Sh {
  return sh`k8sup_own sysctl ${key} "$(tr -s '\\t ' ' ' < ${pathOf(key)})"`;
}
