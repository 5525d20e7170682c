import { K8supError } from '../errors/k8sup-error.ts';
import { openStore, wasComplete } from '../pki/index.ts';
import type { Store } from '../pki/index.ts';
import type { Run } from './run.ts';

/**
 * Opens the store of a cluster that was applied from here.
 *
 * @throws K8supError `NO_CLUSTER` where there is none.
 */
export async function openKnownStore({
  paths,
  inventory,
  storeKey,
}: Pick<Run, 'paths' | 'inventory' | 'storeKey'>): Promise<Store> {
  const store = await openStore(paths.pki, storeKey);
  if (await wasComplete(store)) return store;
  throw noCluster(paths.pki, inventory.cluster.name);
}

/** @param dir - the store's folder. */
export function noCluster(dir: string, cluster: string): K8supError {
  return new K8supError({
    code: 'NO_CLUSTER',
    kind: 'pki',
    what: `there are no keys for the cluster ${cluster} here`,
    why: `${dir} is empty: the cluster was not applied from this folder, or was cleaned`,
    fix: 'run  k8sup apply  first, use the folder from which it was applied, or  k8sup pki restore  a backup of it',
  });
}
