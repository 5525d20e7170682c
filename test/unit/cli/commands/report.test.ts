import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog } from '../../../../src/report/index.ts';
import { runStart, stageStart, summary } from '../../report/runs.ts';
import { cli } from '../io.ts';

let folder: string;
let inventory: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-report-'));
  inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = (): string => join(folder, '.k8sup', 'one');

function journal(day: number, command: string, ends: boolean): void {
  const log = openLog(state(), command, () => new Date(Date.UTC(2026, 10, day, 20, 31, 7)));
  log.emit(runStart(command, ['h1']));
  log.emit(stageStart(['h1']));
  if (ends) log.emit(summary({ ok: command === 'apply', changed: day }));
  log.close();
}

describe('runs', () => {
  it('says where there are none, instead of a head without a table', async () => {
    const { code, out } = await cli('runs', inventory);
    expect([code, out]).toEqual([0, `there is no journal of a run in ${join(state(), 'logs')}\n`]);
    expect((await cli('runs', inventory, '-o', 'json')).out).toBe('[]\n');
  });

  it('lists earlier runs, the newest first, with how they ended', async () => {
    journal(20, 'apply', true);
    journal(21, 'verify', true);
    journal(22, 'apply', false);
    const { code, out } = await cli('runs', inventory);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['RUN', 'COMMAND', 'RESULT', 'TOOK', 'HOSTS', 'CHANGED', 'RESTARTED'],
      ['2026-11-22T20-31-07-apply', 'apply', 'unfinished', '1', '0', '0'],
      ['2026-11-21T20-31-07-verify', 'verify', 'failed', '31.4 s', '1', '21', '0'],
      ['2026-11-20T20-31-07-apply', 'apply', 'done', '31.4 s', '1', '20', '0'],
      [''],
    ]);
    expect(JSON.parse((await cli('runs', inventory, '-o', 'json')).out)).toMatchObject([
      { result: 'unfinished' },
      { result: 'failed', changed: 21 },
      { name: '2026-11-20T20-31-07-apply', hosts: 1 },
    ]);
  });
});

describe('report', () => {
  it('writes a page of the last run beside its journal, for the owner alone', async () => {
    journal(20, 'apply', true);
    journal(21, 'verify', true);
    const { code, out } = await cli('report', '-i', inventory);
    const path = join(state(), 'reports', '2026-11-21T20-31-07-verify.html');
    expect([code, out]).toEqual([0, `${path}\n`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toContain('<code>k8sup verify</code>');
  });

  it('writes that of a run by its name or its beginning, to a file or to standard output', async () => {
    journal(20, 'apply', true);
    journal(21, 'verify', true);
    const file = join(folder, 'page.html');
    expect((await cli('report', '2026-11-20', '-i', inventory, '--out', file)).out).toBe(`${file}\n`);
    expect(readFileSync(file, 'utf8')).toContain('<code>k8sup apply</code>');
    expect((await cli('report', '2026-11-20T20-31-07-apply', '-i', inventory, '--out', '-')).out).toMatch(
      /^<!doctype html>/,
    );
  });

  it('says what there is where there is no such run, or no place for the page', async () => {
    const none = await cli('report', '-i', inventory);
    expect([none.code, none.err]).toEqual([64, expect.stringContaining('UNKNOWN_RUN')]);
    journal(20, 'apply', true);
    expect((await cli('report', 'nothing', '-i', inventory)).err).toContain('k8sup runs');
    const nowhere = await cli('report', '-i', inventory, '--out', join(folder, 'no', 'page.html'));
    expect([nowhere.code, nowhere.err]).toEqual([64, expect.stringContaining('FILE_NOT_WRITTEN')]);
  });
});

describe('--quiet', () => {
  it('shows nothing but errors, and not together with what shows more', async () => {
    writeFileSync(inventory, 'cluster: { name: one }\nhosts: []\n');
    const { code, out, err } = await cli('plan', inventory, '-q');
    expect([code, out]).toEqual([10, '']);
    expect(err).toContain('INVENTORY_INVALID');
    for (const flag of [['-o', 'json'], ['--diff'], ['-v']]) {
      const result = await cli('plan', inventory, '-q', ...flag);
      expect([result.code, result.err]).toEqual([64, expect.stringContaining('cannot be used with')]);
    }
  });
});
