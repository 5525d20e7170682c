import type { ClusterOutline } from '../engine/events.ts';
import type { Inventory } from '../inventory/model.ts';
import { hasKubernetes } from '../inventory/model.ts';
import { urlHost } from '../inventory/urls.ts';

/** What the journal of a run keeps of the inventory, so that it tells of the cluster without the inventory's file. */
export function outlineOf(inventory: Inventory): ClusterOutline {
  const { controlPlaneEndpoint: endpoint, network, versions } = inventory.cluster;
  return {
    hosts: inventory.hosts.map(({ name, address, roles }) => ({ name, address, roles: [...roles] })),
    ...(hasKubernetes(inventory) ? { kubernetes: versions.kubernetes } : {}),
    ...(endpoint === undefined ? {} : { endpoint: `${urlHost(endpoint.host)}:${endpoint.port}` }),
    network: { plugin: network.plugin, podCIDRs: network.podCIDRs },
  };
}
