import type { KubeObject, StageContext } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { bridge } from './bridge/bridge.ts';
import { calico } from './calico/calico.ts';
import { canal } from './canal/canal.ts';
import { flannel } from './flannel/flannel.ts';
import { cilium } from './cilium/cilium.ts';
import { kubeOvn } from './kube-ovn/kube-ovn.ts';
import { kubeRouter } from './kube-router/kube-router.ts';
import { policy } from './kube-router/policy.ts';
import { macvlan } from './macvlan/macvlan.ts';
import { multus } from './multus/multus.ts';
import { nodeLocalDNS } from './node-local-dns/node-local-dns.ts';
import { none } from './none/none.ts';
import type { NetworkAddition, NetworkPlugin } from './plugin.ts';

/** What may stand beside a network plugin; each says beside which. */
export const networkAdditions: readonly NetworkAddition[] = [policy, multus, nodeLocalDNS];

/** All network plugins. Another one is a folder beside these, and a name here. */
export const networkPlugins: readonly NetworkPlugin[] = [
  flannel,
  bridge,
  macvlan,
  calico,
  canal,
  kubeRouter,
  kubeOvn,
  cilium,
  none,
].map((plugin: NetworkPlugin) => ({
  ...plugin,
  additions: networkAdditions.filter(({ beside }) => beside.includes(plugin.name)),
}));

/** The network that the inventory chose. */
export function pluginOf({ cluster }: Inventory): NetworkPlugin {
  const found = networkPlugins.find(({ name }) => name === cluster.network.plugin);
  if (found === undefined) throw new Error(`plugin ${cluster.network.plugin} passed the checks`);
  return found;
}

/** What the inventory chose to stand beside it. */
export function additionsOf({ cluster }: Inventory): readonly NetworkAddition[] {
  return networkAdditions.filter(({ name }) => name in cluster.network.additions);
}

/** The objects of the plugin and of what stands beside it. */
export async function networkObjects(context: StageContext): Promise<readonly KubeObject[]> {
  const all = [pluginOf(context.inventory), ...additionsOf(context.inventory)];
  return (await Promise.all(all.map(async ({ objects }) => objects(context)))).flat();
}
