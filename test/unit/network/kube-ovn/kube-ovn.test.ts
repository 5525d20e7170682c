import { describe, expect, it, test } from 'vitest';
import { kubeOvnSettings } from '../../../../src/network/kube-ovn/kube-ovn.ts';
import { kubeOvnValues } from '../../../../src/network/kube-ovn/values.ts';
import { nodeMetadata } from '../../../../src/kube/index.ts';
import { objectsOf, upstreamChart } from '../../../../src/network/upstream/index.ts';
import { because, noCharts, upstreamContext } from '../../../support/upstream.ts';
import { inventoryFor } from '../calico/variants.ts';
import { objectsFor } from '../rendering.ts';
import { changesOf } from '../upstream/changes.ts';
import { kubeOvnVariants } from './variants.ts';

const name = 'kube-ovn';
const tree = { component: name, version: '1.16.2' };

test.each(Object.entries(kubeOvnVariants))('values of %s', async (variant, chosen) => {
  const inventory = inventoryFor(chosen, name);
  const text = JSON.stringify(kubeOvnValues(inventory, kubeOvnSettings(inventory)), null, 2);
  await expect(`${text}\n`).toMatchFileSnapshot(`golden/${variant}.values.json`);
});

/** What the chart is by itself, on the same masters. */
describe.skipIf(noCharts !== undefined)(`Kube-OVN's objects${because(noCharts)}`, () => {
  it.each(Object.entries(kubeOvnVariants))('%s', async (variant, chosen) => {
    const inventory = inventoryFor(chosen, name);
    const file = { ...tree, file: 'kube-ovn.tgz' };
    const values = { MASTER_NODES: '10.88.0.11' };
    const chart = { file, release: name, namespace: 'kube-system', values };
    const before = objectsOf(await upstreamChart(upstreamContext(inventory, tree), chart));
    const changes = changesOf(before, await objectsFor(name, inventory, tree));
    const text = `# the chart of kube-ovn 1.16.2 on the masters ${values.MASTER_NODES}, changed by\n# ${JSON.stringify(chosen)}\n\n${changes}`;
    await expect(text).toMatchFileSnapshot(`golden/${variant}.txt`);
  });
});

test('masters have the label by which its databases find them, and nobody else', () => {
  const live = ['h1', 'h2'].map((host) => ({ name: host, podCIDRs: [], taints: [], managedTaints: undefined }));
  const labels = nodeMetadata(inventoryFor({}, name), live).map(({ metadata }) => metadata['labels']);
  expect(labels[0]).toMatchObject({ 'kube-ovn/role': 'master' });
  expect(labels[1]).not.toHaveProperty('kube-ovn/role');
});
