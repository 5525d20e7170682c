import { listJournals, readJournal } from './read.ts';

/** How long the stages of one earlier run took; only those that ended well. */
export interface PastRun {
  readonly hosts: number;
  readonly stages: ReadonlyMap<string, PastStage>;
  /** From the end of the last stage to that of the run; undefined where it did not end well. */
  readonly restMs: number | undefined;
}

export interface PastStage {
  readonly changed: number;
  readonly durationMs: number;
}

/** Runs that are looked back on: enough to hold a first apply and some that changed little. */
const lookBack = 5;

/**
 * Earlier runs of a command, the newest first; `apply` and `stage` are of one kind.
 *
 * @param dir - the cluster's state folder.
 * @param current - the journal of the run that asks, which is not over.
 */
export function readHistory(dir: string, command: string, current: string | undefined): readonly PastRun[] {
  const kind = kindOf(command);
  const names = listJournals(dir).filter((path) => path !== current);
  const runs: PastRun[] = [];
  for (const path of names) {
    const events = readJournal(path, ['run-start', 'stage-end', 'summary']);
    const start = events.find((event) => event.type === 'run-start');
    if (start === undefined || kindOf(start.command) !== kind) continue;
    const ends = events.filter((event) => event.type === 'stage-end');
    const summary = events.find((event) => event.type === 'summary');
    const last = ends.at(-1);
    runs.push({
      hosts: start.hosts.length,
      stages: new Map(ends.filter(({ ok }) => ok).map((end) => [end.stage, end])),
      restMs: last !== undefined && summary?.ok === true ? Date.parse(summary.at) - Date.parse(last.at) : undefined,
    });
    if (runs.length === lookBack) break;
  }
  return runs;
}

function kindOf(command: string): string {
  const [word = ''] = command.split(' ');
  return word === 'stage' ? 'apply' : word;
}
