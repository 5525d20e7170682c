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
    } catch (error) {
      context.emit({ type: 'error', error: { ...errorJson(error), stage: stage.id } });
      return { error, finished };
    }
  }
  return { error: undefined, finished };
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
