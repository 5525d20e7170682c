import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/engine/events.ts';
import { readHistory } from '../../../../src/report/journal/history.ts';
import { listJournals, readJournal } from '../../../../src/report/journal/read.ts';
import { openLog } from '../../../../src/report/log.ts';
import { manyHosts, progress, runStart, stageEnd, stageStart, summary } from '../runs.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'k8sup-journal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Writes a journal as a run does, its events a second apart. */
function journal(command: string, minute: number, events: readonly RunEvent[]): string {
  let second = 0;
  const log = openLog(dir, command, () => new Date(Date.UTC(2026, 10, 20, 20, minute, second)));
  for (const event of events) {
    log.emit(event);
    second += 1;
  }
  log.close();
  return log.path;
}

const run = (command: string, changed: number, ok = true): readonly RunEvent[] => [
  runStart(command, ['h1', 'h2', 'h3']),
  stageStart(['h1']),
  stageEnd({ changed, durationMs: 5000, ok }),
  summary({ ok }),
];

test('what was written is read back, and the newest journal is the first', () => {
  const [one, two] = [journal('apply', 1, run('apply', 3)), journal('verify', 2, [])];
  expect(listJournals(dir)).toEqual([two, one]);
  expect(readJournal(one).map(({ type }) => type)).toEqual(['run-start', 'stage-start', 'stage-end', 'summary']);
  expect(readJournal(one, ['stage-end'])).toMatchObject([{ changed: 3, at: '2026-11-20T20:01:02.000Z' }]);
  expect(listJournals(join(dir, 'none'))).toEqual([]);
});

test('the torn last line of a run that was killed, and lines of another kind, are passed over', () => {
  const path = journal('apply', 1, run('apply', 3));
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, `null\n{}\nhello\n${whole}`);
  appendFileSync(path, whole.slice(0, 50));
  expect(readJournal(path)).toHaveLength(4);
});

test('a journal larger than what is read at once comes whole, letters of several bytes too', () => {
  const texts = manyHosts(9000).map((host) => `${host} ĳ→${'é'.repeat(20)}`);
  const path = journal(
    'apply',
    1,
    texts.map((text) => progress('h1', text)),
  );
  expect(readJournal(path, ['progress']).map(({ text }) => text)).toEqual(texts);
});

test('a text that names a type is no event of it', () => {
  const path = journal('apply', 1, [progress('h1', '{"type":"summary"}')]);
  expect(readJournal(path, ['summary'])).toEqual([]);
});

test('the history of apply is that of apply and stage, without the run that asks and what failed', () => {
  journal('apply', 1, run('apply', 3));
  journal('verify', 2, run('verify', 9));
  journal('stage 02.etcd', 3, run('stage 02.etcd', 0));
  journal('apply', 4, run('apply', 7, false));
  const current = journal('apply', 5, run('apply', 1));
  const found = readHistory(dir, 'apply', current);
  expect(found.map(({ stages, restMs, hosts }) => [stages.get('02.etcd')?.changed, restMs, hosts])).toEqual([
    [undefined, undefined, 3],
    [0, 1000, 3],
    [3, 1000, 3],
  ]);
});

test('what lies beside the journals is none of them', () => {
  mkdirSync(join(dir, 'logs'));
  writeFileSync(join(dir, 'logs', 'notes.txt'), '');
  expect(listJournals(dir)).toEqual([]);
});
