import { describe, expect, it } from 'vitest';
import { outcome } from '../support/outcome.mjs';
import { inOnePiece, runProgram, wholeLines } from '../support/programs.mjs';

const report = (files: readonly (readonly string[])[], loaded = true): string => {
  const count = (status: string): number => files.flat().filter((one) => one === status).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    testResults: files.map((tests) => ({
      name: 'test/some.test.ts',
      message: loaded ? '' : 'SyntaxError: here\nand there',
      status: loaded && !tests.includes('failed') ? 'passed' : 'failed',
      assertionResults: tests.map((status, index) => ({
        status,
        fullName: `${status} ${String(index)}`,
        failureMessages: status === 'failed' ? ['AssertionError: 1 is 2\n at here'] : [],
      })),
    })),
  });
};

describe('what a suite counts for', () => {
  it('is what its report says, with the names of what was skipped', () => {
    expect(outcome(report([['passed', 'failed'], ['pending']]), 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
      skippedNames: ['pending 0'],
      failures: ['failed 1: AssertionError: 1 is 2\n     at here'],
    });
  });

  it('says why, of a file that could not be loaded and of a run that ended badly too', () => {
    expect(outcome(report([[]], false), 1).failures).toEqual(['test/some.test.ts: SyntaxError: here\n    and there']);
    expect(outcome(report([['passed']]), 3).failures).toEqual(['no test failed, but exit code 3 ended the run']);
    expect(outcome(undefined, 1).failures).toEqual(['no report']);
  });

  it.each([
    ['a file that could not be loaded, beside the failed test of another', report([[], ['failed']], false), 1, 2],
    ['a run that failed though no test did', report([['passed']]), 1, 1],
    ['a process ended by a signal after it had written a good report', report([['passed']]), undefined, 1],
    ['a process that died without a report', undefined, undefined, 1],
    ['a process that ended well and wrote no report', undefined, 0, 1],
    ['a report that is cut off', '{"numPassed', 0, 1],
  ])('has a failure for %s', (_, text, status, failed) => {
    expect(outcome(text, status).failed).toBe(failed);
  });
});

describe('runProgram', () => {
  it('gives the status and both outputs', async () => {
    let said = '';
    expect(await runProgram(['sh', '-c', 'echo out; echo err >&2; exit 3'], {}, (text) => (said += text))).toBe(3);
    expect(said.split('\n').sort()).toEqual(['', 'err', 'out']);
  });

  it('has no status for a program that a signal ends or that is not there', async () => {
    expect(await runProgram(['sh', '-c', 'kill -9 $$'], {}, () => undefined)).toBeUndefined();
    expect(await runProgram(['/no/such/program'], {}, () => undefined)).toBeUndefined();
  });
});

it('output by whole lines, and in one piece, loses nothing', () => {
  const said: string[] = [];
  const lines = wholeLines((text) => said.push(text));
  for (const text of ['a', 'b\nc\nd', '', 'e']) lines.write(text);
  lines.end();
  expect(said).toEqual(['ab\nc\n', 'de\n']);
  said.length = 0;
  const piece = inOnePiece((text) => said.push(text));
  for (const text of ['a\n', 'b']) piece.write(text);
  expect(said).toEqual([]);
  piece.end();
  expect(said).toEqual(['a\nb\n']);
});
