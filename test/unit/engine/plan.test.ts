import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { PlanEvent, RunEvent } from '../../../src/engine/events.ts';
import { leftFile, parseLeft } from '../../../src/engine/left.ts';
import { planDocument, plannedRestarts } from '../../../src/engine/plan-document.ts';
import { runStage } from '../../../src/engine/run-stage.ts';
import type { ClusterStep } from '../../../src/engine/stage.ts';
import { pending } from '../../../src/resources/pending.ts';
import type { AnyResource } from '../../../src/resources/define.ts';
import { file } from '../../../src/resources/file.ts';
import { sh } from '../../../src/shell/sh.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { three, stageOf, step, testRun, thing, told, unusedCluster } from './fixture.ts';

const about = { k8sup: '0.1.0', cluster: 'one', stages: ['02.test'], hosts: ['h1'] };
const restart = {
  path: 'inputs',
  from: 'older',
  to: '/etc/a',
  effect: 'restart',
  interrupts: 'nothing works',
} as const;
const place = { stage: '02.test', step: 'things', host: 'h1' };
const event: PlanEvent = { type: 'change', ...place, resource: 'service:a.service', changes: [restart] };
const later: PlanEvent = { type: 'pending', ...place, resource: 'pending:x', reason: 'because' };

describe('a plan as one value', () => {
  const schema = z.fromJSONSchema(
    JSON.parse(
      readFileSync(new URL('../../../src/engine/plan.schema.json', import.meta.url), 'utf8'),
    ) as z.core.JSONSchema.JSONSchema,
  );

  it('is what its schema says', () => {
    const plan = planDocument(about, [{ ...event, diff: '+a' }, later]);
    expect(schema.parse(plan)).toEqual(plan);
    expect(plan).toMatchObject({ later: [{ reason: 'because' }], restarts: [{ interrupts: 'nothing works' }] });
    expect(schema.safeParse({ ...plan, version: 2 }).success).toBe(false);
    expect(schema.safeParse({ ...plan, changes: [{ ...place, resource: 'x' }] }).success).toBe(false);
  });

  it('has the same restart of several hosts once, and pods that are replaced apart from units', () => {
    const replaced = { path: 'spec.template.x', from: 'a', to: 'b', effect: 'update', interrupts: 'its pods' } as const;
    expect(
      plannedRestarts([
        event,
        { ...event, host: 'h2' },
        { ...event, host: '(cluster)', resource: 'DaemonSet n/a', changes: [replaced] },
        { ...event, resource: 'file:/x', changes: [{ path: 'mode', from: '6', to: '7', effect: 'update' }] },
      ]),
    ).toEqual([
      { stage: '02.test', resource: 'service:a.service', hosts: ['h1', 'h2'], unit: true, interrupts: 'nothing works' },
      { stage: '02.test', resource: 'DaemonSet n/a', hosts: ['(cluster)'], unit: false, interrupts: 'its pods' },
    ]);
  });
});

const only = [three.hosts[0]].filter((host) => host !== undefined);
const diffs = (events: readonly RunEvent[]): readonly (string | undefined)[] =>
  events.flatMap((one) => (one.type === 'change' ? [one.diff] : []));
const showDiff = (path: string, before: string, after: string): string => `${path}|${before}|${after}`;

describe.skipIf(noFakeHost !== undefined)('what a plan shows', () => {
  it('is both sides of a file as a person compares them', async () => {
    using run = testRun({ mode: 'plan', hosts: only, showDiff });
    run.host('h1').write('/etc/x', 'old\n');
    const show = (text: string): string => text.toUpperCase();
    await runStage(stageOf(step([file({ path: '/etc/x', content: 'new\n', mode: 0o644, show })])), run.context);
    expect(diffs(run.events)).toEqual(['/etc/x|OLD\n|NEW\n']);
  });

  it('is never more of a secret than what is printed for it on the host', async () => {
    using run = testRun({ mode: 'plan', hosts: only, showDiff });
    run.host('h1').write('/etc/x', 'old password\n');
    const secret = file({ path: '/etc/x', content: 'new password\n', mode: 0o600, secret: true });
    await runStage(stageOf(step([secret])), run.context);
    expect(JSON.stringify(run.events)).not.toMatch(/password|sha256/);
    expect(JSON.stringify(run.events)).toContain('another secret');
  });

  it('is that the content is not known yet, where only an apply makes it', async () => {
    using run = testRun({ mode: 'plan', hosts: only });
    await runStage(
      stageOf(step([file({ path: '/etc/x', content: 'random', mode: 0o644, made: 'made by apply' })])),
      run.context,
    );
    expect(JSON.stringify(run.events)).toContain('"to":"made by apply"');
  });

  it('is what can only be known later, which counts as no change', async () => {
    using run = testRun({ mode: 'plan', hosts: only });
    await runStage(stageOf(step([pending('network', 'the node has no pod CIDR yet')])), run.context);
    expect(run.events).toContainEqual({
      ...{ type: 'pending', stage: '02.test', step: 'things', host: 'h1', resource: 'pending:network' },
      reason: 'the node has no pod CIDR yet',
    });
    expect(run.context.counts.changed).toBe(0);
  });

  it('is that some objects can only be known later, beside those that are', async () => {
    const cluster = {
      ...unusedCluster,
      diff: () => Promise.resolve(new Map()),
      texts: () => Promise.resolve(new Map()),
      apply: () => Promise.resolve(),
    };
    const objects: ClusterStep = {
      type: 'cluster',
      name: 'labels',
      objects: () => [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'h1' } }],
      later: (_context, hosts) => Promise.resolve(`${hosts.map(({ name }) => name).join()} joins`),
    };
    using run = testRun({ mode: 'plan', hosts: only, cluster });
    await runStage(stageOf(objects), run.context);
    expect(run.events).toContainEqual({
      ...{ type: 'pending', stage: '02.test', step: 'labels', host: '(cluster)', resource: 'labels' },
      reason: 'h1 joins',
    });
  });

  it('is both sides of an object of the cluster', async () => {
    const change = { path: 'a', from: '1', to: '2', effect: 'update' } as const;
    const cluster = {
      ...unusedCluster,
      diff: () => Promise.resolve(new Map([['ConfigMap n/x', [change]]])),
      texts: () => Promise.resolve(new Map([['ConfigMap n/x', { before: 'a: 1\n', after: 'a: 2\n' }]])),
      apply: () => Promise.resolve(),
    };
    const objects: ClusterStep = {
      type: 'cluster',
      name: 'objects',
      objects: () => [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }],
    };
    using run = testRun({ mode: 'plan', hosts: only, cluster, showDiff });
    await runStage(stageOf(objects), run.context);
    expect(diffs(run.events)).toEqual(['ConfigMap n/x|a: 1\n|a: 2\n']);
  });
});

/** A unit that counts a file as its input, as services do. */
function unitOf(path: string): AnyResource {
  return {
    id: 'service:x.service',
    probe: sh`echo running`,
    parse: (output: string) => output.trim(),
    diff: (_state: string, { changing }) =>
      changing.has(`file:${path}`) ? [{ path: 'inputs', from: 'older', to: path, effect: 'restart' }] : [],
    apply: { script: sh`:` },
  };
}

describe.skipIf(noFakeHost !== undefined)('a restart is predicted', () => {
  it.each([
    [
      'where an input has another content',
      'echo older > /etc/x',
      ['change h1 file:/etc/x', 'change h1 service:x.service'],
    ],
    ['not where it has another mode alone', 'echo new > /etc/x; chmod 600 /etc/x', ['change h1 file:/etc/x']],
  ])('%s', async (_title, before, changes) => {
    using run = testRun({ mode: 'plan', hosts: only });
    await run.host('h1').sh(before);
    await runStage(
      stageOf(step([file({ path: '/etc/x', content: 'new\n', mode: 0o644 }), unitOf('/etc/x')])),
      run.context,
    );
    expect(told(run.events, 'change')).toEqual(changes);
  });
});

describe.skipIf(noFakeHost !== undefined)('an apply that something must approve', () => {
  it('does nothing on a host where it does not, and goes on with the others', async () => {
    const approve = (one: PlanEvent): void => {
      if (one.host === 'h2') throw new Error('not as planned');
    };
    using run = testRun({ approve });
    await expect(runStage(stageOf(step([thing('a')])), run.context)).rejects.toThrow('not as planned');
    expect(told(run.events, 'change')).toEqual(['change h1 thing:a', 'change h3 thing:a']);
    expect(await run.host('h2').sh('[ ! -e /srv/a ] || echo there')).toBe('');
    expect(run.host('h3').read('/srv/a')).toBe('on\n');
  });
});

describe.skipIf(noFakeHost !== undefined)('why something differs from what an apply left', () => {
  const path = '/etc/x';
  const wanted = (content: string): AnyResource => file({ path, content, mode: 0o644 });
  /** Applies one content, changes the host, and looks with another one. */
  const causes = async (now: AnyResource, edit: string): Promise<readonly (string | undefined)[]> => {
    using run = testRun({ hosts: only });
    // k8sup's own folder is made by the first thing that is owned.
    await runStage(
      stageOf(step([file({ path: '/etc/first', content: '', mode: 0o644 }), wanted('one\n')])),
      run.context,
    );
    const recorded = parseLeft(run.host('h1').read(leftFile));
    expect(recorded.get(`file:${path}`)?.stage).toBe('02.test');
    await run.host('h1').sh(edit);
    const left = new Map([['h1', recorded]]);
    const look = { ...run.context, mode: 'plan' as const, left };
    const from = run.events.length;
    await runStage(stageOf(step([now])), look);
    return run.events.slice(from).flatMap((one) => (one.type === 'change' ? [one.cause] : []));
  };

  it.each([
    ['nothing', wanted('one\n'), ':', []],
    ['an edit on the host', wanted('one\n'), `echo two > ${path}`, ['host']],
    ['a mode on the host', wanted('one\n'), `chmod 600 ${path}`, ['host']],
    ['the inventory', wanted('two\n'), ':', ['inventory']],
    ['both', wanted('two\n'), `echo three > ${path}`, ['both']],
    ['nobody knows', file({ path: '/etc/y', content: 'y', mode: 0o644 }), ':', ['unrecorded']],
  ] as const)('%s', async (_title, now, edit, expected) => {
    expect(await causes(now, edit)).toEqual(expected);
  });

  it('is that of its inputs for a unit that was never recorded', async () => {
    using run = testRun({ hosts: only });
    await runStage(
      stageOf(step([file({ path: '/etc/first', content: '', mode: 0o644 }), wanted('one\n')])),
      run.context,
    );
    const left = new Map([['h1', parseLeft(run.host('h1').read(leftFile))]]);
    const from = run.events.length;
    await runStage(stageOf(step([wanted('two\n'), unitOf(path)])), { ...run.context, mode: 'plan', left });
    const found = run.events.slice(from).flatMap((one) => (one.type === 'change' ? [one.cause] : []));
    expect(found).toEqual(['inventory', 'inventory']);
  });

  it('is recorded once for each resource, the last time counts', async () => {
    using run = testRun({ hosts: only });
    for (const content of ['one\n', 'two\n']) await runStage(stageOf(step([wanted(content)])), run.context);
    expect(run.host('h1').read(leftFile).split('\n')).toEqual([
      expect.stringMatching(/^file:\/etc\/x\t02\.test\t\w{16}\t\w{16}$/),
      '',
    ]);
  });
});
