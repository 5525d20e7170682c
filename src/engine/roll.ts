import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import { whyShut } from './gate.ts';
import { differenceOf } from './run-stage.ts';
import type { StageRun } from './run-stage.ts';
import type { Gate, HostStep } from './stage.ts';

/** The order in which the hosts of a step are changed; each wave ends, with its gates open, before the next one begins. */
export interface Waves {
  /** Hosts on which nothing that works goes down: first starts, plain changes, and restarts of what is ill. They may need each other (a quorum). */
  readonly first: readonly Host[];
  /** Restarts of what works, as the step's rollout says. */
  readonly restarts: readonly (readonly Host[])[];
}

export async function wavesOf(run: StageRun, step: HostStep, hosts: readonly Host[]): Promise<Waves> {
  if (step.rollout === undefined || step.rollout === 'together') return { first: hosts, restarts: [] };
  const goesDown = await Promise.all(hosts.map((host) => breaksWhatWorks(run, step, host)));
  const working = hosts.filter((_, index) => goesDown[index] === true);
  const first = hosts.filter((host) => !working.includes(host));
  if (step.rollout === 'one-by-one') return { first, restarts: working.map((host) => [host]) };
  return { first, restarts: [working.slice(0, 1), working.slice(1)].filter((wave) => wave.length > 0) };
}

/**
 * Makes sure that a restart takes down no second member: all other hosts of the step that were set up must be well, also those that `--limit` leaves out.
 *
 * @throws K8supError `ROLL_UNSAFE` with the host that is down and what it says.
 */
export async function refuseUnsafeRoll(run: StageRun, step: HostStep, host: Host): Promise<void> {
  const { context, stage } = run;
  const others = context.inventory.hosts.filter((other) => other.name !== host.name && step.on(other));
  const reasons = await Promise.all(
    others.map(async (other) => stillShut(run, other, await step.gate?.(other, context))),
  );
  const index = reasons.findIndex((reason) => reason !== undefined);
  const ill = others[index];
  if (ill === undefined) return;
  throw new K8supError({
    code: 'ROLL_UNSAFE',
    kind: 'unsafeChange',
    stage: stage.id,
    host: ill.name,
    what: `${host.name} is not restarted for "${step.name}" while ${ill.name} is down: two would be down at once`,
    why: reasons[index] ?? '',
    fix: `mend ${ill.name} first: run the same command without --limit, or see  k8sup status`,
  });
}

/** Seconds for a gate that may be shut for a moment only, as while a leader is elected. */
const patience = 10;

async function breaksWhatWorks(run: StageRun, step: HostStep, host: Host): Promise<boolean> {
  const difference = differenceOf(run, host, step);
  const effects = [...(difference?.changes.values() ?? [])].flat().map((change) => change.effect);
  if (!effects.includes('restart')) return false;
  return difference?.gateOpen !== false || (await stillShut(run, host, difference.gate)) === undefined;
}

/** Why a gate stays shut; a host that does not answer is as bad as one that is ill. */
async function stillShut(run: StageRun, host: Host, gate: Gate | undefined): Promise<string | undefined> {
  if (gate === undefined) return undefined;
  const { executor, signal } = run.context;
  try {
    return await whyShut(gate, Math.min(gate.timeoutSeconds, patience), executor(host), signal);
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}
