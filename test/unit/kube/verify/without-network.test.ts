import { expect, test } from 'vitest';
import { withoutNetwork } from '../../../../src/kube/verify/without-network.ts';

const kube = (output: string) => ({ kube: { run: () => Promise.resolve(output) } });

test('while a node waits for the user’s network nothing can be proved, and that is said', async () => {
  expect(await withoutNetwork(kube('h1 True\nh2 False\nh3 \n'))).toMatchObject({
    skipped: true,
    ok: true,
    result: 'h2, h3 not Ready: no pod starts there until you have installed a network',
  });
  expect(await withoutNetwork(kube('h1 True\nh2 True\n'))).toBeUndefined();
});
