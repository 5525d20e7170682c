import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openLog } from '../../../../src/report/log.ts';
import {
  change,
  created,
  hostFailed,
  manyHosts,
  progress,
  runStart,
  stageEnd,
  stageStart,
  stepStart,
  summary,
} from '../runs.ts';
import { whyNoTerminal } from '../../../support/tmux.ts';
import { openTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const missing = whyNoTerminal();

/** A line of a host at work without how long it has been at it. */
function withoutTime(line: string): string {
  return line.replace(/ {2}\d+\.\d s(, slowest)?$/, '');
}

/** Waits until the screen shows the text, and returns its lines. */
async function shows(terminal: Terminal, text: string): Promise<string[]> {
  return vi.waitFor(
    async () => {
      const lines = await terminal.screen();
      expect(lines.join('\n')).toContain(text);
      return lines;
    },
    { timeout: 60_000, interval: 50 },
  );
}

test.skipIf(missing !== undefined)(
  `three hosts, from start to end, in 80 columns${missing === undefined ? '' : ` (${missing})`}`,
  async () => {
    const hosts = ['h1', 'h2', 'h3'];
    await using terminal = await openTerminal({ columns: 80, rows: 24 });
    terminal.emit(runStart('apply', hosts), stageStart(hosts));
    const begin = await shows(terminal, 'looking at the hosts');
    expect(begin[0]).toBe('k8sup apply  prod, 3 hosts');
    expect(begin[1]).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] 02\.etcd {9}etcd members {12}3 hosts, \d+\.\d s$/);
    expect(await terminal.cursorVisible()).toBe(false);

    terminal.emit(...hosts.flatMap((host) => [stepStart(host, 'configuration'), change(host, 'file:/a', created)]));
    terminal.emit(progress('h2', 'waiting: etcd answers'));
    const middle = await shows(terminal, 'waiting: etcd answers');
    expect(middle.slice(2, -1).map(withoutTime)).toEqual([
      '    h1  configuration',
      '    h3  configuration',
      '    h2  waiting: etcd answers',
    ]);
    expect(middle.at(-1)).toMatch(/^ {4}\d+\.\d s in all$/);

    terminal.emit(stageEnd({ changed: 3 }), { type: 'warning', text: 'clocks differ' }, summary({ changed: 3 }));
    await terminal.end();
    expect(await shows(terminal, 'Done in')).toEqual([
      'k8sup apply  prod, 3 hosts',
      '✔ 02.etcd         etcd members            3 hosts, 3 changed, 2.1 s',
      '⚠ clocks differ',
      'Done in 31.4 s: 3 hosts, 3 changed, 0 restarted.',
    ]);
    expect(await terminal.cursorVisible()).toBe(true);
  },
);

test.skipIf(missing !== undefined)(
  'three hundred hosts: one screen while they run, one line each stage afterwards',
  async () => {
    const hosts = manyHosts(300);
    await using terminal = await openTerminal({ columns: 80, rows: 24 });
    terminal.emit(runStart('apply', hosts), stageStart(hosts), stageEnd(), stageStart(hosts));
    terminal.emit(...hosts.map((host) => stepStart(host, 'configuration')));
    terminal.emit(...hosts.flatMap((host) => [change(host, 'file:/a', created), progress(host, 'file:/a')]));
    terminal.emit(...hosts.slice(0, 20).map(hostFailed));
    const lines = await shows(terminal, '15 more failed, 276 more running');
    expect(lines).toHaveLength(14);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[1]).toBe('✔ 02.etcd         etcd members            300 hosts, no changes, 2.1 s');
    expect(lines[2]).toContain('300 hosts, 20 failed, 280 running, 300 changes');
    expect(lines[3]).toBe('  ✖ h001  NOT_HEALTHY: etcd answers was not reached within 60 s');
    expect(withoutTime(lines[8] ?? '')).toBe('    h021  file:/a');
    expect(lines.at(-1)).toMatch(/^ {4}\d+\.\d s in all$/);

    terminal.emit(stageEnd({ ok: false, changed: 300 }));
    terminal.emit({ type: 'error', error: { code: 'HOSTS_FAILED', message: '20 hosts failed in stage 02.etcd' } });
    terminal.emit(summary({ hosts: 300, failed: 20, changed: 300, ok: false }));
    await terminal.end();
    const end = await shows(terminal, 'Failed after');
    expect(end).toEqual([
      'k8sup apply  prod, 300 hosts',
      '✔ 02.etcd         etcd members            300 hosts, no changes, 2.1 s',
      '✖ 02.etcd         etcd members         300 hosts, 20 failed, 300 changed, 2.1 s',
      '✖ NOT_HEALTHY  h001, h002, h003, h004, h005, h006 and 14 more: etcd answers was',
      'not reached within 60 s',
      '  dial tcp 10.0.0.9:2380: connection refused',
      '  h001 has no peer',
      '  Fix: see  journalctl -u etcd.service  on h001; then run the same command again',
      '✖ HOSTS_FAILED  20 hosts failed in stage 02.etcd',
      '  Log: .k8sup/prod/logs/2026-11-20T20-31-07-apply.ndjson',
      'Failed after 31.4 s: 300 hosts, 20 failed, 300 changed, 0 restarted.',
    ]);
    expect(await terminal.history()).toEqual(end);
  },
);

test.skipIf(missing !== undefined)('a low, narrow terminal', async () => {
  const hosts = manyHosts(300);
  await using terminal = await openTerminal({ columns: 60, rows: 8 });
  terminal.emit(stageStart(hosts), ...hosts.map((host) => stepStart(host, 'configuration '.repeat(10))));
  const lines = await shows(terminal, '297 more running');
  expect(lines).toHaveLength(6);
  expect(lines[0]).toContain('300 hosts, 300 running');
});

// Where a line breaks in two, some terminals push rows above the screen, where nobody can take them back: what is on the screen must be right.
test.skipIf(missing !== undefined).each([
  [100, 50],
  [50, 100],
])('a terminal that becomes %d, then %d columns wide shows one right view', async (...widths) => {
  const hosts = manyHosts(300);
  await using terminal = await openTerminal({ columns: 80, rows: 24 });
  terminal.emit(runStart('apply', hosts), stageStart(hosts));
  terminal.emit(...hosts.map((host) => stepStart(host, 'configuration '.repeat(10))));
  await shows(terminal, 'more running');
  for (const width of widths) {
    await terminal.resize(width);
    await vi.waitFor(
      async () => {
        const lines = await terminal.screen();
        expect(lines.filter((line) => /02\.etcd|more running|in all/.test(line))).toHaveLength(3);
        expect(lines.at(-12)).toMatch(/02\.etcd .* {2}300 hosts, 300 running/);
        const columns = lines.slice(-11, -2).map((line) => line.length);
        expect([Math.min(...columns), Math.max(...columns)]).toEqual([width - 1, width - 1]);
      },
      { timeout: 60_000, interval: 50 },
    );
  }
  terminal.emit(stageEnd(), summary({ hosts: 300 }));
  await terminal.end();
  const end = await shows(terminal, 'Done in');
  expect(end.at(-2)).toMatch(/^✔ 02\.etcd/);
  expect(end.join('\n')).not.toContain('more running');
});

test.skipIf(missing !== undefined)('a run that is broken off gives the cursor back', async () => {
  await using terminal = await openTerminal({ columns: 80, rows: 24 });
  terminal.emit(stageStart(['h1']), stepStart('h1', 'configuration'));
  await shows(terminal, 'h1  configuration');
  await terminal.end();
  expect((await shows(terminal, '✖'))[0]).toMatch(/^✖ 02\.etcd {9}etcd members {12}1 host, no changes, /);
  expect(await terminal.cursorVisible()).toBe(true);
});

test.skipIf(missing !== undefined)(
  'the foot of the view tells how far the run is, and what earlier runs took',
  async () => {
    const state = mkdtempSync(join(tmpdir(), 'k8sup-state-'));
    try {
      writeJournal(state, { '02.etcd': 600_000, '03.runtime': 300_000 });
      await using terminal = await openTerminal({ columns: 80, rows: 24, flags: [`--state=${state}`] });
      terminal.emit(runStart('apply', ['h1']), {
        type: 'run-stages',
        stages: ['02.etcd', '03.runtime'].map((id) => ({ id, title: id })),
      });
      terminal.emit(stageStart(['h1']), stepStart('h1', 'configuration'));
      const lines = await shows(terminal, 'left');
      expect(lines.at(-1)).toMatch(/^ {4}stage 1 of 2, \d+\.\d s in all, about 1[45] min( \d+ s)? left$/);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  },
);

test.skipIf(missing !== undefined)('what hosts print moves no cursor, sets no colour and no title', async () => {
  await using terminal = await openTerminal({ columns: 80, rows: 24 });
  const evil = 'a\u001b[2J\u001b[5;5Hb\rc\u0008\u009b1A\u001b]0;title\u0007\u202e';
  terminal.emit(runStart('apply', ['h1']), { type: 'warning', text: evil }, stageStart(['h1']));
  terminal.emit(stepStart('h1', 'configuration'), progress('h1', evil));
  const lines = await shows(terminal, 'h1  a');
  expect(lines[0]).toBe('k8sup apply  prod, 1 host');
  expect(lines[1]).toMatch(/^⚠ a\\x1b\[2J\\x1b\[5;5Hb/);
  expect(lines).toHaveLength(5);
  expect(await terminal.title()).not.toContain('title');
});

test.skipIf(missing !== undefined)('a terminal without UTF-8 gets ASCII alone', async () => {
  await using terminal = await openTerminal({ columns: 80, rows: 24, locale: 'C' });
  terminal.emit(runStart('apply', ['h1']), stageStart(['h1']), stepStart('h1', 'größer'), {
    type: 'warning',
    text: '\u011b moves the cursor in Latin-1',
  });
  expect((await shows(terminal, 'h1  gr??er'))[2]?.trim()).toBe('h1  gr??er');
  terminal.emit(stageEnd(), summary({ hosts: 1 }));
  await terminal.end();
  const end = await shows(terminal, 'Done in');
  expect(end[1]).toMatch(/^\[\+\] 02\.etcd/);
  expect(end[2]).toBe('[!] ? moves the cursor in Latin-1');
});

/** A journal of a run whose stages took these milliseconds, and nothing after them. */
function writeJournal(state: string, stages: Readonly<Record<string, number>>): void {
  const log = openLog(state, 'apply', () => new Date('2026-11-20T20:31:07Z'));
  log.emit(runStart('apply', ['h1']));
  for (const [stage, durationMs] of Object.entries(stages)) {
    log.emit({ type: 'stage-end', stage, ok: true, changed: 0, durationMs });
  }
  log.emit(summary({ hosts: 1 }));
  log.close();
}
