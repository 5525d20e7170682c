import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventLine } from '../../src/engine/events.ts';
import type { Row, Span } from './result.ts';

/** The events of the last run of a command on a lab's cluster. */
export async function lastJournal(dir: string, cluster: string, command: string): Promise<readonly EventLine[]> {
  const folder = join(dir, '.k8sup', cluster, 'logs');
  const [name] = (await readdir(folder))
    .filter((file) => file.includes(`-${command}`))
    .sort()
    .slice(-1);
  if (name === undefined) throw new Error(`no journal of ${command} in ${folder}`);
  const lines = (await readFile(join(folder, name), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as EventLine);
}

/** How long each stage took. */
export function stageRows(events: readonly EventLine[], hosts: number): readonly Row[] {
  return events.flatMap((event) => {
    if (event.type !== 'stage-end') return [];
    const ms = event.durationMs;
    return [{ what: event.stage, hosts, tool: 'k8sup', runs: 1, minMs: ms, medianMs: ms, maxMs: ms }];
  });
}

/** What each host was busy with; where nothing stands, it waited for others. */
export function spansOf(events: readonly EventLine[]): readonly Span[] {
  const start = Date.parse(events[0]?.at ?? '');
  return events.flatMap((event) => {
    if (event.type !== 'looked' && event.type !== 'applied') return [];
    const toMs = Date.parse(event.at) - start;
    return [{ host: event.host, text: event.stage, fromMs: toMs - event.durationMs, toMs }];
  });
}
