import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/engine/events.ts';
import { openErrorDesk } from '../../../src/report/error-desk.ts';
import { bare } from './output.ts';
import { hostFailed, manyHosts } from './runs.ts';

function taken(...events: readonly RunEvent[]): string {
  const desk = openErrorDesk({ style: bare, log: () => 'run.ndjson' });
  for (const event of events) desk.see(event);
  return desk.take();
}

test('hosts that failed in the same way share one block', () => {
  expect(taken(...manyHosts(300).map(hostFailed))).toBe(
    [
      '✖ NOT_HEALTHY  h001, h002, h003, h004, h005, h006 and 294 more: etcd answers was not reached within 60 s',
      '  dial tcp 10.0.0.9:2380: connection refused',
      '  h001 has no peer',
      '  Fix: see  journalctl -u etcd.service  on h001; then run the same command again',
      '',
    ].join('\n'),
  );
});

test('hosts that failed in different ways have blocks of their own, up to ten', () => {
  const events = manyHosts(12).map((host, number): RunEvent => {
    const error = { code: 'NO_DISK', message: `${host}: ${String(number)} MiB are free` };
    return { type: 'host-failed', stage: '01.prepare', host, error };
  });
  const lines = taken(...events).split('\n');
  expect(lines.slice(0, 2)).toEqual(['✖ NO_DISK  h001: 0 MiB are free', '✖ NO_DISK  h002: 1 MiB are free']);
  expect(lines.slice(9)).toEqual(['✖ NO_DISK  h010: 9 MiB are free', '2 more hosts failed: the log tells why', '']);
});

test('a name inside another name is no reason to put hosts together', () => {
  const failed = (host: string, message: string): RunEvent => ({
    type: 'host-failed',
    stage: 's',
    host,
    error: { code: 'X', message },
  });
  const text = taken(failed('h1', 'no route to h11'), failed('h2', 'no route to h21'));
  expect(text).toBe('✖ X  h1: no route to h11\n✖ X  h2: no route to h21\n');
});

test('the error that ends a run does not repeat what hosts told, and names the log', () => {
  const [first, second] = [hostFailed('h1'), hostFailed('h2')];
  const messages = ['h1', 'h2'].map((host) => `${host}: etcd answers was not reached within 60 s`);
  const error = { code: 'HOSTS_FAILED', message: '2 hosts failed', why: messages.join('\n'), fix: 'mend them' };
  const text = taken(first, second, { type: 'error', error });
  expect(text.match(/was not reached/g)?.length).toBe(1);
  expect(text).toMatch(/✖ HOSTS_FAILED {2}2 hosts failed\n {2}Fix: mend them\n {2}Log: run.ndjson\n$/);
});

test('the error of the only host that failed is told once', () => {
  const failed = hostFailed('h1');
  if (failed.type !== 'host-failed') throw new Error('no failure');
  const text = taken(failed, { type: 'error', error: { ...failed.error, stage: '02.etcd' } });
  expect(text.match(/NOT_HEALTHY/g)?.length).toBe(1);
  expect(text.endsWith('  Log: run.ndjson\n')).toBe(true);
});

test('nothing is told twice', () => {
  const desk = openErrorDesk({ style: bare });
  desk.see(hostFailed('h1'));
  expect(desk.take()).toContain('NOT_HEALTHY');
  expect(desk.take()).toBe('');
});

test('a defect comes with its stack', () => {
  const error = { code: 'BUG', message: 'x is undefined', stack: 'at run (run.ts:1:1)' };
  expect(taken({ type: 'error', error })).toContain(
    '✖ BUG  x is undefined\n  at run (run.ts:1:1)\n  Fix: this is a defect',
  );
});
