import type { NetworkSettings } from '../inventory/model.ts';
import { bridge } from './bridge/bridge.ts';
import { flannel } from './flannel/flannel.ts';
import { none } from './none/none.ts';
import type { NetworkPlugin } from './plugin.ts';

/** All network plugins by their name in the inventory. */
export const networkPlugins: Readonly<Record<NetworkSettings['plugin'], NetworkPlugin>> = { flannel, bridge, none };
