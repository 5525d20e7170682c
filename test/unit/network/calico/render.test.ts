import { describe, expect, it } from 'vitest';
import { calicoSettings } from '../../../../src/network/calico/calico.ts';
import { calicoObjects } from '../../../../src/network/calico/edits.ts';
import { fileOf } from '../../../../src/network/calico/needs.ts';
import { objectsOf, readManifest } from '../../../../src/network/upstream/index.ts';
import type { Manifest } from '../../../../src/network/upstream/index.ts';
import { because, noUpstream, upstreamText } from '../../../support/upstream.ts';
import { changesOf } from '../upstream/changes.ts';
import { inventoryFor, variants } from './variants.ts';
import type { Variant } from './variants.ts';

const secrets = { ca: 'the authority', cert: 'the certificate', key: 'the key' };
const node = { kind: 'DaemonSet', name: 'calico-node' };

function read(file: string): Manifest {
  const source = { component: 'calico', version: '3.32.1', file };
  return readManifest(upstreamText('calico', '3.32.1', file), source, 'kube-system');
}

function rendered(variant: Variant) {
  const inventory = inventoryFor(variant);
  const settings = calicoSettings(inventory);
  const manifest = read(fileOf(settings));
  const given = { settings, ...(settings.etcd === undefined ? {} : { secrets }) };
  return { before: objectsOf(manifest), after: calicoObjects(manifest, inventory, given), file: fileOf(settings) };
}

describe.skipIf(noUpstream !== undefined)(`Calico's objects${because(noUpstream)}`, () => {
  it.each(Object.entries(variants))('%s', async (name, variant) => {
    const { before, after, file } = rendered(variant);
    const text = `# ${file} of calico 3.32.1, changed by\n# ${JSON.stringify(variant)}\n\n${changesOf(before, after)}`;
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it("with backend vxlan the probes and the backend are those of upstream's own file for it", () => {
    const [ours, upstreams] = [
      rendered(variants['backend-vxlan'] ?? {}).after,
      objectsOf(read('calico-vxlan.yaml')),
    ].map((objects) => {
      const daemon = objects.find(({ kind, metadata }) => kind === node.kind && metadata.name === node.name);
      const config = objects.find(({ kind }) => kind === 'ConfigMap');
      return {
        probes: JSON.stringify(daemon).match(/"\w+Probe":\{"exec":\{[^}]*\}/g),
        backend: JSON.stringify(config).match(/"calico_backend":"\w+"/),
      };
    });
    expect(ours?.probes).toHaveLength(2);
    expect(ours).toEqual(upstreams);
  });

  it('a file whose places have moved is refused before anything is applied', () => {
    const inventory = inventoryFor({});
    const source = { component: 'calico', version: '3.32.1', file: 'calico.yaml' };
    const changed = upstreamText('calico', '3.32.1', 'calico.yaml').replace(
      '- name: CALICO_IPV4POOL_IPIP',
      '- name: IPIP',
    );
    const manifest = readManifest(changed, source, 'kube-system');
    expect(() => calicoObjects(manifest, inventory, { settings: calicoSettings(inventory) })).toThrow(
      /calico.yaml of calico 3.32.1 is not as k8sup knows it/,
    );
  });
});
