import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/engine/events.ts';
import { openStageView } from '../../../src/report/stage-view.ts';
import { textWidth } from '../../../src/report/width.ts';
import { bare } from './output.ts';
import { change, created, hostFailed, manyHosts, progress, stageStart, stepStart } from './runs.ts';

const room = { style: { ...bare, columns: 76 }, rows: 12 };
const hosts = ['h1', 'h2', 'h3'];

/** The lines above the last one, 2.14 s after the start; all events come at once, or at the milliseconds that stand before them. */
function view(names: readonly string[], ...events: readonly (RunEvent | number)[]): readonly string[] {
  const start = stageStart(names);
  if (start.type !== 'stage-start') throw new Error('no start');
  let now = 0;
  const stage = openStageView(start, () => now);
  now = 2000;
  for (const event of events) {
    if (typeof event === 'number') now = event;
    else stage.see(event);
  }
  now = 2140;
  const lines = stage.live(room, 'stage 1 of 1');
  expect(lines.at(-1)).toBe('  stage 1 of 1');
  return lines.slice(0, -1);
}

test('before anything is known it says what it looks at', () => {
  expect(view(hosts)).toEqual(['02.etcd         etcd members            3 hosts, 2.1 s', '  looking at the hosts']);
  expect(view([])[1]).toBe('  looking at the cluster');
});

test('while hosts are looked at it tells how many were, and names those that keep it waiting', () => {
  const looked = (host: string): RunEvent => ({ type: 'looked', stage: '02.etcd', host, durationMs: 10 });
  expect(view(hosts, looked('h1'), looked('h3')).slice(1)).toEqual(['  looked at 2 of 3 hosts, not yet h2']);
  expect(view(hosts, ...hosts.map(looked)).slice(1)).toEqual(['  looked at 3 of 3 hosts']);
});

test('the slowest host stands first, with how long it has been at what it does', () => {
  const lines = view(
    hosts,
    ...[0, ...hosts.map((host) => stepStart(host, 'binaries'))],
    ...[100, progress('h2', 'uploading 10 %'), progress('h3', 'waiting: etcd answers')],
    ...[1500, progress('h2', 'uploading 90 %'), progress('h1', 'file:/a')],
  );
  expect(lines.slice(1)).toEqual([
    '  h2  uploading 90 %  2.0 s, slowest',
    '  h3  waiting: etcd answers  2.0 s',
    '  h1  file:/a',
  ]);
  const long = view(hosts, ...[0, ...hosts.map((host) => stepStart(host, 'a long step '.repeat(20)))]);
  expect(long[1]).toMatch(/^ {2}h1 {2}a long step .*… {2}2\.1 s, slowest$/);
  expect(textWidth(long[1] ?? '')).toBeLessThanOrEqual(76);
});

test('work on the cluster is shown, and counts as no host', () => {
  const done: RunEvent = { type: 'host-done', stage: '02.etcd', host: '(cluster)', changed: 0, durationMs: 1 };
  expect(view([], stepStart('(cluster)', 'objects'))[1]).toBe('  cluster  objects');
  expect(view([], stepStart('(cluster)', 'objects'), done)[0]).not.toContain('done');
});

test('hosts at work are shown with what they do, failed ones first', () => {
  const lines = view(
    hosts,
    stepStart('h1', 'configuration'),
    stepStart('h2', 'configuration'),
    change('h2', 'file:/a', created),
    progress('h2', 'file:/a'),
    hostFailed('h3'),
  );
  expect(lines).toEqual([
    '02.etcd         etcd members   3 hosts, 1 failed, 2 running, 1 change, 2.1 s',
    '✖ h3  NOT_HEALTHY: etcd answers was not reached within 60 s',
    '  h1  configuration',
    '  h2  file:/a',
  ]);
});

test('the next step takes the hosts of the one before off the view', () => {
  const lines = view(hosts, stepStart('h1', 'binaries'), stepStart('h2', 'binaries'), stepStart('h2', 'start'));
  expect(lines.slice(1)).toEqual(['  h2  start']);
});

test('a host that is done is counted and no longer shown', () => {
  const done: RunEvent = { type: 'host-done', stage: '02.etcd', host: 'h1', changed: 1, durationMs: 10 };
  const lines = view(hosts, stepStart('h1', 'binaries'), stepStart('h2', 'binaries'), done);
  expect(lines[0]).toContain('3 hosts, 1 done, 1 running');
  expect(lines.slice(1)).toEqual(['  h2  binaries']);
});

test('events of other stages change nothing', () => {
  const other = { ...progress('h1', 'x'), stage: '03.runtime' } as RunEvent;
  expect(view(hosts, other)).toEqual(view(hosts));
});

test('three hundred hosts fit: counts, five failures, the first of the others, and how many are not shown', () => {
  const many = manyHosts(300);
  const lines = view(many, ...many.map((host) => stepStart(host, 'start')), ...many.slice(0, 40).map(hostFailed));
  expect(lines).toHaveLength(11);
  expect(lines[0]).toContain('300 hosts, 40 failed, 260 running, 2.1 s');
  expect(lines.filter((line) => line.startsWith('✖'))).toHaveLength(5);
  expect(lines[6]).toBe('  h041  start');
  expect(lines.at(-1)).toBe('  … 35 more failed, 256 more running');
  expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(76);
});

test('where only failures are left, they fill the room', () => {
  const many = manyHosts(300);
  const lines = view(many, ...many.map(hostFailed));
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('  … 291 more failed');
});

test.each([76, 60, 50, 36])('in %d columns the title gives way, the numbers stay', (columns) => {
  const start = stageStart(manyHosts(300));
  if (start.type !== 'stage-start') throw new Error('no start');
  const line = openStageView({ ...start, title: 'etcd members with a long title' }, () => 0).last(
    { ok: true, changed: 1234, durationMs: 185_000 },
    { ...room, style: { ...bare, columns } },
  );
  expect(line).toMatch(/^02\.etcd +.* {2}300 hosts, 1234/);
  expect(textWidth(line)).toBeLessThanOrEqual(columns);
  if (columns > 50) expect(line).toMatch(/300 hosts, 1234 changed, 3 min 5 s$/);
});
