import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from '../../../src/report/log.ts';
import { hostFailed, progress } from './runs.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'k8sup-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const now = (): Date => new Date('2026-11-20T20:31:07.250Z');

test('every event is on disk as soon as it was told, for the owner alone', () => {
  const log = openLog(dir, 'stage 06.network', now);
  log.emit(progress('h1', 'token abcdef.0123456789abcdef'));
  expect(log.path).toBe(join(dir, 'logs', '2026-11-20T20-31-07-stage-06.network.ndjson'));
  expect(readFileSync(log.path, 'utf8')).toBe(
    '{"v":1,"at":"2026-11-20T20:31:07.250Z","type":"progress","stage":"02.etcd","host":"h1","text":"token abcdef.[redacted]"}\n',
  );
  expect(statSync(log.path).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'logs')).mode & 0o777).toBe(0o700);
  log.emit(hostFailed('h1'));
  log.close();
  expect(readFileSync(log.path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});

test('runs of the same second have logs of their own', () => {
  const logs = [openLog(dir, 'plan', now), openLog(dir, 'plan', now)];
  for (const log of logs) log.close();
  expect(new Set(logs.map((log) => log.path)).size).toBe(2);
});

test('the newest fifty logs are kept, the new one among them, and other files stay', () => {
  mkdirSync(join(dir, 'logs'));
  const old = Array.from({ length: 60 }, (_, n) => `2026-11-19T10-00-${String(n).padStart(2, '0')}-apply.ndjson`);
  for (const name of [...old, 'notes.txt']) writeFileSync(join(dir, 'logs', name), '');
  openLog(dir, 'apply', now).close();
  const left = readdirSync(join(dir, 'logs')).sort();
  expect(left).toEqual([...old.slice(11), '2026-11-20T20-31-07-apply.ndjson', 'notes.txt']);
});

test('the new log stays when the clock was put back', () => {
  mkdirSync(join(dir, 'logs'));
  for (let n = 0; n < 60; n += 1)
    writeFileSync(join(dir, 'logs', `2027-01-01T00-00-${String(n).padStart(2, '0')}-a.ndjson`), '');
  const log = openLog(dir, 'apply', now);
  log.close();
  expect(readdirSync(join(dir, 'logs'))).toHaveLength(50);
  expect(statSync(log.path).isFile()).toBe(true);
});

test('a folder that cannot be made is an error with a fix', () => {
  writeFileSync(join(dir, 'logs'), '');
  expect(() => openLog(dir, 'apply', now)).toThrow(expect.objectContaining({ code: 'LOG_NOT_WRITTEN', kind: 'usage' }));
});
