import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/engine/events.ts';
import type { ReporterOptions } from '../../../src/report/index.ts';
import { report } from './output.ts';
import {
  change,
  check,
  created,
  hostFailed,
  mode,
  restart,
  runStart,
  stageEnd,
  stageStart,
  stepStart,
  summary,
} from './runs.ts';

const hosts = ['h1', 'h2', 'h3'];

/** What stays on the screen: drawing ends each stage by erasing its live view. */
async function left(events: readonly RunEvent[], options: Partial<ReporterOptions> = {}): Promise<string> {
  const { out } = await report(events, { format: 'tty', ...options });
  const frames = out.split('\u001b[?25l');
  return frames.map((frame) => stripVTControlCharacters(frame.slice(frame.lastIndexOf('\u001b[G') + 1))).join('');
}

test('a plan ends with what would change, and its total', async () => {
  const text = await left([
    runStart('plan', hosts),
    stageStart(hosts),
    ...hosts.map((host) => change(host, 'service:etcd.service', restart)),
    stageEnd({ changed: 3 }),
    summary({ changed: 3, restarted: 3 }),
  ]);
  expect(text).toContain('✔ 02.etcd         etcd members            3 hosts, 3 changed, 2.1 s\n');
  expect(text).toContain(`
02.etcd  etcd members
  h1, h2, h3
    ! service:etcd.service  inputs: /etc/etcd/etcd.conf → recorded (restart)

What restarts, and what that interrupts:
  service:etcd.service  on h1, h2, h3

Plan: 3 resources to change on 3 hosts, 3 units to restart.
`);
});

test('verification ends with its table', async () => {
  const text = await left([runStart('verify', hosts), check('dns'), summary()]);
  expect(text).toContain('✔  dns    0.3 s  ask dns  answers\n1 of 1 checks passed.\n\nDone in 31.4 s');
});

test('-v tells the changes below each stage, and where the time went', async () => {
  const events = [
    runStart('apply', hosts),
    stageStart(hosts),
    stepStart('h1', 'configuration'),
    change('h1', 'file:/a', mode),
    stageEnd({ changed: 1 }),
    summary({ changed: 1 }),
  ];
  expect(await left(events)).not.toContain('file:/a');
  const text = await left(events, { verbose: true });
  expect(text).toContain('2.1 s\n02.etcd  etcd members\n  h1\n    ~ file:/a  mode: 644 → 600\n');
  expect(text).toContain('Sent 0 B to 3 hosts.\nSlowest steps:\n        2.0 s  02.etcd  configuration\n');
});

test('a stage that was broken off is marked as failed, and its error comes after it', async () => {
  const { out, err } = await report(
    [
      runStart('apply', hosts),
      stageStart(hosts),
      change('h1', 'file:/a', created),
      { type: 'error', error: { code: 'CANCELLED', message: 'stopped by Ctrl-C' } },
    ],
    { format: 'tty', log: () => 'run.ndjson' },
  );
  expect(stripVTControlCharacters(out)).toContain(
    '✖ 02.etcd         etcd members            3 hosts, 1 changed, 3.0 s\n',
  );
  expect(err).toBe('✖ CANCELLED  stopped by Ctrl-C\n  Log: run.ndjson\n');
});

test('failures of hosts are told once, after their stage', async () => {
  const { err } = await report([stageStart(hosts), hostFailed('h1'), stageEnd({ ok: false }), summary({ ok: false })], {
    format: 'tty',
  });
  expect(err.match(/NOT_HEALTHY/g)?.length).toBe(1);
});

test('signs, spinner included, are ASCII where the locale is not UTF-8', async () => {
  const events = [runStart('apply', hosts), stageStart(hosts), stageEnd(), summary()];
  const { out } = await report(events, { format: 'tty', unicode: false });
  expect(out).toContain('[+] 02.etcd ');
  expect(stripVTControlCharacters(out)).toMatch(/^[\x20-\x7e\n]+$/);
});
