import type { Inventory } from '../inventory/model.ts';
import { bridgeStatus } from './bridge/status.ts';
import { calicoStatus } from './calico/status.ts';
import { canalStatus } from './canal/status.ts';
import { flannelStatus } from './flannel/status.ts';
import { macvlanStatus } from './macvlan/status.ts';
import { noneStatus } from './none/status.ts';
import type { NetworkStatus } from './status.ts';

/** By the plugin's name in the inventory. */
const statuses: Readonly<Record<string, NetworkStatus>> = {
  flannel: flannelStatus,
  bridge: bridgeStatus,
  macvlan: macvlanStatus,
  calico: calicoStatus,
  canal: canalStatus,
};

/** How the network that the inventory chose is looked at. */
export function statusOf({ cluster }: Inventory): NetworkStatus {
  return statuses[cluster.network.plugin] ?? noneStatus;
}
