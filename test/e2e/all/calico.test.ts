import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagesOf, objectsOf, readManifest } from '../../../src/network/upstream/index.ts';
import { becauseOf, tarballsOf } from '../../support/images.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';
import { because, noUpstream, upstreamText } from '../../support/upstream.ts';

const version = '3.32.1';

/** The lab's kernel has vxlan and no ipip. */
const plugins = [
  { plugin: 'calico', file: 'calico.yaml', settings: { vxlan: 'always' } },
  { plugin: 'canal', file: 'canal.yaml', settings: {} },
] as const;

describe.each(plugins)('$plugin', ({ plugin, file, settings }) => {
  const images =
    noUpstream === undefined
      ? imagesOf(objectsOf(readManifest(upstreamText(plugin, version, file), { component: plugin, version, file })))
      : [];
  const { files, missing } = tarballsOf(images);
  const reason = noLab ?? noUpstream;
  const title = `on the lab${reason === undefined ? becauseOf(missing) : because(reason)}`;

  describe.skipIf(reason !== undefined || missing.length > 0)(title, () => {
    let lab: LabHandle;
    beforeAll(async () => {
      lab = await bootLab(`e2e-${plugin}`, 3, 'newest');
      lab.edit(({ cluster }) => {
        cluster['network'] = { ...cluster['network'], plugin, [plugin]: settings };
        const own = (cluster['runtime']?.['images'] ?? []) as readonly string[];
        cluster['runtime'] = { ...cluster['runtime'], images: [...own, ...files] };
        cluster['artifacts'] = { ...cluster['artifacts'], directory: process.env['K8SUP_UPSTREAM_DIR'] };
      });
    });
    afterAll(() => lab.down());

    test('apply makes a cluster whose nodes are Ready, and proves it; a second one has nothing to do', async () => {
      expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json'))).toMatchObject({ ok: true, failed: 0 });
      expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify')).changed).toBe(0);
    });

    test('its agent runs on every node', async () => {
      const pods = await lab.kubectl(
        'get',
        'pods',
        '-A',
        '--field-selector',
        'status.phase=Running',
        '-l',
        `k8s-app in (calico-node, canal)`,
        '-o',
        'name',
      );
      expect(pods.trim().split('\n')).toHaveLength(3);
    });

    test('clean leaves no link of it', async () => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      for (const host of ['h1', 'h2', 'h3'])
        expect(await lab.ssh(host, "ls /sys/class/net | grep -E 'cali|vxlan|flannel' || :")).toBe('');
    });
  });
});
