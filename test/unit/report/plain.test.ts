import { expect, test } from 'vitest';
import { clusterTarget } from '../../../src/engine/events.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { report } from './output.ts';
import {
  change,
  check,
  created,
  hostFailed,
  manyHosts,
  mode,
  progress,
  restart,
  runStart,
  stageEnd,
  stageStart,
  stepStart,
  summary,
} from './runs.ts';

const hosts = ['h1', 'h2', 'h3'];

test('an apply tells its stages, changes and checks, one line each, with the time since its start', async () => {
  const { out, err } = await report(
    [
      runStart('apply', hosts),
      stageStart(hosts),
      stepStart('h1', 'configuration'),
      change('h1', 'file:/etc/etcd/etcd.conf', created, mode),
      progress('h1', 'file:/etc/etcd/etcd.conf'),
      change('h1', 'service:etcd.service', restart),
      progress('h1', 'waiting: etcd answers'),
      { type: 'host-done', stage: '02.etcd', host: 'h1', changed: 2, durationMs: 900 },
      { type: 'host-done', stage: '02.etcd', host: 'h2', changed: 0, durationMs: 900 },
      { type: 'warning', host: 'h2', text: 'the clock is 2 s late' },
      stageEnd({ changed: 2 }),
      { type: 'note', text: 'on the router:\n  ip route' },
      check('dns'),
      check('all', { skipped: true, result: 'no network' }),
      check('nodePort', { ok: false, result: 'h2 refused', cause: 'X_Y', why: 'why it is', fix: 'do so' }),
      summary({ changed: 2, restarted: 1 }),
    ],
    { format: 'plain', color: true },
  );
  expect(err).toBe('');
  expect(out).toBe(`[   0.0 s] apply prod: 3 hosts
[   1.0 s] 02.etcd: etcd members, 3 hosts
[   3.0 s] 02.etcd h1: file:/etc/etcd/etcd.conf content: absent → sha256:0123456789ab, mode: 644 → 600
[   5.0 s] 02.etcd h1: service:etcd.service inputs: /etc/etcd/etcd.conf → recorded (restart)
[   6.0 s] 02.etcd h1: waiting: etcd answers
[   7.0 s] 02.etcd h1: done, 2 changed, 0.9 s
[   9.0 s] WARNING h2: the clock is 2 s late
[  10.0 s] 02.etcd: done, 2 changed, 2.1 s
[  11.0 s] NOTE on the router:
  ip route
[  12.0 s] check dns: ok, answers (0.3 s)
[  13.0 s] check all: skipped, no network (0.3 s)
[  14.0 s] check nodePort: FAILED, h2 refused (0.3 s); likely cause: why it is (X_Y); fix: do so
Done in 31.4 s: 3 hosts, 2 changed, 1 restarted.
Restarted:
  service:etcd.service  on h1
Slowest steps:
        8.0 s  02.etcd  configuration
`);
});

test('a plan ends with its total and the units that restart', async () => {
  const { out } = await report(
    [
      runStart('plan', hosts),
      ...hosts.map((host) => change(host, 'service:etcd.service', restart)),
      {
        type: 'pending',
        stage: '07.addons',
        step: 'dns',
        host: clusterTarget,
        resource: 'dns',
        reason: 'no apiserver yet',
      },
      summary({ changed: 3, restarted: 3 }),
    ],
    { format: 'plain' },
  );
  expect(out).toContain('[   4.0 s] 07.addons cluster: dns known after apply: no apiserver yet\n');
  expect(out.split('\n').slice(-5)).toEqual([
    'What restarts, and what that interrupts:',
    '  service:etcd.service  on h1, h2, h3',
    '',
    'Plan: 3 resources to change on 3 hosts, 1 known after apply, 3 units to restart.',
    '',
  ]);
});

test.each(['plain', 'tty'] as const)('a plan that failed does not say that nothing changes: %s', async (format) => {
  const { out } = await report([runStart('plan', hosts), summary({ ok: false })], { format });
  expect(out).toContain('Failed after');
  expect(out).not.toContain('No changes');
});

test('a plan of three hundred hosts names every host of every change', async () => {
  const many = manyHosts(300);
  const { out } = await report([...many.map((host) => change(host, 'file:/a', mode)), summary()], { format: 'plain' });
  for (const host of many) expect(out).toContain(` 02.etcd ${host}: file:/a mode: 644 → 600\n`);
});

test('failures have a line on standard output and their whole story on standard error', async () => {
  const { out, err } = await report(
    [
      runStart('apply', hosts),
      stageStart(hosts),
      hostFailed('h1'),
      stageEnd({ ok: false }),
      { type: 'error', error: { code: 'NOT_HEALTHY', message: 'h1: etcd answers was not reached within 60 s' } },
      summary({ ok: false, failed: 1 }),
    ],
    { format: 'plain', log: () => 'run.ndjson' },
  );
  expect(out).toContain('[   2.0 s] 02.etcd h1: FAILED NOT_HEALTHY etcd answers was not reached within 60 s\n');
  expect(out).toContain('[   3.0 s] 02.etcd: FAILED, 0 changed, 2.1 s\n');
  expect(out).toContain('\nFailed after 31.4 s: 3 hosts, 1 failed, 0 changed, 0 restarted.\n');
  expect(err).toBe(`✖ NOT_HEALTHY  h1: etcd answers was not reached within 60 s
  dial tcp 10.0.0.9:2380: connection refused
  h1 has no peer
  Fix: see  journalctl -u etcd.service  on h1; then run the same command again
  Log: run.ndjson
`);
});

test('progress is told when it is news; -v tells all of it, the steps and where the time went', async () => {
  const events = [
    runStart('apply', hosts),
    stageStart(hosts),
    stepStart('h1', 'binaries'),
    progress('h1', 'uploading 10 %'),
    progress('h1', 'uploading 20 %'),
    { type: 'applied', stage: '02.etcd', step: 'binaries', host: 'h1', resource: 'binary:etcd', durationMs: 1500 },
    stepStart('h1', 'start'),
    stageEnd(),
    summary({ bytesSent: 327_680_000 }),
  ] satisfies RunEvent[];
  const quiet = await report(events, { format: 'plain' });
  expect(quiet.out.match(/uploading/g)?.length).toBe(1);
  expect(quiet.out).not.toMatch(/step binaries|applied|Sent/);
  const { out } = await report(events, { format: 'plain', verbose: true });
  expect(out).toContain('[   4.0 s] 02.etcd h1: uploading 20 %\n');
  expect(out).toContain('[   2.0 s] 02.etcd h1: step binaries\n');
  expect(out).toContain('[   5.0 s] 02.etcd h1: binary:etcd applied in 1.5 s\n');
  expect(out).toContain(`Sent 312.5 MiB to 3 hosts.
Slowest steps:
        4.0 s  02.etcd  binaries
        1.0 s  02.etcd  start
`);
});

test('many restarted units are named up to a limit', async () => {
  const units = Array.from({ length: 9 }, (_, index) => `service:u${index}.service`);
  const events = [runStart('apply', hosts), ...units.map((unit) => change('h1', unit, restart)), summary()];
  const { out } = await report(events, { format: 'plain' });
  expect(out.split('Restarted:\n')[1]).toContain('  service:u5.service  on h1\n  … 3 more units\n');
});

test('--diff shows the differences of files', async () => {
  const event = { ...change('h1', 'file:/a', mode), diff: '--- /a\n+++ /a\n@@ -1 +1 @@\n-x\n+y\n' } as RunEvent;
  expect((await report([event], { format: 'plain' })).out).not.toContain('+y');
  expect((await report([event], { format: 'plain', diff: true })).out).toContain('\n-x\n+y\n');
});

test('no event can put control characters or secrets into the output', async () => {
  const text = '\u001b]0;title\u0007\u009b2J http://u:p@x/ \u202e';
  const { out } = await report(
    [
      progress('h1', text),
      { type: 'warning', text },
      check(text, { result: text }),
      change('h1', text, { path: text, from: text, to: text, effect: 'update' }),
    ],
    { format: 'plain', color: true },
  );
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(out).not.toContain('u:p@');
});

test('an error before any run is told when the reporter ends', async () => {
  const error = { code: 'LOCKED', message: 'another run holds the lock', fix: 'wait' };
  const { out, err } = await report([{ type: 'error', error }], { format: 'plain', unicode: false });
  expect(out).toBe('');
  expect(err).toBe('[x] LOCKED  another run holds the lock\n  Fix: wait\n');
});
