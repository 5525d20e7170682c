import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Change, Resource } from './define.ts';
import { editText } from './replace-text.ts';

export interface SelinuxSpec {
  /** In a container the running mode is the machine's, and is left alone. */
  readonly container: boolean;
  /** Default `/etc/selinux/config`. */
  readonly config?: string;
}

export interface SelinuxState {
  readonly running: string;
  readonly configured: string;
}

/** Keeps SELinux from refusing what runs on the host: permissive now and after a reboot; one that is off stays off. */
export function selinuxPermissive(spec: SelinuxSpec): Resource<SelinuxState> {
  const config = spec.config ?? '/etc/selinux/config';
  return {
    id: 'selinux:permissive',
    probe: sh`echo "running=$(${spec.container ? rawShell(':') : rawShell(`cat ${enforce} 2>/dev/null`)})"
echo "configured=$(sed -n 's/^SELINUX=//p' ${config} 2>/dev/null)"`,
    parse: parseSelinux,
    diff: diffSelinux,
    apply: { script: sh`${spec.container ? rawShell(':') : setPermissive}\n${configure(config)}` },
  };
}

/** `$value` is 1 or 0, as in /sys/fs/selinux/enforce. */
export const undoSelinuxMode: Sh = rawShell(
  `[ ! -e /sys/fs/selinux/enforce ] || printf %s "$value" > /sys/fs/selinux/enforce`,
);

/** `$name` is the configuration file, `$value` the mode that it named. */
export const undoSelinuxConfig: Sh = sh`if [ -e "$name" ]; then
${editText(rawShell('"$name"'), rawShell('"s/^SELINUX=.*/SELINUX=$value/"'))}
fi`;

const enforce = '/sys/fs/selinux/enforce';

const setPermissive = rawShell(`if [ "$(cat ${enforce} 2>/dev/null)" = 1 ]; then
k8sup_own selinux-mode running 1
printf 0 > ${enforce}
fi`);

function configure(config: string): Sh {
  return sh`if grep -qs '^SELINUX=enforcing' ${config}; then
k8sup_own selinux-config ${config} enforcing
${editText(sh`${config}`, sh`${'s/^SELINUX=enforcing.*/SELINUX=permissive/'}`)}
fi`;
}

function parseSelinux(output: string): SelinuxState {
  const modes: Readonly<Record<string, string>> = { '1': 'enforcing', '0': 'permissive' };
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(output)?.[1]?.trim() ?? '';
  return { running: modes[value('running')] ?? 'off', configured: value('configured') };
}

function diffSelinux(state: SelinuxState): readonly Change[] {
  const changes: Change[] = [];
  if (state.running === 'enforcing')
    changes.push({ path: 'running', from: 'enforcing', to: 'permissive', effect: 'update' });
  if (state.configured === 'enforcing')
    changes.push({ path: 'configured', from: 'enforcing', to: 'permissive', effect: 'update' });
  return changes;
}
