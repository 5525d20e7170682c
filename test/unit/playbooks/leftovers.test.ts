import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { masterStage } from '../../../playbooks/04.kube-master.ts';
import { nodeStage } from '../../../playbooks/05.kube-node.ts';
import type { HostStep, Stage, StageContext } from '../../../src/engine/stage.ts';
import { openClusterPki } from '../../../src/pki/index.ts';
import type { AnyResource } from '../../../src/resources/define.ts';
import { sha256 } from '../../../src/resources/file.ts';
import { changesOf } from '../../support/case-files.ts';
import { classic, hostOf, labFacts } from '../components/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'k8sup-playbooks-'));
let context: StageContext;
beforeAll(async () => {
  const upload = { path: '/x', length: 1, compression: 'gzip' as const };
  const parts: Partial<StageContext> = {
    inventory: classic,
    facts: () => ({ ...labFacts, architecture: 'amd64' }),
    pki: await openClusterPki(folder, classic),
    artifacts: {
      get: () => Promise.resolve({ path: '/x', sha256: 'x' }),
      compressed: () => Promise.resolve(upload),
    } as unknown as StageContext['artifacts'],
    registryPasswords: new Map(),
    signal: new AbortController().signal,
  };
  context = parts as StageContext;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A resource of one step on the first host. */
async function resourceOf(stage: Stage, name: string, id: string): Promise<AnyResource> {
  const step = stage.steps.find((one): one is HostStep => one.type === 'hosts' && one.name === name);
  const resources = (await step?.resources(hostOf(classic, 'h1'), context)) ?? [];
  const found = resources.find((resource) => resource.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${resources.map((one) => one.id).join(', ')}`);
  return found;
}

describe('what a join that was killed leaves is taken away by the next apply:', () => {
  const tokens = '/etc/kubernetes/token.csv';
  const probed = (content: string): string => `file 600 root:root\n${sha256(Buffer.from(content))}  -\n`;

  it('a line of the token file, with a restart of the apiserver', async () => {
    const file = await resourceOf(masterStage, 'apiserver', `file:${tokens}`);
    expect(changesOf(file, probed(''))).toEqual([]);
    expect(changesOf(file, probed('token,kubelet-bootstrap,10001,"system:bootstrappers:k8sup"\n'))).toHaveLength(1);
    expect(file.text).toBeUndefined();

    const service = await resourceOf(masterStage, 'apiserver', 'service:kube-apiserver.service');
    const running = 'ActiveState=active\nUnitFileState=enabled\ninputs=\ndropIns=\nreplacing=\n';
    expect(changesOf(service, running)).toEqual([]);
    expect(changesOf(service, running, [`file:${tokens}`])).toEqual([
      `inputs: running with older inputs -> ${tokens} (restart)`,
    ]);
  });

  it('the bootstrap kubeconfig of a node', async () => {
    const file = await resourceOf(nodeStage, 'kubelet', 'file:/etc/kubernetes/bootstrap.kubeconfig');
    expect(changesOf(file, 'there\n')).toEqual(['file: there -> absent (delete)']);
    expect(changesOf(file, 'absent\n')).toEqual([]);
  });
});
