import { K8supError } from '../errors/k8sup-error.ts';
import { errorJson } from './error-json.ts';
import type { Summary } from './events.ts';
import type { RunContext } from './run-context.ts';
import { runStage } from './run-stage.ts';
import type { Stage } from './stage.ts';

/** What a run of several stages came to; the error is also told as an event. */
export interface RunOutcome {
  readonly error: unknown;
  /** Ids of the stages that ended well. */
  readonly finished: readonly string[];
}

/** Runs stages in order and stops at the first one that fails. */
export async function runStages(stages: readonly Stage[], context: RunContext): Promise<RunOutcome> {
  const finished: string[] = [];
  context.emit({ type: 'run-stages', stages: stages.map(({ id, title }) => ({ id, title })) });
  for (const stage of stages) {
    try {
      context.stop.throwIfAborted();
      await runStage(stage, context);
      finished.push(stage.id);
    } catch (thrown) {
      const error = stoppedAt(thrown, stage, stages, finished);
      context.emit({ type: 'error', error: { ...errorJson(error), stage: stage.id } });
      return { error, finished };
    }
  }
  return { error: undefined, finished };
}

/** Who stops a run wants to know how far it has come. */
function stoppedAt(error: unknown, { id }: Stage, stages: readonly Stage[], finished: readonly string[]): unknown {
  // The cluster's lock is taken before the first stage: here somebody has taken it away.
  const stops = error instanceof K8supError && (error.kind === 'cancelled' || error.code === 'CLUSTER_LOCKED');
  if (!stops) return error;
  const place = error.step === undefined ? `before ${id}` : `in ${id}, at "${error.step}"`;
  const later = stages.slice(finished.length + 1).map((stage) => stage.id);
  const known = error.why === undefined ? [] : [error.why];
  const why = [...known, `it stopped ${place}`, `done: ${listed(finished)}`, `not begun: ${listed(later)}`];
  return error.with({ why: why.join('\n') });
}

function listed(ids: readonly string[]): string {
  return ids.length === 0 ? 'nothing' : ids.join(', ');
}

/** The last event of every run, but for the time it took. */
export function summaryOf(
  run: Pick<RunContext, 'counts' | 'hosts'> & { readonly failed: { readonly size: number } },
  numbers: { readonly bytesSent: number; readonly ok: boolean },
): Omit<Summary, 'durationMs'> {
  return {
    hosts: run.hosts.length,
    changed: run.counts.changed,
    restarted: run.counts.restarted,
    failed: run.failed.size,
    ...numbers,
  };
}
