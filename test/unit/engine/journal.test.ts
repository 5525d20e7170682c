import { describe, expect, it } from 'vitest';
import { runStage } from '../../../src/engine/run-stage.ts';
import { file } from '../../../src/resources/file.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { stageOf, step, testRun, thing, three, told } from './fixture.ts';

const one = three.hosts.filter(({ name }) => name === 'h1');

describe.skipIf(noFakeHost !== undefined)('what a journal is told', () => {
  it('tells of each host when it was looked at, and which step it is done with', async () => {
    using run = testRun({ hosts: one });
    const stage = stageOf(step([thing('a')], { name: 'one' }), step([thing('b')], { name: 'two' }));
    await runStage(stage, run.context);
    expect(told(run.events, 'looked', 'step-start', 'host-done')).toEqual([
      'looked h1',
      'step-start h1',
      'host-done h1',
      // The first step changed something, so the second one looks again.
      'looked h1',
      'step-start h1',
      'host-done h1',
    ]);
    expect(run.events.flatMap((event) => (event.type === 'host-done' ? [event.step] : []))).toEqual(['one', 'two']);
  });

  it('does not read texts for a difference where there are none yet', async () => {
    using run = testRun({ hosts: one, showDiff: () => 'diff' });
    const reads = (): number => run.calls.filter(({ kind }) => kind === 'read').length;
    await runStage(stageOf(step([file({ path: '/etc/new', content: 'one\n', mode: 0o644 })])), run.context);
    expect(reads()).toBe(1);
    await runStage(stageOf(step([file({ path: '/etc/new', content: 'two\n', mode: 0o644 })])), run.context);
    expect(reads()).toBe(3);
  });
});
