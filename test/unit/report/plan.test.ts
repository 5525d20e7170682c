import { expect, test } from 'vitest';
import { clusterTarget } from '../../../src/engine/events.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { renderPlan } from '../../../src/report/plan.ts';
import { ascii, bare } from './output.ts';
import { change, created, manyHosts, mode, restart, stageStart } from './runs.ts';

const hosts = ['h1', 'h2', 'h3'];
const options = { style: bare, diff: false };

test('changes stand by stage and hosts; hosts with the same change stand together', () => {
  const events = [
    stageStart(hosts),
    ...hosts.flatMap((host) => [
      change(host, 'file:/etc/etcd/etcd.conf', created, mode),
      change(host, 'file:/etc/etcd/pki/ca.pem', mode),
    ]),
    change('h2', 'file:/etc/etcd/pki/peer.pem', { ...created, to: 'sha256:aaaa' }),
    ...hosts.map((host) => change(host, 'service:etcd.service', restart)),
  ];
  expect(renderPlan(events, options)).toBe(
    [
      '02.etcd  etcd members',
      '  h1, h2, h3',
      '    + file:/etc/etcd/etcd.conf',
      '        content: absent → sha256:0123456789ab',
      '        mode: 644 → 600',
      '    ~ file:/etc/etcd/pki/ca.pem  mode: 644 → 600',
      '    ! service:etcd.service  inputs: /etc/etcd/etcd.conf → recorded (restart)',
      '  h2',
      '    + file:/etc/etcd/pki/peer.pem  content: absent → sha256:aaaa',
      '',
      'What restarts, and what that interrupts:',
      '  service:etcd.service  on h1, h2, h3',
      '',
      'Plan: 10 resources to change on 3 hosts, 3 units to restart.',
    ].join('\n'),
  );
});

test('a run without changes says so', () => {
  expect(renderPlan([stageStart(hosts)], options)).toBe('No changes.');
});

test('what is known only after apply is told with its reason', () => {
  const pending: RunEvent = {
    type: 'pending',
    stage: '07.addons',
    step: 'coredns',
    host: clusterTarget,
    resource: 'coredns',
    reason: 'no apiserver answers yet',
  };
  const object = { ...change(clusterTarget, 'Service kube-system/kube-dns', created), stage: '07.addons' } as RunEvent;
  expect(renderPlan([object, pending], options)).toBe(
    [
      '07.addons',
      '  cluster',
      '    + Service kube-system/kube-dns  content: absent → sha256:0123456789ab',
      '    ? coredns  known after apply: no apiserver answers yet',
      '',
      'Plan: 1 resource to change in the cluster, 1 known after apply, 0 units to restart.',
    ].join('\n'),
  );
});

test('hosts and the cluster are counted apart', () => {
  const events = [change('h1', 'file:/a', created), change(clusterTarget, 'Service a/b', created)];
  expect(renderPlan(events, options)).toContain('Plan: 2 resources to change on 1 host and in the cluster, 0 units');
});

test('three hundred hosts take one line', () => {
  const many = manyHosts(300);
  const text = renderPlan(
    many.map((host) => change(host, 'file:/etc/hosts', mode)),
    options,
  );
  expect(text.split('\n').slice(1, 3)).toEqual([
    '  h001, h002, h003, h004, h005, h006, h007, h008 and 292 more (300 hosts)',
    '    ~ file:/etc/hosts  mode: 644 → 600',
  ]);
});

test('diffs are shown where they are asked for', () => {
  const event = {
    ...change('h1', 'file:/a', mode),
    diff: '--- /a\n+++ /a\n@@ -1 +1 @@\n-x\u001b[2J\n+y\n',
  } as RunEvent;
  expect(renderPlan([event], options)).not.toContain('@@');
  expect(renderPlan([event], { ...options, diff: true })).toContain(
    '    ~ file:/a  mode: 644 → 600\n      --- /a\n      +++ /a\n      @@ -1 +1 @@\n      -x\\x1b[2J\n      +y\n',
  );
});

test('long and hostile values cannot break the text, and arrows can be ASCII', () => {
  const value = { path: 'value', from: '', to: `\u001b[2J${'x'.repeat(200)}\nsecond line`, effect: 'delete' as const };
  const [, , line = ''] = renderPlan([change('h1', 'sysctl:a', value)], { ...options, style: ascii }).split('\n');
  expect(line).toBe(`    - sysctl:a  value: none -> ${`\\x1b[2J${'x'.repeat(200)}`.slice(0, 77)}... (delete)`);
});
