import { describe, expect, it } from 'vitest';
import type { ClusterTarget, RunContext } from '../../../src/engine/run-context.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { runStage } from '../../../src/engine/run-stage.ts';
import type { ClusterStep, KubeObject, StageContext } from '../../../src/engine/stage.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { gate, stageOf, step, testRun, thing, told, unusedCluster } from './fixture.ts';

const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'kube-system' } };
const objects: ClusterStep = {
  type: 'cluster',
  name: 'objects',
  objects: () => [object],
  gate: () => gate('kubectl rollout status', 7),
};
const create = { path: 'object', from: 'absent', to: 'as wanted', effect: 'create' } as const;

/** A cluster that answers with one difference after the other, and notes what is asked. */
function cluster(...answers: readonly Awaited<ReturnType<ClusterTarget['diff']>>[]) {
  const asked: string[] = [];
  const target: Pick<RunContext, 'cluster' | 'kube'> = {
    cluster: {
      ...unusedCluster,
      diff: () => {
        asked.push('diff');
        return Promise.resolve(answers[asked.filter((one) => one === 'diff').length - 1] ?? new Map());
      },
      texts: () => Promise.resolve(new Map([['ConfigMap kube-system/x', { before: 'a: 1\n', after: 'a: 2\n' }]])),
      apply: (given) => {
        asked.push(`apply ${given.map(({ metadata }) => metadata.name).join()}`);
        return Promise.resolve();
      },
    },
    kube: {
      run: (script, options) => {
        asked.push(`${script.sh} ${String(options?.timeoutMs)}`);
        return Promise.resolve('');
      },
    },
  };
  return { asked, target };
}

describe.skipIf(noFakeHost !== undefined)('objects of the cluster', () => {
  it('are compared once and left alone where nothing differs, but the gate must be open', async () => {
    const { asked, target } = cluster(new Map());
    using run = testRun(target);
    await runStage(stageOf(objects), run.context);
    expect(asked).toEqual(['diff', 'kubectl rollout status 7000']);
    expect(run.context.counts.changed).toBe(0);
  });

  it('are applied and waited for where something differs', async () => {
    const { asked, target } = cluster(new Map([['ConfigMap kube-system/x', [create]]]));
    using run = testRun(target);
    await runStage(stageOf(objects), run.context);
    expect(asked).toEqual(['diff', 'apply x', 'kubectl rollout status 7000']);
    expect(told(run.events, 'step-start', 'change', 'host-done')).toEqual([
      'step-start (cluster)',
      'change (cluster) ConfigMap kube-system/x',
      'host-done (cluster)',
    ]);
    expect(run.context.counts).toEqual({ changed: 1, restarted: 0 });
  });

  it('are told with why they differ, whose they are and who wrote them, in a search for drift', async () => {
    const { target } = cluster(new Map([['ConfigMap kube-system/x', [create]]]));
    const writers = [{ manager: 'kubectl-edit', operation: 'Update' }];
    const drift = new Map([['ConfigMap kube-system/x', { cause: 'cluster', writers } as const]]);
    const searched = { ...target.cluster, causes: () => Promise.resolve(drift) };
    using run = testRun({ ...target, cluster: searched, mode: 'plan', left: new Map() });
    await runStage(stageOf({ ...objects, owner: (id) => `whose ${id} is` }), run.context);
    expect(run.events).toContainEqual(
      expect.objectContaining({ cause: 'cluster', writers, owner: 'whose ConfigMap kube-system/x is' }),
    );
  });

  it('that nobody wants any longer are told and taken away, and no more is asked of the cluster for them', async () => {
    const asked: string[] = [];
    const gone = new Map([
      ['ConfigMap n/old', [{ ...create, from: 'there', to: 'absent', effect: 'delete' } as const]],
    ]);
    const target = {
      ...unusedCluster,
      forgotten: () => Promise.resolve(gone),
      apply: () => Promise.resolve(),
      forget: () => Promise.resolve(void asked.push('forget')),
    };
    const sweep: ClusterStep = {
      type: 'cluster',
      name: 'sweep',
      objects: () => [],
      forgotten: () => ({ is: () => true, keep: [] }),
    };
    using run = testRun({ cluster: target });
    await runStage(stageOf(sweep), { ...run.context, mode: 'plan' });
    expect(asked).toEqual([]);
    await runStage(stageOf(sweep), run.context);
    expect(asked).toEqual(['forget']);
    expect(told(run.events, 'change')).toEqual([
      'change (cluster) ConfigMap n/old',
      'change (cluster) ConfigMap n/old',
    ]);
  });

  it('are compared anew where the stage changed a host before', async () => {
    const { asked, target } = cluster({ pending: 'no apiserver' }, new Map());
    using run = testRun(target);
    await runStage(stageOf(step([thing('a')]), objects), run.context);
    expect(asked).toEqual(['diff', 'diff', 'kubectl rollout status 7000']);
  });

  it('that cannot be compared yet are told as pending by a plan', async () => {
    const { asked, target } = cluster({ pending: 'h1: connection refused' });
    using run = testRun({ ...target, mode: 'plan' });
    await runStage(stageOf(objects), run.context);
    expect(asked).toEqual(['diff']);
    expect(run.events).toContainEqual({
      type: 'pending',
      stage: '02.test',
      step: 'objects',
      host: '(cluster)',
      resource: 'objects',
      reason: 'h1: connection refused',
    });
  });

  it('that still cannot be compared are an error of apply', async () => {
    const { target } = cluster({ pending: 'h1: connection refused' }, { pending: 'h1: connection refused' });
    using run = testRun(target);
    await expect(runStage(stageOf(objects), run.context)).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      why: 'h1: connection refused',
    });
  });

  it('that are made from the registered nodes are as unknown as those', async () => {
    const { asked, target } = cluster();
    const down = new K8supError({ code: 'KUBE_UNREACHABLE', kind: 'kubernetes', what: 'none', why: 'h1: refused' });
    using run = testRun({ ...target, nodes: () => Promise.reject(down) });
    const labels = { ...objects, objects: async (context: StageContext) => (await context.nodes()).map(() => object) };
    await expect(runStage(stageOf(labels), run.context)).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: 'no apiserver answers, so "objects" cannot be applied',
      why: 'h1: refused',
    });
    expect(asked).toEqual([]);
  });

  it('whose gate stays shut: its error has the journals of the hosts it blames', async () => {
    const failed = new K8supError({ code: 'KUBE_COMMAND', kind: 'kubernetes', what: 'kubectl failed', why: 'ill: h2' });
    const { target } = cluster(new Map());
    const journals = { unit: 'x.service', hosts: (said: string) => said.split(': ').slice(1) };
    using run = testRun({ ...target, kube: { run: () => Promise.reject(failed) } });
    run.host('h2').program('journalctl', 'printf "no \\033[1mroute of $2\\n"');
    const ill: ClusterStep = { ...objects, gate: () => ({ ...gate('x', 7), journals }) };
    await expect(runStage(stageOf(ill), run.context)).rejects.toMatchObject({
      code: 'NOT_HEALTHY',
      kind: 'kubernetes',
      message: 'test gate: not reached within 7 s',
      why: 'ill: h2\nh2, last lines of x.service:\nno \\x1b[1mroute of x.service',
      output: 'ill: h2\nno \\x1b[1mroute of x.service',
    });
  });

  it('are told by a plan and not applied', async () => {
    const { asked, target } = cluster(new Map([['ConfigMap kube-system/x', [create]]]));
    using run = testRun({ ...target, mode: 'plan' });
    await runStage(stageOf(objects), run.context);
    expect(asked).toEqual(['diff']);
    expect(run.context.counts.changed).toBe(1);
  });

  it('are not applied after a host has failed', async () => {
    const { asked, target } = cluster(new Map([['ConfigMap kube-system/x', [create]]]));
    using run = testRun(target);
    run.host('h2').write('/srv/log/is-a-folder', '');
    await expect(runStage(stageOf(step([thing('a')]), objects), run.context)).rejects.toMatchObject({ host: 'h2' });
    expect(asked).toEqual(['diff']);
  });
});
