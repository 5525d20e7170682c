import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Executor, Reader } from '../host/connection.ts';
import type { Host } from '../inventory/model.ts';
import { escapeControl } from '../shell/escape.ts';
import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { RunContext } from './run-context.ts';
import type { Gate } from './stage.ts';

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
exit 1`;
  const result = await executor.run(script.sh, { signal, timeoutMs: (gate.timeoutSeconds + 30) * 1000 });
  if (result.exitCode === 0) return;
  throw new K8supError({
    code: 'NOT_HEALTHY',
    kind: 'resource',
    host: hostName,
    what: `${hostName}: ${gate.name} was not reached within ${gate.timeoutSeconds} s`,
    why: escapeControl(result.stdout.trim()),
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

/**
 * Waits for a gate that is asked by kubectl on a master.
 *
 * @throws K8supError `NOT_HEALTHY` with what the check said and the last lines of the unit's journals; `KUBE_UNREACHABLE` when no apiserver answers.
 */
export async function waitForClusterGate(gate: Gate, context: RunContext): Promise<void> {
  try {
    await context.kube.run(gate.check, { timeoutMs: gate.timeoutSeconds * 1000 });
  } catch (error) {
    if (!(error instanceof K8supError) || !['KUBE_COMMAND', 'HOST_TIMEOUT'].includes(error.code)) throw error;
    throw new K8supError({
      code: 'NOT_HEALTHY',
      kind: 'kubernetes',
      what: `${gate.name}: not reached within ${gate.timeoutSeconds} s`,
      why: [error.why ?? error.message, ...(await journals(gate.unit, context))].join('\n'),
      fix: 'mend what these lines name, then run the same command again',
      cause: error,
    });
  }
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

/** As many hosts as one can read about. */
const shownHosts = 5;

/** The last lines of a unit on the hosts where it is not active, or on any where it is active everywhere. */
async function journals(unit: string, context: RunContext): Promise<readonly string[]> {
  const all = await Promise.all(context.inventory.hosts.map((host) => journal(host, unit, context)));
  const found = all.filter((one) => one !== undefined);
  const inactive = found.filter(({ state }) => state !== 'active');
  return (inactive.length > 0 ? inactive : found).slice(0, shownHosts).map(({ text }) => text);
}

async function journal(
  host: Host,
  unit: string,
  context: RunContext,
): Promise<{ readonly state: string; readonly text: string } | undefined> {
  const script = sh`if [ "$(systemctl show -p LoadState --value ${unit})" = not-found ]; then exit 0; fi
systemctl show -p ActiveState --value ${unit}
journalctl -u ${unit} -n 8 --no-pager -o cat 2>/dev/null | cut -c -300`;
  try {
    const result = await context.executor(host).read(script.sh, { signal: context.signal, timeoutMs: 30_000 });
    const [state = '', ...lines] = escapeControl(result.stdout.trim()).split('\n');
    return state === '' ? undefined : { state, text: [`${host.name}, ${unit} is ${state}:`, ...lines].join('\n') };
  } catch (error) {
    context.signal.throwIfAborted();
    return { state: 'unknown', text: `${host.name}: ${messageOf(error)}` };
  }
}
