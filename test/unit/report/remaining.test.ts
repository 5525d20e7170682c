import { expect, test } from 'vitest';
import type { PastRun } from '../../../src/report/journal/history.ts';
import { openCourse } from '../../../src/report/remaining.ts';
import { runStart } from './runs.ts';

const ids = ['01.prepare', '02.etcd', '03.runtime'];

function past(hosts: number, stages: Readonly<Record<string, readonly [changed: number, seconds: number]>>): PastRun {
  const entries = Object.entries(stages).map(
    ([id, [changed, seconds]]) => [id, { changed, durationMs: seconds * 1000 }] as const,
  );
  return { hosts, stages: new Map(entries), restMs: 10_000 };
}

const first = past(3, { '01.prepare': [100, 60], '02.etcd': [30, 20], '03.runtime': [40, 40] });
const again = past(3, { '01.prepare': [0, 1], '02.etcd': [0, 2], '03.runtime': [0, 3] });

function course(history: readonly PastRun[]) {
  let now = 0;
  const open = openCourse(
    () => history,
    () => now,
  );
  open.see(runStart('apply', ['h1', 'h2', 'h3']));
  open.see({ type: 'run-stages', stages: ids.map((id) => ({ id, title: id })) });
  return {
    at: (seconds: number) => void (now = seconds * 1000),
    start: (stage: string) => open.see({ type: 'stage-start', stage, title: stage, hosts: [] }),
    end: (stage: string, changed: number) => open.see({ type: 'stage-end', stage, ok: true, changed, durationMs: 1 }),
    left: () => open.leftMs(),
    place: () => open.place(),
  };
}

test('what is left is the rest of this stage, the stages that follow, and what came after them', () => {
  const run = course([first]);
  run.start('01.prepare');
  run.at(15);
  expect(run.left()).toBe((45 + 20 + 40 + 10) * 1000);
  expect(run.place()).toEqual({ number: 1, of: 3 });
});

test('the run that was most like this one counts, not the last one', () => {
  const run = course([again, first]);
  run.start('01.prepare');
  run.end('01.prepare', 98);
  run.start('02.etcd');
  expect(run.left()).toBe((20 + 40 + 10) * 1000);
  const calm = course([first, again]);
  calm.start('01.prepare');
  calm.end('01.prepare', 0);
  calm.start('02.etcd');
  expect(calm.left()).toBe((2 + 3 + 10) * 1000);
});

test('runs with as many hosts come before others', () => {
  const run = course([past(50, { '01.prepare': [100, 600], '02.etcd': [30, 600], '03.runtime': [40, 600] }), first]);
  run.start('01.prepare');
  expect(run.left()).toBe((60 + 20 + 40 + 10) * 1000);
});

test('nothing is promised that was never seen, nor when it takes longer than ever', () => {
  const unknown = course([past(3, { '01.prepare': [1, 1] })]);
  unknown.start('01.prepare');
  expect(unknown.left()).toBeUndefined();
  const late = course([first]);
  late.start('01.prepare');
  late.at(61);
  expect(late.left()).toBeUndefined();
  expect(course([]).left()).toBeUndefined();
});
