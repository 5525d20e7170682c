import { expect, test } from 'vitest';
import { networkStage } from '../../../playbooks/06.network.ts';
import { addonsStage } from '../../../playbooks/07.addons.ts';
import type { ClusterStep, Stage, StageContext } from '../../../src/engine/stage.ts';
import { inventoryBeside } from '../network/rendering.ts';

const gates = ({ steps }: Stage) =>
  steps.filter((step): step is ClusterStep => step.type === 'cluster' && step.gate !== undefined);

async function waits(network: object, unreachable: readonly string[] = []): Promise<readonly (string | undefined)[]> {
  const inventory = inventoryBeside('flannel', network);
  const context = { inventory, unreachable: new Set(unreachable) } as unknown as StageContext;
  const all = [...gates(networkStage), ...gates(addonsStage)];
  return Promise.all(all.map(async ({ gate }) => (await gate?.(context))?.check.sh));
}

test('apply waits for what stands beside the network, before nodes and after names are there', async () => {
  const [pods, nodes, , controllers] = await waits({ nodeLocalDNS: { enabled: true } });
  expect(pods).toContain('-n kube-system get daemonset/node-local-dns ');
  expect(pods).toContain('gone=0');
  expect(nodes).toContain('get node/h1');
  expect(controllers).toBeUndefined();
});

test('not for its pods on hosts that the run goes on without, and for nothing where the network has no pods', async () => {
  expect((await waits({ nodeLocalDNS: { enabled: true } }, ['h3']))[0]).toContain('gone=1');
  expect((await waits({}))[0]).toBeUndefined();
});
