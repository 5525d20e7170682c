import { expect, test } from 'vitest';
import { report } from './output.ts';
import { change, hostFailed, mode, runStart, stageEnd, stageStart, summary } from './runs.ts';

test('quiet says nothing where all is well', async () => {
  const events = [runStart('apply', ['h1']), stageStart(['h1']), change('h1', 'file:/a', mode), stageEnd(), summary()];
  expect(await report(events, { format: 'quiet' })).toEqual({ out: '', err: '' });
});

test('quiet tells warnings and the whole story of what failed, on standard error', async () => {
  const { out, err } = await report(
    [
      stageStart(['h1', 'h2']),
      { type: 'warning', host: 'h2', text: 'the clock is 2 s late' },
      hostFailed('h1'),
      stageEnd({ ok: false }),
      { type: 'error', error: { code: 'NOT_HEALTHY', message: 'h1: etcd answers was not reached within 60 s' } },
      summary({ ok: false }),
    ],
    { format: 'quiet', log: () => 'run.ndjson' },
  );
  expect(out).toBe('');
  expect(err).toBe(`⚠ h2: the clock is 2 s late
✖ NOT_HEALTHY  h1: etcd answers was not reached within 60 s
  dial tcp 10.0.0.9:2380: connection refused
  h1 has no peer
  Fix: see  journalctl -u etcd.service  on h1; then run the same command again
  Log: run.ndjson
`);
});

test('colours of errors follow the stream they go to', async () => {
  const events = [hostFailed('h1'), stageEnd({ ok: false })];
  for (const format of ['quiet', 'tty'] as const) {
    expect((await report(events, { format, color: true, errColor: false })).err).not.toContain('\u001b');
    expect((await report(events, { format, color: false, errColor: true })).err).toContain('\u001b[31m');
  }
});
