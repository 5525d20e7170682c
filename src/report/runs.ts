import { basename } from 'node:path';
import { listJournals, readJournal } from './journal/read.ts';
import { table } from './table.ts';
import { duration, oneLine } from './words.ts';

/** One earlier run, as its journal has it. */
export interface RunRecord {
  /** Name of the journal without its ending: what `k8sup report` takes. */
  readonly name: string;
  readonly path: string;
  readonly command: string;
  /** ISO 8601; empty for a run that was killed before its first event. */
  readonly at: string;
  /** `unfinished`: it was killed, or goes on. */
  readonly result: 'done' | 'failed' | 'unfinished';
  readonly hosts: number;
  readonly changed: number;
  readonly restarted: number;
  readonly durationMs: number;
}

/**
 * The runs of a cluster, the newest first.
 *
 * @param dir - the cluster's state folder.
 */
export function listRuns(dir: string): readonly RunRecord[] {
  return listJournals(dir).map((path) => {
    const events = readJournal(path, ['run-start', 'summary']);
    const start = events.find((event) => event.type === 'run-start');
    const summary = events.find((event) => event.type === 'summary');
    return {
      name: basename(path, '.ndjson'),
      path,
      command: start?.command ?? '',
      at: start?.at ?? '',
      result: summary === undefined ? 'unfinished' : summary.ok ? 'done' : 'failed',
      hosts: start?.hosts.length ?? 0,
      changed: summary?.changed ?? 0,
      restarted: summary?.restarted ?? 0,
      durationMs: summary?.durationMs ?? 0,
    };
  });
}

/** A table for people, without a newline at its end. */
export function renderRuns(runs: readonly RunRecord[], columns: number): string {
  const rows = runs.map(({ name, command, result, hosts, changed, restarted, durationMs }) => [
    name,
    oneLine(command),
    result,
    result === 'unfinished' ? '' : duration(durationMs),
    String(hosts),
    String(changed),
    String(restarted),
  ]);
  return table([['RUN', 'COMMAND', 'RESULT', 'TOOK', 'HOSTS', 'CHANGED', 'RESTARTED'], ...rows], { columns });
}
