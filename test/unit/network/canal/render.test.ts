import { describe, expect, it } from 'vitest';
import { canalSettings } from '../../../../src/network/canal/canal.ts';
import { canalObjects } from '../../../../src/network/canal/edits.ts';
import { objectsOf, readManifest } from '../../../../src/network/upstream/index.ts';
import { because, noUpstream, upstreamText } from '../../../support/upstream.ts';
import { inventoryFor } from '../calico/variants.ts';
import { changesOf } from '../upstream/changes.ts';
import { canalVariants } from './variants.ts';

describe.skipIf(noUpstream !== undefined)(`Canal's objects${because(noUpstream)}`, () => {
  it.each(Object.entries(canalVariants))('%s', async (name, variant) => {
    const inventory = inventoryFor(variant, 'canal');
    const source = { component: 'canal', version: '3.32.1', file: 'canal.yaml' };
    const manifest = readManifest(upstreamText('canal', '3.32.1', 'canal.yaml'), source, 'kube-system');
    const changes = changesOf(objectsOf(manifest), canalObjects(manifest, inventory, canalSettings(inventory)));
    const text = `# canal.yaml of canal 3.32.1, changed by\n# ${JSON.stringify(variant)}\n\n${changes}`;
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});
