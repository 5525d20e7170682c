import type { KubeObject, StageContext } from '../../../src/engine/stage.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { networkAdditions, networkPlugins } from '../../../src/network/network.ts';
import { objectsOf, upstreamManifest } from '../../../src/network/upstream/index.ts';
import { upstreamContext } from '../../support/upstream.ts';
import type { UpstreamTree } from '../../support/upstream.ts';
import { changesOf } from './upstream/changes.ts';
import { inventoryOf } from '../components/fixture.ts';
import type { Variant } from './calico/variants.ts';

/** The objects of a plugin, or of what stands beside one, as a stage has them. */
export async function objectsFor(
  name: string,
  inventory: Inventory,
  ...charts: readonly UpstreamTree[]
): Promise<readonly KubeObject[]> {
  const found = [...networkPlugins, ...networkAdditions].find((one) => one.name === name);
  if (found === undefined) throw new Error(`no network ${name}`);
  // Of a stage's context networks use what upstream's files are gotten with, and nothing else.
  return found.objects(upstreamContext(inventory, ...charts) as StageContext);
}

/** Three hosts with a plugin as it is, and something beside it. */
export function inventoryBeside(plugin: string, network: object, cluster: object = {}): Inventory {
  const hosts = ['h1', 'h2', 'h3'].map((name, index) => ({
    name,
    address: `10.88.0.${String(index + 11)}`,
    roles: index === 0 ? ['etcd', 'master', 'node'] : ['node'],
  }));
  const version = { kubernetesVersion: '1.36.3' };
  return inventoryOf(
    JSON.stringify({ cluster: { name: 'c', ...version, network: { plugin, ...network }, ...cluster }, hosts }),
  );
}

/** What was made of one of upstream's manifests, for a reader. */
export async function manifestChanges(component: string, name: string, variant: Variant, inventory: Inventory) {
  const file = inventory.cluster.network.needs.upstream?.find((one) => one.component === component);
  if (file === undefined) throw new Error(`no file of ${component}`);
  const manifest = await upstreamManifest(upstreamContext(inventory), file);
  const changes = changesOf(objectsOf(manifest), await objectsFor(name, inventory));
  return `# ${file.file} of ${component} ${file.version}, changed by\n# ${JSON.stringify(variant)}\n\n${changes}`;
}
