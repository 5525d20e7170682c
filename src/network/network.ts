import type { Inventory } from '../inventory/model.ts';
import { bridge } from './bridge/bridge.ts';
import { calico } from './calico/calico.ts';
import { canal } from './canal/canal.ts';
import { flannel } from './flannel/flannel.ts';
import { macvlan } from './macvlan/macvlan.ts';
import { none } from './none/none.ts';
import type { NetworkPlugin } from './plugin.ts';

/** All network plugins. Another one is a folder beside these, and a name here. */
export const networkPlugins: readonly NetworkPlugin[] = [flannel, bridge, macvlan, calico, canal, none];

/** The network that the inventory chose. */
export function pluginOf({ cluster }: Inventory): NetworkPlugin {
  const found = networkPlugins.find(({ name }) => name === cluster.network.plugin);
  if (found === undefined) throw new Error(`plugin ${cluster.network.plugin} passed the checks`);
  return found;
}
