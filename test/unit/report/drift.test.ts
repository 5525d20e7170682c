import { expect, test } from 'vitest';
import { renderDrift } from '../../../src/report/index.ts';
import type { RunEvent } from '../../../src/engine/events.ts';

type ChangeEvent = Extract<RunEvent, { type: 'change' }>;
const mode = { path: 'mode', from: '644', to: '600', effect: 'update' } as const;
const change: ChangeEvent = {
  type: 'change',
  stage: '02.etcd',
  step: 'members',
  host: 'h1',
  resource: 'file:/a',
  changes: [mode],
};

test('drift stands by host, with whose it is and why', () => {
  const events: readonly ChangeEvent[] = [
    { ...change, cause: 'host', diff: '-a\n+b\n' },
    { ...change, resource: 'file:/b', cause: 'inventory' },
    { ...change, host: '(cluster)', resource: 'Deployment n/d' },
  ];
  expect(renderDrift(events, { diff: true, columns: 120 })).toBe(
    [
      'h1',
      '  file:/a  (02.etcd, members)',
      '      changed on the host',
      '      mode: 644 → 600',
      '      -a',
      '      +b',
      '  file:/b  (02.etcd, members)',
      '      as apply left it; the inventory wants something else now',
      '      mode: 644 → 600',
      'cluster',
      '  Deployment n/d  (02.etcd, members)',
      '      differs in the cluster',
      '      mode: 644 → 600',
      '',
      'Drift: 3 resources: 1 changed on the host, 1 by the inventory, 1 in the cluster.',
    ].join('\n'),
  );
});

test('no drift is told as such', () => expect(renderDrift([], { diff: false, columns: 80 })).toMatch(/^No drift/));
