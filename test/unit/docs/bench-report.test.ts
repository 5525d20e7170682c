import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepSection } from '../../bench/report.ts';
import { goalBetween } from '../../bench/result.ts';
import type { Results, Row, Section } from '../../bench/result.ts';
import { timelineText } from '../../bench/timeline.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'k8sup-bench-report-'))));
afterEach(() => rm(folder, { recursive: true }));

const row = (tool: string, medianMs: number): Row => ({
  ...{ what: 'work', hosts: 5, tool, medianMs },
  ...{ runs: 1, minMs: medianMs, maxMs: medianMs },
});

const section = (id: string, at: string): Section => ({
  ...{ id, title: `title of ${id}`, about: 'how', rows: [row('k8sup', 1234)], goals: [], missing: [] },
  measured: { at, seconds: 1, machine: 'a machine', tools: [] },
});

test('what is measured anew takes the place of what was there; the other parts stay, in one order, with their own dates', async () => {
  await keepSection(folder, section('startup', 'monday'));
  await keepSection(folder, section('prepare', 'monday'));
  await keepSection(folder, section('startup', 'tuesday'));
  const { sections } = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as Results;
  expect(sections.map(({ id, measured }) => `${id} ${measured.at}`)).toEqual(['prepare monday', 'startup tuesday']);
  expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('Measured monday');
});

test('a goal that is missed says why, and a run that was ended counts as more', () => {
  const goal = (more: Row, less: Row) =>
    goalBetween('at most twice', { more, less, times: 2, by: 'most' }, () => 'for a reason');
  expect(goal(row('a', 300), row('b', 100))).toEqual({
    ...{ text: 'at most twice', measured: '3.00 times', met: false, why: 'for a reason' },
  });
  expect(goal(row('a', 100), row('b', 100))).toEqual({ text: 'at most twice', measured: '1.00 times', met: true });
  expect(goal({ ...row('a', 300), cut: true }, row('b', 100)).measured).toBe('more than 3.00 times');
});

test('a timeline has a line for each host, with what it did in each slice of time', () => {
  const text = timelineText([
    { host: 'h1', text: '02.etcd', fromMs: 0, toMs: 50 },
    { host: 'h2', text: '03.runtime', fromMs: 50, toMs: 100 },
  ]);
  expect(text).toMatch(/^h1 A{50}\.{50}$/m);
  expect(text).toMatch(/^h2 \.{50}B{50}$/m);
});
