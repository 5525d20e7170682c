import { K8supError } from '../errors/k8sup-error.ts';
import { openStore, wasComplete } from '../pki/index.ts';
import type { Store } from '../pki/index.ts';

/**
 * Opens the store of a cluster that was applied from here.
 *
 * @param dir - the store's folder.
 * @throws K8supError `NO_CLUSTER` where there is none.
 */
export async function openKnownStore(dir: string, cluster: string): Promise<Store> {
  const store = await openStore(dir);
  if (await wasComplete(store)) return store;
  throw noCluster(dir, cluster);
}

/** @param dir - the store's folder. */
export function noCluster(dir: string, cluster: string): K8supError {
  return new K8supError({
    code: 'NO_CLUSTER',
    kind: 'pki',
    what: `there are no keys for the cluster ${cluster} here`,
    why: `${dir} is empty: the cluster was not applied from this folder, or was cleaned`,
    fix: 'run  k8sup apply  first, or use the folder from which it was applied',
  });
}
