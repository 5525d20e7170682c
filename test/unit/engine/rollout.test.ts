import { describe, expect, it } from 'vitest';
import { runStage } from '../../../src/engine/run-stage.ts';
import { runStages } from '../../../src/engine/run.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { gate, stageOf, step, testRun, thing, three, told } from './fixture.ts';
import type { TestRun } from './fixture.ts';

const runsOf = (run: TestRun): readonly string[] =>
  run.calls.flatMap(({ kind, host, script }) =>
    kind === 'run' ? [`${host} ${script.includes('check()') ? 'gate' : 'apply'}`] : [],
  );

describe.skipIf(noFakeHost !== undefined)('a rolling restart', () => {
  const rolling = step([thing('etcd')], { rollout: 'one-by-one', gate: () => gate('[ -e /srv/etcd ]') });
  const older = (run: TestRun, ...names: readonly string[]): void =>
    names.forEach((name) => run.host(name).write('/srv/etcd', 'older\n'));

  it('takes one host after the other, with the gate between', async () => {
    using run = testRun();
    older(run, 'h1', 'h2', 'h3');
    await runStage(stageOf(rolling), run.context);
    expect(runsOf(run)).toEqual(['h1 apply', 'h1 gate', 'h2 apply', 'h2 gate', 'h3 apply', 'h3 gate']);
    expect(run.context.counts).toEqual({ changed: 3, restarted: 3 });
  });

  it('starts those that do not run together, before any restart', async () => {
    using run = testRun();
    older(run, 'h1', 'h3');
    await runStage(stageOf(rolling), run.context);
    expect(runsOf(run)).toEqual(['h2 apply', 'h2 gate', 'h1 apply', 'h1 gate', 'h3 apply', 'h3 gate']);
  });

  it('waits for all gates only after all first starts, also with one host at a time', async () => {
    using run = testRun({ concurrency: 1 });
    await runStage(stageOf(rolling), run.context);
    expect(runsOf(run).map((line) => line.split(' ')[1])).toEqual(['apply', 'apply', 'apply', 'gate', 'gate', 'gate']);
  });

  it('stops at the first host that does not come back', async () => {
    using run = testRun();
    older(run, 'h1', 'h2', 'h3');
    const ill = {
      ...rolling,
      gate: ({ name }: { name: string }) => gate(name === 'h2' ? 'echo ill; grep -q older /srv/etcd' : ':', 0),
    };
    await expect(runStage(stageOf(ill), run.context)).rejects.toMatchObject({
      code: 'NOT_HEALTHY',
      host: 'h2',
      why: expect.stringContaining('ill') as string,
    });
    expect(runsOf(run)).toEqual(['h1 apply', 'h1 gate', 'h2 apply', 'h2 gate']);
    expect(run.host('h3').read('/srv/etcd')).toBe('older\n');
  });

  it('does not begin while a member is down that was to be started', async () => {
    using run = testRun();
    older(run, 'h1', 'h2');
    run.host('h3').write('/srv/log/is-a-folder', '');
    await expect(runStage(stageOf(rolling), run.context)).rejects.toMatchObject({ host: 'h3' });
    expect(runsOf(run)).toEqual(['h3 apply']);
  });

  it('does not begin while a member that needs no change is ill', async () => {
    using run = testRun();
    older(run, 'h1', 'h2');
    run.host('h3').write('/srv/etcd', 'on\n');
    const ill = { ...rolling, gate: ({ name }: { name: string }) => gate(name === 'h3' ? 'false' : ':', 0) };
    await expect(runStage(stageOf(ill), run.context)).rejects.toMatchObject({ host: 'h3' });
    expect(runsOf(run)).toEqual(['h3 gate']);
  });

  it('does not begin while a member could not be looked at', async () => {
    using run = testRun();
    older(run, 'h1', 'h2');
    const blind = { ...thing('etcd'), probe: { sh: 'exit 5' } };
    const mixed = { ...rolling, resources: ({ name }: { name: string }) => [name === 'h3' ? blind : thing('etcd')] };
    await expect(runStage(stageOf(mixed), run.context)).rejects.toMatchObject({ code: 'PROBE_FAILED', host: 'h3' });
    expect(runsOf(run)).toEqual([]);
  });
});

describe.skipIf(noFakeHost !== undefined)('members that need each other', () => {
  /** Well unless /srv/ill is there, which a restart mends. */
  const members = step([thing('etcd', 'on', 'rm -f /srv/ill')], {
    name: 'members',
    rollout: 'one-by-one',
    gate: () => gate('[ ! -e /srv/ill ] || { echo no leader; false; }', 0),
  });
  const only = (...names: readonly string[]) => three.hosts.filter(({ name }) => names.includes(name));
  const older = (run: TestRun): void => three.hosts.forEach(({ name }) => run.host(name).write('/srv/etcd', 'older\n'));

  it('are not restarted by a limited run while one that it leaves out is down', async () => {
    using run = testRun({ hosts: only('h1') });
    older(run);
    run.host('h2').write('/srv/ill', '');
    await expect(runStage(stageOf(members), run.context)).rejects.toMatchObject({
      code: 'ROLL_UNSAFE',
      exitCode: 21,
      host: 'h2',
      message: 'h1 is not restarted for "members" while h2 is down: two would be down at once',
      why: 'no leader',
    });
    expect(runsOf(run)).toEqual([]);
  });

  it('are asked again before each restart', async () => {
    using run = testRun({ hosts: only('h1', 'h2') });
    older(run);
    const context = {
      ...run.context,
      emit: (event: { type: string; host?: string }) => {
        if (event.type === 'host-done' && event.host === 'h1') run.host('h3').write('/srv/ill', '');
      },
    };
    await expect(runStage(stageOf(members), context)).rejects.toMatchObject({ code: 'ROLL_UNSAFE', host: 'h3' });
    expect(runsOf(run)).toEqual(['h1 apply', 'h1 gate']);
  });

  it('count as down when their host does not answer', async () => {
    using run = testRun({ hosts: only('h1') });
    older(run);
    const executor: typeof run.context.executor = (host) =>
      host.name === 'h3'
        ? { ...run.context.executor(host), read: () => Promise.reject(new Error('h3: connection lost')) }
        : run.context.executor(host);
    await expect(runStage(stageOf(members), { ...run.context, executor })).rejects.toMatchObject({
      code: 'ROLL_UNSAFE',
      host: 'h3',
      why: 'h3: connection lost',
    });
  });

  it('do not wait for one that was never set up', async () => {
    using run = testRun({ hosts: only('h1') });
    older(run);
    run.host('h2').write('/srv/ill', '');
    run.host('h2').program('systemctl', '[ "$*" = "show -p LoadState --value x.service" ] && echo not-found');
    await runStage(stageOf(members), run.context);
    expect(runsOf(run)).toEqual(['h1 apply', 'h1 gate']);
  });

  it('that are ill are mended first, before anything that works is restarted', async () => {
    using run = testRun();
    older(run);
    run.host('h3').write('/srv/ill', '');
    await runStage(stageOf(members), run.context);
    expect(runsOf(run)).toEqual(['h3 apply', 'h3 gate', 'h1 apply', 'h1 gate', 'h2 apply', 'h2 gate']);
  });

  it('that are ill are mended together, since they may need each other, also while another is down', async () => {
    using run = testRun({ hosts: only('h1', 'h2'), concurrency: 1 });
    older(run);
    for (const { name } of three.hosts) run.host(name).write('/srv/ill', '');
    await runStage(stageOf(members), run.context);
    expect(runsOf(run)).toEqual(['h1 apply', 'h2 apply', 'h1 gate', 'h2 gate']);
  });

  it('that are shut for a moment only are not taken for ill', async () => {
    using run = testRun();
    older(run);
    // The look at the stage finds it shut, the next one open.
    const leader = gate('[ -e /srv/looked ] || { touch /srv/looked; false; }', 1);
    await runStage(stageOf({ ...members, gate: () => leader }), run.context);
    expect(runsOf(run)).toEqual(['h1 apply', 'h1 gate', 'h2 apply', 'h2 gate', 'h3 apply', 'h3 gate']);
  });
});

describe.skipIf(noFakeHost !== undefined)('a canary', () => {
  const runtime = step([thing('runtime')], { rollout: 'canary', gate: () => gate('! grep -q typo /srv/runtime', 0) });
  const typo = { ...runtime, resources: () => [thing('runtime', 'typo')] };

  it('is one host, before all others together', async () => {
    using run = testRun();
    for (const { name } of three.hosts) run.host(name).write('/srv/runtime', 'older\n');
    await runStage(stageOf(runtime), run.context);
    const lines = runsOf(run);
    expect(lines.slice(0, 2)).toEqual(['h1 apply', 'h1 gate']);
    expect(lines.slice(2, 4).sort()).toEqual(['h2 apply', 'h3 apply']);
    expect(lines.slice(4).sort()).toEqual(['h2 gate', 'h3 gate']);
  });

  it('that does not come back leaves the others as they were', async () => {
    using run = testRun();
    for (const { name } of three.hosts) run.host(name).write('/srv/runtime', 'older\n');
    await expect(runStage(stageOf(typo), run.context)).rejects.toMatchObject({ code: 'NOT_HEALTHY', host: 'h1' });
    expect(runsOf(run)).toEqual(['h1 apply', 'h1 gate']);
    expect(run.host('h2').read('/srv/runtime')).toBe('older\n');
  });

  it('is not needed where nothing runs yet', async () => {
    using run = testRun({ concurrency: 1 });
    await runStage(stageOf(runtime), run.context);
    expect(runsOf(run).map((line) => line.split(' ')[1])).toEqual(['apply', 'apply', 'apply', 'gate', 'gate', 'gate']);
  });

  it('that failed is mended before the others are touched', async () => {
    using run = testRun();
    run.host('h2').write('/srv/runtime', 'typo\n');
    for (const name of ['h1', 'h3']) run.host(name).write('/srv/runtime', 'older\n');
    await runStage(stageOf(runtime), run.context);
    expect(runsOf(run)).toEqual(['h2 apply', 'h2 gate', 'h1 apply', 'h1 gate', 'h3 apply', 'h3 gate']);
  });
});

describe.skipIf(noFakeHost !== undefined)('a gate', () => {
  it('costs nothing where nothing changed and it is open', async () => {
    using run = testRun();
    for (const { name } of three.hosts) run.host(name).write('/srv/a', 'on\n');
    await runStage(stageOf(step([thing('a')], { gate: () => gate('true') })), run.context);
    expect(run.calls.map(({ kind }) => kind)).toEqual(['read', 'read', 'read']);
  });

  it('is waited for where an earlier run was cut short while it waited', async () => {
    using run = testRun({ hosts: three.hosts.slice(0, 1) });
    run.host('h1').write('/srv/a', 'on\n');
    // Opens the third time it is looked at.
    const slow = gate('echo >> /run/looks; [ $(wc -l < /run/looks) -ge 3 ]');
    await runStage(stageOf(step([thing('a')], { gate: () => slow })), run.context);
    expect(runsOf(run)).toEqual(['h1 gate']);
    expect(run.host('h1').read('/run/looks')).toBe('\n\n\n');
    expect(told(run.events, 'progress')).toEqual(['progress h1']);
  });

  it('shows at its limit what the check said last, printable, and the state of the unit', async () => {
    using run = testRun({ hosts: three.hosts.slice(0, 1) });
    run.host('h1').program('systemctl', 'echo "ActiveState=failed $5$6"');
    run.host('h1').program('journalctl', 'printf "last words \\033[1m\\n"');
    const closed = gate("printf 'connection refused\\n'; false", 0);
    await expect(runStage(stageOf(step([thing('a')], { gate: () => closed })), run.context)).rejects.toMatchObject({
      code: 'NOT_HEALTHY',
      message: 'h1: test gate was not reached within 0 s',
      why: expect.stringMatching(/^connection refused\nActiveState=failed.*\nlast words \\x1b\[1m$/) as string,
    });
  });

  it('carries the likely cause in its event, also where a stack hides it from the lines that are shown', async () => {
    using run = testRun({ hosts: three.hosts.slice(0, 1) });
    run.host('h1').program('systemctl', 'echo ActiveState=failed');
    const lines =
      'echo "running with swap on is not supported"; i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo stack; done';
    run.host('h1').program('journalctl', `{ ${lines}; } | tail -n "$4"`);
    const closed = gate('false', 0);
    await expect(runStage(stageOf(step([thing('a')], { gate: () => closed })), run.context)).rejects.toThrow();
    const failed = run.events.flatMap((event) => (event.type === 'host-failed' ? [event.error] : []));
    expect(failed).toMatchObject([{ code: 'NOT_HEALTHY', cause: 'SWAP_ON' }]);
    expect(failed[0]?.why).not.toContain('swap');
  });
});

describe.skipIf(noFakeHost !== undefined)('a limit', () => {
  const quorum = step([thing('etcd')], { firstStartNeedsAll: true, name: 'etcd' });

  it('that splits a first start is refused before anything is changed', async () => {
    using run = testRun({ hosts: three.hosts.slice(0, 1) });
    await expect(runStage(stageOf(quorum), run.context)).rejects.toMatchObject({
      code: 'LIMIT_SPLITS_BOOTSTRAP',
      message: '--limit leaves out h2, h3, whose first start the others need',
    });
    expect(runsOf(run)).toEqual([]);
  });

  it('is refused in a plan as well', async () => {
    using run = testRun({ mode: 'plan', hosts: three.hosts.slice(0, 2) });
    await expect(runStage(stageOf(quorum), run.context)).rejects.toMatchObject({ code: 'LIMIT_SPLITS_BOOTSTRAP' });
  });

  it('is fine once the others have started, who are read and never changed', async () => {
    using run = testRun({ hosts: three.hosts.slice(0, 1) });
    for (const name of ['h2', 'h3']) run.host(name).write('/srv/etcd', 'older\n');
    await runStage(stageOf(quorum), run.context);
    expect(runsOf(run)).toEqual(['h1 apply']);
    expect(run.host('h2').read('/srv/etcd')).toBe('older\n');
  });

  it('is fine where nothing starts, and then nobody else is even looked at', async () => {
    using run = testRun({ hosts: three.hosts.slice(0, 1) });
    run.host('h1').write('/srv/etcd', 'older\n');
    await runStage(stageOf(quorum), run.context);
    expect(new Set(run.calls.map(({ host }) => host))).toEqual(new Set(['h1']));
  });
});

describe.skipIf(noFakeHost !== undefined)('a soft stop', () => {
  it('lets the running step end and begins no further one', async () => {
    using run = testRun({ emit: () => undefined });
    const context = {
      ...run.context,
      emit: ({ type }: { type: string }) => {
        if (type === 'applied') run.stop.abort(new Error('stopped'));
      },
    };
    const outcome = await runStages([stageOf(step([thing('a')]), step([thing('b')]))], context);
    expect(outcome).toMatchObject({ finished: [], error: { message: 'stopped' } });
    for (const { name } of three.hosts) expect(run.host(name).read('/srv/log')).toBe('a\n');
  });

  it('does not count a stage as done in whose last step hosts were left out', async () => {
    using run = testRun();
    const context = {
      ...run.context,
      concurrency: 1,
      emit: ({ type }: { type: string }) => {
        if (type === 'applied') run.stop.abort(new Error('stopped'));
      },
    };
    const outcome = await runStages([stageOf(step([thing('a')]))], context);
    expect(outcome).toMatchObject({ finished: [], error: { message: 'stopped' } });
    expect(run.host('h1').read('/srv/log')).toBe('a\n');
    expect(await run.host('h2').sh('ls /srv')).toBe('');
  });

  it('does not begin the next host of a roll', async () => {
    using run = testRun();
    for (const { name } of three.hosts) run.host(name).write('/srv/a', 'older\n');
    const context = {
      ...run.context,
      emit: ({ type }: { type: string }) => {
        if (type === 'applied') run.stop.abort(new Error('stopped'));
      },
    };
    await expect(runStage(stageOf(step([thing('a')], { rollout: 'one-by-one' })), context)).rejects.toThrow('stopped');
    expect(runsOf(run)).toEqual(['h1 apply']);
  });
});
