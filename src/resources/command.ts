import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';
import { leftMark } from './left-mark.ts';

/** A command, and how to see whether it is done: one of `creates`, `unless` and `onlyIf`. */
export interface CommandSpec {
  /** On one line, without tabs. */
  readonly name: string;
  /** POSIX shell; ends at the first line that fails. */
  readonly run: string;
  readonly creates?: string;
  readonly unless?: string;
  readonly onlyIf?: string;
  readonly undo?: string;
  readonly timeoutSeconds: number;
}

/** Runs a command where it is not done yet; it must then look done. */
export function command(spec: CommandSpec): Resource<boolean> {
  const sign = signOf(spec);
  return {
    id: `command:${spec.name}`,
    probe: sh`if ${isDone(spec)}; then echo done; else echo to-do; fi`,
    parse: (output) => output.trim().endsWith('done'),
    diff: (done) => (done ? [] : [{ path: 'command', from: sign, to: 'run', effect: 'update' }]),
    apply: {
      script: sh`k8sup_own command ${spec.name} ${Buffer.from(spec.undo ?? '').toString('base64')}
rc=0; timeout ${spec.timeoutSeconds} sh -ec ${spec.run} </dev/null 9>&- || rc=$?
if [ $rc -eq 124 ]; then echo "it took longer than "${spec.timeoutSeconds}" s (timeout:)"; fi
exit $rc`,
      timeoutSeconds: spec.timeoutSeconds + 10,
    },
  };
}

/** `$name` is the command, `$value` what takes it back, in base64; what nobody has said how to take back stays, and people are told. */
export const undoCommand: Sh = rawShell(`if [ -z "$value" ]; then
  echo "${leftMark}what the command '$name' did stays: it has no undo"; exit 0
fi
undo=$(printf %s "$value" | base64 -d)
timeout 120 sh -ec "$undo" </dev/null 9>&-`);

function signOf({ creates, unless }: CommandSpec): string {
  if (creates !== undefined) return `${creates} is absent`;
  return unless === undefined ? 'its onlyIf holds' : 'its unless does not hold';
}

function isDone({ creates, unless, onlyIf }: CommandSpec): Sh {
  if (creates !== undefined) return sh`[ -e ${creates} ] || [ -L ${creates} ]`;
  const look = (script: string): Sh => sh`timeout 30 sh -ec ${script} </dev/null >/dev/null 2>&1`;
  return unless === undefined ? sh`! ${look(onlyIf ?? 'true')}` : look(unless);
}
