import { describe, expect, it } from 'vitest';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { runStage } from '../../../src/engine/run-stage.ts';
import { runStages, summaryOf } from '../../../src/engine/run.ts';
import type { ActionStep, ClusterStep, HostStep, LiveNode } from '../../../src/engine/stage.ts';
import { file } from '../../../src/resources/file.ts';
import { service } from '../../../src/resources/service.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { gate, stageOf, step, testRun, thing, three, told } from './fixture.ts';
import type { TestRun } from './fixture.ts';

const log = (run: TestRun, host: string): Promise<string> => run.host(host).sh('cat /srv/log 2>/dev/null || :');

describe.skipIf(noFakeHost !== undefined)('a stage', () => {
  it('changes what differs, once, in one script a host, and nothing the next time', async () => {
    using run = testRun();
    const stage = stageOf(step([thing('a'), thing('b')]), step([thing('c')], { name: 'more' }));
    run.host('h2').write('/srv/b', 'on\n');
    await runStage(stage, run.context);
    expect(await log(run, 'h1')).toBe('a\nb\nc\n');
    expect(await log(run, 'h2')).toBe('a\nc\n');
    expect(run.context.counts).toEqual({ changed: 8, restarted: 0 });
    const before = run.calls.length;
    await runStage(stage, run.context);
    expect(
      run.calls
        .slice(before)
        .map(({ kind, host }) => `${kind} ${host}`)
        .sort(),
    ).toEqual(['read h1', 'read h2', 'read h3']);
    expect(run.context.counts.changed).toBe(8);
  });

  it('tells what it does, in order', async () => {
    using run = testRun({ hosts: testHosts('h1') });
    await runStage(stageOf(step([thing('a')])), run.context);
    expect(told(run.events, 'stage-start', 'step-start', 'change', 'applied', 'host-done', 'stage-end')).toEqual([
      'stage-start',
      'step-start h1',
      'change h1 thing:a',
      'applied h1 thing:a',
      'host-done h1',
      'stage-end',
    ]);
    expect(run.events.at(-1)).toMatchObject({ ok: true, changed: 1 });
  });

  it('ends only when every look has ended, also where that at the cluster fails first', async () => {
    const broken: ClusterStep = {
      type: 'cluster',
      name: 'objects',
      objects: () => Promise.reject(new Error('no objects')),
    };
    using run = testRun();
    const slow = { ...thing('a'), parse: () => noted.push('looked at') };
    const noted: unknown[] = [];
    await expect(runStage(stageOf(step([slow]), broken), run.context)).rejects.toThrow('no objects');
    expect(noted).toHaveLength(3);
  });

  it('does not reach hosts that no step is for', async () => {
    using run = testRun();
    await runStage(stageOf(step([thing('a')], { on: ({ name }) => name === 'h2' })), run.context);
    expect(new Set(run.calls.map(({ host }) => host))).toEqual(new Set(['h2']));
  });

  it('sees what an earlier step of it changed before a later step acts', async () => {
    using run = testRun({ hosts: testHosts('h1') });
    const first = thing('a', 'on', 'echo on > /srv/b');
    await runStage(stageOf(step([first]), step([thing('b')], { name: 'second' })), run.context);
    expect(await log(run, 'h1')).toBe('a\n');
  });

  it('lets a host that fails stop alone, finishes the others and ends with its error', async () => {
    using run = testRun();
    run.host('h2').write('/srv/log/is-a-folder', '');
    const stage = stageOf(step([thing('a')]), step([thing('b')], { name: 'second' }));
    await expect(runStage(stage, run.context)).rejects.toMatchObject({ code: 'RESOURCE_FAILED', host: 'h2' });
    expect(await log(run, 'h1')).toBe('a\nb\n');
    expect(await log(run, 'h3')).toBe('a\nb\n');
    expect(run.calls.filter(({ host, kind }) => host === 'h2' && kind === 'run')).toHaveLength(1);
    expect(told(run.events, 'host-failed')).toEqual(['host-failed h2']);
    expect(run.events.at(-1)).toMatchObject({ type: 'stage-end', ok: false });
  });

  it('names all hosts when several fail', async () => {
    using run = testRun();
    for (const name of ['h1', 'h3']) run.host(name).write('/srv/log/is-a-folder', '');
    await expect(runStage(stageOf(step([thing('a')])), run.context)).rejects.toMatchObject({
      code: 'HOSTS_FAILED',
      kind: 'hostsFailed',
      message: '2 hosts failed in stage 02.test: h1, h3',
      why: expect.stringMatching(/^h1: thing:a .*\nh3: thing:a /) as string,
    });
  });

  it('shows what a failed resource said, and leaves alone what comes after it', async () => {
    using run = testRun({ hosts: testHosts('h1') });
    const broken = thing('a', 'on', "printf 'no\\033[2J space'; exit 7");
    await expect(runStage(stageOf(step([broken, thing('b')])), run.context)).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: 'exit code 7\nno\\x1b[2J space',
    });
    expect(await log(run, 'h1')).toBe('a\n');
  });

  it('does not believe a script that says it is done', async () => {
    using run = testRun({ hosts: testHosts('h1') });
    const liar = { ...thing('a'), apply: { script: thing('b').apply.script } };
    await expect(runStage(stageOf(step([liar])), run.context)).rejects.toMatchObject({
      code: 'RESOURCE_NOT_CONVERGED',
      why: 'state: is absent, should be on',
    });
  });

  it('names the resource whose probe failed, with what it said made printable', async () => {
    using run = testRun({ hosts: testHosts('h1') });
    const blind = { ...thing('a'), probe: { sh: "printf 'permission \\033[31mdenied'; exit 3" } };
    await expect(runStage(stageOf(step([thing('b'), blind])), run.context)).rejects.toMatchObject({
      code: 'PROBE_FAILED',
      message: 'h1: thing:a could not be looked at',
      why: 'exit code 3\npermission \\x1b[31mdenied',
    });
    expect(run.calls.every(({ kind }) => kind === 'read')).toBe(true);
  });
});

describe.skipIf(noFakeHost !== undefined)('a plan', () => {
  it('sends nothing that changes, and tells the same changes', async () => {
    using run = testRun({ mode: 'plan' });
    run.host('h1').write('/srv/a', 'older\n');
    await runStage(stageOf(step([thing('a')], { rollout: 'one-by-one', gate: () => gate('false') })), run.context);
    expect(run.calls.map(({ kind }) => kind)).toEqual(['read', 'read', 'read']);
    expect(run.calls.map(({ script }) => script).join('')).not.toContain('/srv/log');
    expect([...told(run.events, 'change')].sort()).toEqual([
      'change h1 thing:a',
      'change h2 thing:a',
      'change h3 thing:a',
    ]);
    expect(run.context.counts).toEqual({ changed: 3, restarted: 1 });
    expect(await run.host('h2').sh('ls -A /srv /var/lib; [ ! -e /run/k8sup ]')).toBe('/srv:\n\n/var/lib:\n');
  });

  it('foresees a restart for a file that an earlier stage would change', async () => {
    using run = testRun({ mode: 'plan', hosts: testHosts('h1') });
    run.host('h1').program('systemctl', 'printf "%s\\n" ActiveState=active UnitFileState=enabled');
    run.host('h1').write('/opt/k8sup/lib/unit-inputs', '#!/bin/sh\n', 0o755);
    const unit = service({ unit: 'x.service', inputs: ['/etc/x'] });
    await runStage(stageOf(step([file({ path: '/etc/x', content: 'new', mode: 0o644 })])), run.context);
    await runStage(stageOf(step([unit])), run.context);
    expect(told(run.events, 'change')).toEqual(['change h1 file:/etc/x', 'change h1 service:x.service']);
    expect(run.context.counts).toEqual({ changed: 2, restarted: 1 });
  });

  it('shows the text of what differs where it was asked for, and never that of secrets', async () => {
    using run = testRun({
      mode: 'plan',
      hosts: testHosts('h1'),
      showDiff: (path, before, after) => `${path}: ${JSON.stringify(before)} ${JSON.stringify(after)}`,
    });
    run.host('h1').write('/etc/old', 'one\n');
    const files = [
      file({ path: '/etc/old', content: 'two\n', mode: 0o644 }),
      file({ path: '/etc/new', content: 'three\n', mode: 0o644 }),
      file({ path: '/etc/key', content: 'secret\n', mode: 0o600, secret: true }),
    ];
    await runStage(stageOf(step(files)), run.context);
    expect(run.events.flatMap((event) => (event.type === 'change' ? [event.diff] : []))).toEqual([
      '/etc/old: "one\\n" "two\\n"',
      '/etc/new: "" "three\\n"',
      undefined,
    ]);
    expect(JSON.stringify(run.events)).not.toContain('secret\\n');
  });
});

describe.skipIf(noFakeHost !== undefined)('an action', () => {
  const action = (run: ActionStep['run']): ActionStep => ({
    type: 'action',
    name: 'join',
    on: () => true,
    condition: () => thing('joined'),
    run,
  });

  it('gets the hosts that need it, all at once, and is not run without', async () => {
    using run = testRun();
    run.host('h2').write('/srv/joined', 'on\n');
    const groups: string[][] = [];
    const join = action(async (hosts, context) => {
      groups.push(hosts.map(({ name }) => name));
      expect(context.stageId).toBe('02.test');
      for (const host of hosts) run.host(host.name).write('/srv/joined', 'on\n');
      await Promise.resolve();
    });
    await runStage(stageOf(join), run.context);
    await runStage(stageOf(join), run.context);
    expect(groups).toEqual([['h1', 'h3']]);
    expect(told(run.events, 'host-done')).toEqual(['host-done h1', 'host-done h3']);
    expect(run.context.counts.changed).toBe(2);
  });

  it('must have helped', async () => {
    using run = testRun();
    const lazy = action(() => Promise.resolve());
    await expect(runStage(stageOf(lazy), run.context)).rejects.toMatchObject({ code: 'ACTION_NOT_CONVERGED' });
    expect([...run.context.failed.keys()]).toEqual(['h1', 'h2', 'h3']);
  });

  it('that fails counts the hosts that its error names', async () => {
    const about = { code: 'JOIN_TIMEOUT', kind: 'kubernetes', what: 'did not join' } as const;
    for (const [error, names] of [
      [new K8supError({ ...about, hosts: ['h1', 'h3'] }), ['h1', 'h3']],
      [new K8supError({ ...about, host: 'h2' }), ['h2']],
      [new Error('a defect'), []],
    ] as const) {
      using run = testRun();
      await expect(runStage(stageOf(action(() => Promise.reject(error))), run.context)).rejects.toBe(error);
      expect([...run.context.failed.keys()]).toEqual(names);
    }
  });

  it('is not run in a plan', async () => {
    using run = testRun({ mode: 'plan' });
    await runStage(stageOf(action(() => Promise.reject(new Error('ran')))), run.context);
    expect(run.context.counts.changed).toBe(3);
  });

  it('does not get a host that failed while it was looked at', async () => {
    using run = testRun();
    const groups: string[][] = [];
    const poisoned = step([thing('a', 'on', '[ $(hostname) ] && mkdir /srv/joined')], {
      on: ({ name }) => name === 'h1',
    });
    const join = action((hosts) => {
      groups.push(hosts.map(({ name }) => name));
      for (const host of hosts) run.host(host.name).write('/srv/joined', 'on\n');
      return Promise.resolve();
    });
    const failing = {
      ...join,
      condition: () => ({
        ...thing('joined'),
        probe: { sh: '[ ! -d /srv/joined ] || exit 9; cat /srv/joined 2>/dev/null || echo absent' },
      }),
    };
    await expect(runStage(stageOf(poisoned, failing), run.context)).rejects.toMatchObject({ code: 'PROBE_FAILED' });
    expect(groups).toEqual([['h2', 'h3']]);
  });
});

describe.skipIf(noFakeHost !== undefined)('the registered nodes', () => {
  it('are read once for all hosts of a stage, and anew after something was changed', async () => {
    let reads = 0;
    const nodes = () => Promise.resolve(Array.from({ length: (reads += 1) }, (_, index) => liveNode(`n${index}`)));
    using run = testRun({ nodes });
    const counted: string[] = [];
    const asking = (name: string): HostStep => ({
      ...step([]),
      name,
      resources: async (host, context) => {
        counted.push(`${host.name} ${name} ${(await context.nodes()).length}`);
        return [thing(name)];
      },
      gate: async (_host, context) => ((await context.nodes()).length > 9 ? gate('false') : undefined),
    });
    await runStage(stageOf(asking('a'), asking('b')), run.context);
    expect(reads).toBe(2);
    expect(counted.filter((line) => line.startsWith('h2'))).toEqual(['h2 a 1', 'h2 b 1', 'h2 a 2', 'h2 b 2']);
  });
});

describe.skipIf(noFakeHost !== undefined)('a run of stages', () => {
  it('stops at the first stage that fails, and says which ended well', async () => {
    using run = testRun({ hosts: testHosts('h1') });
    const stages = [thing('a'), thing('b', 'on', 'exit 1'), thing('c')].map((one, index) => ({
      ...stageOf(step([one])),
      id: `0${String(index)}.x`,
    }));
    const outcome = await runStages(stages, run.context);
    expect(run.events[0]).toMatchObject({
      type: 'run-stages',
      stages: [{ id: '00.x' }, { id: '01.x' }, { id: '02.x' }],
    });
    expect(outcome.finished).toEqual(['00.x']);
    expect(outcome.error).toMatchObject({ code: 'RESOURCE_FAILED' });
    expect(run.events.at(-1)).toMatchObject({ type: 'error', error: { stage: '01.x', code: 'RESOURCE_FAILED' } });
    expect(await log(run, 'h1')).toBe('a\nb\n');
    expect(summaryOf(run.context, { bytesSent: 6, ok: false })).toEqual({
      hosts: 1,
      changed: 1,
      restarted: 0,
      failed: 1,
      bytesSent: 6,
      ok: false,
    });
  });
});

function liveNode(name: string): LiveNode {
  return { name, podCIDRs: [], taints: [], managedTaints: undefined };
}

function testHosts(...names: readonly string[]) {
  return three.hosts.filter(({ name }) => names.includes(name));
}
