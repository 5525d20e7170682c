import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/engine/events.ts';
import { report } from './output.ts';
import { change, hostFailed, mode, progress, restart, runStart, stageEnd, stageStart, summary } from './runs.ts';

const hosts = ['h1', 'h2'];

async function linesOf(events: readonly RunEvent[]): Promise<Record<string, unknown>[]> {
  const { out, err } = await report(events, { format: 'json', color: true, verbose: true, diff: true });
  expect(err).toBe('');
  expect(out.endsWith('}\n')).toBe(true);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('output is exactly the events, each with its time, and the summary is last', async () => {
  const events = [runStart('apply', hosts), stageStart(hosts), change('h1', 'file:/a', mode), stageEnd({ changed: 1 })];
  const late: RunEvent = { type: 'warning', text: 'the lock was gone' };
  const lines = await linesOf([...events, summary({ hosts: 2, changed: 1 }), late]);
  const at = expect.stringMatching(/^2026-11-20T20:31:\d\d\.000Z$/) as string;
  const told = [...events, late, summary({ hosts: 2, changed: 1 })];
  expect(lines).toStrictEqual(told.map((event) => ({ v: 1, at, ...event })));
  expect(lines[1]?.['at']).toBe('2026-11-20T20:31:08.000Z');
});

test('differences that a journal keeps are shown where they were asked for alone', async () => {
  const event = { ...change('h1', 'file:/a', mode), diff: '-x\n+y\n' } as RunEvent;
  for (const format of ['json', 'tty', 'plain'] as const) {
    const { out } = await report([stageStart(hosts), event, stageEnd()], { format, verbose: true });
    expect(out, format).not.toContain('+y');
  }
  expect((await report([event], { format: 'json', diff: true })).out).toContain('-x\\n+y');
});

test('a run that ended without a summary still gets one, counted from its events', async () => {
  const events = [
    runStart('apply', hosts),
    change('h1', 'file:/a', mode),
    change('h1', 'service:b', restart),
    hostFailed('h2'),
  ];
  expect((await linesOf(events)).at(-1)).toMatchObject({
    type: 'summary',
    hosts: 2,
    changed: 2,
    restarted: 1,
    failed: 1,
    durationMs: 4000,
    bytesSent: 0,
    ok: false,
  });
  expect(await linesOf([])).toMatchObject([{ type: 'summary', ok: true, hosts: 0 }]);
  expect((await linesOf([{ type: 'error', error: { code: 'X', message: 'x' } }])).at(-1)).toMatchObject({ ok: false });
});

test('an error behind the summary, of a log that could not be closed, makes it a bad one', async () => {
  const late: RunEvent = { type: 'error', error: { code: 'LOG_NOT_WRITTEN', message: 'disk full' } };
  expect((await linesOf([runStart('apply', hosts), summary({ hosts: 2, changed: 5 }), late])).at(-1)).toMatchObject({
    type: 'summary',
    changed: 5,
    ok: false,
  });
});

test('lines hold no control characters and no secrets', async () => {
  const { out } = await report([progress('h1', 'a\u001b[2J\u009b1m\u2028b\nhttp://u:p@x/')], { format: 'json' });
  expect(out).toMatch(/^[\x20-\x7e\n]+$/);
  expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({
    text: 'a\u001b[2J\u009b1m\u2028b\nhttp://u:[redacted]@x/',
  });
});
