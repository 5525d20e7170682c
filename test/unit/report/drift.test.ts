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

test('drift of a playbook is told with its line, and that of objects with who wrote them', () => {
  const object = { ...change, host: '(cluster)', owner: 'playbook a.yaml:12' };
  const absent = { path: 'object', from: 'absent', to: 'as wanted', effect: 'create' } as const;
  const writers = [{ manager: 'kubectl-edit', operation: 'Update', at: '2026-01-02T03:04:05Z' }];
  const events: readonly ChangeEvent[] = [
    { ...change, owner: 'playbook a.yaml:4', cause: 'host' },
    { ...object, resource: 'ConfigMap a', cause: 'cluster', writers },
    { ...object, resource: 'ConfigMap b', cause: 'both', writers },
    { ...object, resource: 'ConfigMap c', cause: 'cluster', changes: [absent] },
    { ...object, resource: 'ConfigMap d', cause: 'unrecorded' },
    { ...object, resource: 'ConfigMap e', cause: 'inventory' },
  ];
  const lines = renderDrift(events, { diff: false, columns: 120 }).split('\n');
  expect(lines.filter((line) => !line.includes('→'))).toEqual([
    'h1',
    '  file:/a  (playbook a.yaml:4, 02.etcd, members)',
    '      changed on the host',
    'cluster',
    '  ConfigMap a  (playbook a.yaml:12, 02.etcd, members)',
    '      changed in the cluster by kubectl-edit (2026-01-02T03:04:05Z)',
    '  ConfigMap b  (playbook a.yaml:12, 02.etcd, members)',
    '      changed in the cluster by kubectl-edit (2026-01-02T03:04:05Z); the inventory wants something else now, too',
    '  ConfigMap c  (playbook a.yaml:12, 02.etcd, members)',
    '      an apply made it, and it was deleted in the cluster; who did is not recorded',
    '  ConfigMap d  (playbook a.yaml:12, 02.etcd, members)',
    '      the cluster has no record of who took away what is missing, or whether it was ever there',
    '  ConfigMap e  (playbook a.yaml:12, 02.etcd, members)',
    '      as apply left it; the inventory wants something else now',
    '',
    'Drift: 6 resources: 1 changed on the host, 2 changed in the cluster, 1 by the inventory, 1 by both, 1 of unknown cause.',
  ]);
});

test('no drift is told as such', () => expect(renderDrift([], { diff: false, columns: 80 })).toMatch(/^No drift/));
