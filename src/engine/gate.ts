import { K8supError } from '../errors/k8sup-error.ts';
import type { Executor, Reader } from '../host/connection.ts';
import { escapeControl } from '../shell/escape.ts';
import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Gate } from './stage.ts';

/** Begins the lines that are too many to show: a program that panics writes its stacks after its reason. */
const readOnlyForCause = '--- k8sup: more of the journal';

/**
 * Waits on the host itself, in one round trip, until the gate's check succeeds.
 *
 * @throws K8supError `NOT_HEALTHY` with what the check said last and the unit's journal.
 */
export async function waitForGate(
  hostName: string,
  gate: Gate,
  executor: Executor,
  signal: AbortSignal,
): Promise<void> {
  const script = sh`${untilOpen(gate, gate.timeoutSeconds)}
printf '%s\\n' "$said" | tail -n 15
systemctl show -p ActiveState,SubState,Result,ExecMainStatus ${gate.unit} | tr '\\n' ' '; echo
journalctl -u ${gate.unit} -n 15 --no-pager -o cat ${rawShell('2>/dev/null')}
echo ${readOnlyForCause}
journalctl -u ${gate.unit} -n 200 --since -10min --no-pager -o cat ${rawShell('2>/dev/null')}
exit 1`;
  const result = await executor.run(script.sh, { signal, timeoutMs: (gate.timeoutSeconds + 30) * 1000 });
  if (result.exitCode === 0) return;
  const [shown = '', more = ''] = escapeControl(result.stdout).split(`${readOnlyForCause}\n`);
  throw new K8supError({
    code: 'NOT_HEALTHY',
    kind: 'resource',
    host: hostName,
    what: `${hostName}: ${gate.name} was not reached within ${gate.timeoutSeconds} s`,
    why: shown.trim(),
    output: `${more}\n${shown}`,
    fix: `see  journalctl -u ${gate.unit}  on ${hostName}; then run the same command again`,
  });
}

/** Why the gate stays shut for some seconds; undefined where it opens, or where its unit was never set up. Reads only. */
export async function whyShut(
  gate: Gate,
  seconds: number,
  reader: Reader,
  signal: AbortSignal,
): Promise<string | undefined> {
  const script = sh`${untilOpen(gate, seconds)}
if [ "$(systemctl show -p LoadState --value ${gate.unit})" = not-found ]; then exit 0; fi
printf '%s\\n' "$said" | tail -n 15
exit 1`;
  const result = await reader.read(script.sh, { signal, timeoutMs: (seconds + 30) * 1000 });
  return result.exitCode === 0 ? undefined : escapeControl(result.stdout.trim());
}

/** Ends the script with 0 when the check succeeds; goes on after the limit, with its last words in `$said`. */
function untilOpen(gate: Gate, seconds: number): Sh {
  return sh`end=$(( $(date +%s) + ${seconds} ))
check() (
${gate.check}
)
while :; do
  if said=$(check 2>&1 </dev/null); then exit 0; fi
  [ "$(date +%s)" -lt "$end" ] || break
  sleep 0.2
done`;
}
