import { describe, expect, it } from 'vitest';
import { placed } from '../../../src/engine/error-json.ts';
import { runStages } from '../../../src/engine/run.ts';
import { runStage } from '../../../src/engine/run-stage.ts';
import type { Stage } from '../../../src/engine/stage.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { openStyle, renderErrorJson } from '../../../src/report/index.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { stageOf, step, testRun, thing, three } from './fixture.ts';

const stopped = new K8supError({
  code: 'CANCELLED',
  kind: 'cancelled',
  what: 'the run was stopped',
  fix: 'run it again',
});
const lost = new K8supError({ code: 'CONNECTION_LOST', kind: 'connection', host: 'h2', what: 'h2: lost', why: 'cut' });
const one = three.hosts.slice(0, 1);

const stages = (): readonly Stage[] => [
  { ...stageOf(step([thing('a')])), id: '01.x' },
  { ...stageOf(step([thing('b')], { name: 'first' }), step([thing('c')], { name: 'second' })), id: '02.x' },
  { ...stageOf(step([thing('d')])), id: '03.x' },
];

describe.skipIf(noFakeHost !== undefined)('a run that is stopped', () => {
  it('ends what runs, begins not even its gate, and says where it stopped', async () => {
    using run = testRun({ hosts: one });
    const emit: typeof run.context.emit = (event) => {
      run.context.emit(event);
      if (event.type === 'step-start' && event.step === 'first') run.stop.abort(stopped);
    };
    const outcome = await runStages(stages(), { ...run.context, emit });
    expect(await run.host('h1').sh('cat /srv/log')).toBe('a\nb\n');
    expect(outcome).toMatchObject({ finished: ['01.x'], error: { code: 'CANCELLED', kind: 'cancelled' } });
    expect(run.events.at(-1)).toMatchObject({
      type: 'error',
      error: {
        stage: '02.x',
        why: 'it stopped in 02.x, at "first"\ndone: 01.x\nnot begun: 03.x',
        fix: 'run it again',
      },
    });
  });

  it('says so also before the first stage', async () => {
    using run = testRun({ hosts: one });
    run.stop.abort(stopped);
    await runStages(stages(), run.context);
    expect(run.events.at(-1)).toMatchObject({
      error: { why: 'it stopped before 01.x\ndone: nothing\nnot begun: 02.x, 03.x' },
    });
    expect(run.calls).toEqual([]);
  });

  it('because its lock was taken away says both', async () => {
    using run = testRun({ hosts: one });
    run.stop.abort(new K8supError({ code: 'CLUSTER_LOCKED', kind: 'lock', what: 'it is locked', why: 'bob has it' }));
    await runStages(stages(), run.context);
    expect(run.events.at(-1)).toMatchObject({
      error: { why: 'bob has it\nit stopped before 01.x\ndone: nothing\nnot begun: 02.x, 03.x' },
    });
  });

  it('at once names the step that was cut off', async () => {
    using run = testRun({ hosts: one });
    const emit: typeof run.context.emit = (event) => {
      run.context.emit(event);
      if (event.type === 'step-start' && event.step === 'first') run.abort.abort(stopped);
    };
    await runStages(stages(), { ...run.context, emit });
    expect(run.events.at(-1)).toMatchObject({
      error: { why: 'it stopped in 02.x, at "first"\ndone: 01.x\nnot begun: 03.x' },
    });
  });
});

it('an error that is told with its place keeps all else', () => {
  const details = {
    code: 'X',
    kind: 'resource',
    what: 'x',
    why: 'w',
    fix: 'f',
    host: 'h2',
    output: 'a journal',
    log: 'x.log',
    hosts: ['h1'],
    cause: new Error('y'),
  } as const;
  const error = new K8supError(details);
  const same = placed(error, '02.x', 'first');
  expect(same).toMatchObject({
    ...Object.fromEntries(Object.entries(error)),
    message: 'x',
    cause: error.cause,
    stage: '02.x',
    step: 'first',
  });
  expect(placed(same, '03.x', 'second')).toBe(same);
});

describe.skipIf(noFakeHost !== undefined)('a connection that is lost', () => {
  it.each([
    ['in a step', 'run', 'things'],
    ['in a look', 'read', 'look at the host'],
  ] as const)('%s is told with stage and step, and the other hosts go on', async (_when, kind, name) => {
    using run = testRun();
    const executor: typeof run.context.executor = (host) => {
      const real = run.context.executor(host);
      return host.name === 'h2' ? { ...real, [kind]: () => Promise.reject(lost) } : real;
    };
    const stage = stageOf(step([thing('a')]));
    const place = { code: 'CONNECTION_LOST', host: 'h2', stage: stage.id, step: name, why: 'cut' };
    await expect(runStage(stage, { ...run.context, executor })).rejects.toMatchObject(place);
    const failed = run.events.find((event) => event.type === 'host-failed');
    expect(failed).toMatchObject({ error: place });
    const style = openStyle({ color: false, unicode: true, columns: 80 });
    if (failed?.type === 'host-failed')
      expect(renderErrorJson(failed.error, { style })).toContain(`\n  In: ${stage.id} ${name}`);
    for (const host of ['h1', 'h3']) expect(await run.host(host).sh('cat /srv/log')).toBe('a\n');
  });
});
