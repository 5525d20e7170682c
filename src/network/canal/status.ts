import { familyOf } from '../look/model.ts';
import { flannelRules, flannelStatus } from '../flannel/status.ts';
import type { NetworkStatus } from '../status.ts';
import { canalSettings } from './canal.ts';

const { announced, tunnelEnd } = flannelStatus;

/** flannel's way from node to node, with pods behind Calico's own links instead of a bridge, and no unit: it runs in a pod. */
export const canalStatus: NetworkStatus = {
  mode: (inventory) => canalSettings(inventory).backend,
  tunnel: (inventory, family) => {
    const { backend, vni, port } = canalSettings(inventory);
    return backend === 'vxlan' && family === 4 ? { device: `flannel.${vni}`, vni, port, overhead: 50 } : undefined;
  },
  wayTo: (inventory) => (canalSettings(inventory).backend === 'vxlan' ? 'tunnel' : 'direct'),
  announced,
  tunnelEnd,
  masquerade: ({ cluster }) => flannelRules(familyOf(cluster.network.podCIDR)),
};
