import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isAlive, parseProcesses, parseStartTime } from '../../../src/lab/processes.ts';

const stat = (state: string) =>
  `7 (a) b (c) ${state} 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1000 200 18446744073709551615 0 0`;

describe('processes', () => {
  it('reads the record and leaves out a line that a crash cut off', () => {
    expect(parseProcesses('supervisor 10 100\nnspawn 11 101\ninit 12 1')).toEqual([
      { role: 'supervisor', pid: 10, startTime: '100' },
      { role: 'nspawn', pid: 11, startTime: '101' },
      { role: 'init', pid: 12, startTime: '1' },
    ]);
    expect(parseProcesses('init 12 \nnspawn 1')).toEqual([]);
  });

  it('finds the start time behind a name with blanks and parentheses', () => {
    expect(parseStartTime(stat('S'))).toBe('4711');
  });

  it('counts a zombie as ended', () => {
    expect(parseStartTime(stat('Z'))).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('tells a process from a later one with its id', () => {
    const own = parseStartTime(readFileSync('/proc/self/stat', 'utf8')) ?? '';
    expect(isAlive({ role: 'init', pid: process.pid, startTime: own })).toBe(true);
    expect(isAlive({ role: 'init', pid: process.pid, startTime: '1' })).toBe(false);
  });
});
