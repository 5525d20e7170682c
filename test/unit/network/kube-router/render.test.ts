import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Inventory } from '../../../../src/inventory/model.ts';
import { kubeRouterSettings } from '../../../../src/network/kube-router/kube-router.ts';
import { kubeRouterObjects } from '../../../../src/network/kube-router/objects.ts';
import { objectsOf, readManifest } from '../../../../src/network/upstream/index.ts';
import { because, noUpstream, upstreamText } from '../../../support/upstream.ts';
import { inventoryFor } from '../calico/variants.ts';
import { inventoryBeside, manifestChanges, objectsFor } from '../rendering.ts';
import { kubeRouterVariants, policyVariants } from './variants.ts';

const name = 'kube-router';
const source = { component: name, version: '2.11.1', file: 'generic-kuberouter-all-features.yaml' };
const peers = (passwordFile: string) => ({
  settings: {
    bgpPeers: [
      { address: '192.0.2.1', asNumber: 64701, passwordFile },
      { address: '192.0.2.2', asNumber: 64701 },
    ],
  },
});

describe.skipIf(noUpstream !== undefined)(`kube-router's objects${because(noUpstream)}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-peers-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(Object.entries(kubeRouterVariants))('%s', async (variant, chosen) => {
    const text = await manifestChanges(name, name, chosen, inventoryFor(chosen, name));
    await expect(text).toMatchFileSnapshot(`golden/${variant}.txt`);
  });

  it.each(Object.entries(policyVariants))('%s', async (variant, { plugin, ...chosen }) => {
    const text = await manifestChanges(name, 'policy', chosen, inventoryBeside(plugin, chosen.network ?? {}));
    await expect(text).toMatchFileSnapshot(`golden/${variant}.txt`);
  });

  it("peers' passwords are in a Secret alone", async () => {
    const file = join(folder, 'password');
    writeFileSync(file, 'a word\n', { mode: 0o600 });
    const objects = await objectsFor(name, inventoryFor(peers(file), name));
    const secret = objects.find(({ kind }) => kind === 'Secret') as unknown as { data: { passwords: string } };
    const base64 = Buffer.from('a word').toString('base64');
    expect(Buffer.from(secret.data.passwords, 'base64').toString()).toBe(`${base64},`);
    const others = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
    expect(others).not.toContain('a word');
    expect(others).not.toContain(base64);
    expect(others).toContain('--peer-router-passwords-file=/etc/kube-router-peers/passwords');
  });

  it('a password file that others can read is refused, and so is one that is not there', async () => {
    const file = join(folder, 'open');
    writeFileSync(file, 'a word\n', { mode: 0o644 });
    const inventory: Inventory = inventoryFor(peers(file), name);
    await expect(objectsFor(name, inventory)).rejects.toMatchObject({ code: 'SECRET_FILE_MODE' });
    const absent = inventoryFor(peers('/no/such/file'), name);
    await expect(objectsFor(name, absent)).rejects.toMatchObject({ code: 'SECRET_FILE_UNREADABLE' });
  });

  it('another configuration starts the pods anew, and the same does not', () => {
    const template = (settings: object): string => {
      const inventory = inventoryFor({ settings }, name);
      const manifest = readManifest(upstreamText(name, source.version, source.file), source, 'kube-system');
      const objects = kubeRouterObjects(manifest, inventory, { settings: kubeRouterSettings(inventory) });
      return /"k8sup\/config":"(\w+)"/.exec(JSON.stringify(objects))?.[1] ?? '';
    };
    expect(template({ mtu: 1400 })).not.toBe(template({ mtu: 1401 }));
    expect(template({ mtu: 1400 })).toBe(template({ mtu: 1400, overlay: 'full' }));
  });

  it('a file whose places have moved is refused before anything is applied', () => {
    const changed = upstreamText(name, source.version, source.file).replace('--run-service-proxy', '--run-proxy');
    const inventory = inventoryFor({}, name);
    const manifest = readManifest(changed, source, 'kube-system');
    expect(objectsOf(manifest)).toHaveLength(5);
    expect(() => kubeRouterObjects(manifest, inventory, { settings: kubeRouterSettings(inventory) })).toThrow(
      /generic-kuberouter-all-features.yaml of kube-router 2.11.1 is not as k8sup knows it/,
    );
  });
});
