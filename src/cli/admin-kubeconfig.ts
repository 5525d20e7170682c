import { K8supError } from '../errors/k8sup-error.ts';
import { hasKubernetes } from '../inventory/model.ts';
import type { Inventory } from '../inventory/model.ts';
import { openClusterPki } from '../pki/index.ts';
import type { StoreKey } from '../pki/index.ts';
import { noCluster } from './known-cluster.ts';
import { statePaths } from './state.ts';

/**
 * The administrator's kubeconfig from the controller's store; nothing is made.
 *
 * @throws K8supError `NO_KUBERNETES` where the inventory has container hosts instead, `NO_CLUSTER` where this inventory was never applied from here.
 */
export async function adminKubeconfigOf(inventory: Inventory, key: StoreKey): Promise<string> {
  needKubernetes(inventory);
  const pki = await openClusterPki(statePaths(inventory).pki, inventory, { dryRun: true, key });
  if (!pki.authorities.pending) return pki.adminKubeconfig();
  throw noCluster(statePaths(inventory).pki, inventory.cluster.name);
}

/** @throws K8supError `NO_KUBERNETES` where the inventory has container hosts instead. */
export function needKubernetes(inventory: Inventory): void {
  if (hasKubernetes(inventory)) return;
  throw new K8supError({
    code: 'NO_KUBERNETES',
    kind: 'usage',
    what: `${inventory.cluster.name} has no Kubernetes`,
    why: 'its hosts have the role container: Docker runs on them alone',
    fix: 'see  k8sup status ; containers are started by docker on the hosts themselves',
  });
}
