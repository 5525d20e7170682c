import type { Inventory } from '../inventory/model.ts';
import { endpointUrl } from '../inventory/urls.ts';
import { type Authorities, type Authority, type EnsureOptions, ensureAuthorities } from './authorities.ts';
import { ensureLeaves, type Leaf, leafOf } from './ensure-leaves.ts';
import { kubeconfig } from './kubeconfig.ts';
import type { StoreKey } from './store-key.ts';
import { openStore } from './store.ts';

/** Every key and certificate of a cluster that k8sup makes itself: what an apply installs. */
export interface ClusterPki {
  readonly authorities: Authorities;
  readonly leaves: readonly Leaf[];
  /** The administrator's; it stays on the controller. A secret. */
  adminKubeconfig(): string;
}

/**
 * Opens a cluster's store and makes what it lacks: authorities where the store is new, leaves that are missing, wrong or near their end.
 *
 * @param dir - absolute path of the store, `.k8sup/CLUSTER/pki`.
 * @throws K8supError of kind `pki`: see {@link ensureAuthorities} and {@link ensureLeaves}.
 */
export async function openClusterPki(
  dir: string,
  inventory: Inventory,
  options: EnsureOptions & { readonly key?: StoreKey } = {},
): Promise<ClusterPki> {
  const store = await openStore(dir, options.key);
  const authorities = await ensureAuthorities(store, inventory, options);
  const leaves = await ensureLeaves(store, inventory, { ...options, authorities });
  return { authorities, leaves, adminKubeconfig: () => adminKubeconfig(inventory, authorities, leaves) };
}

function adminKubeconfig(inventory: Inventory, authorities: Authorities, leaves: readonly Leaf[]): string {
  const leaf = leafOf(leaves, 'admin');
  return kubeconfig({
    cluster: inventory.cluster.name,
    server: endpointUrl(inventory),
    caPem: authorities.ca['kubernetes-ca'].bundlePem,
    user: leaf.commonName,
    credentials: { certPem: leaf.certPem, keyPem: leaf.keyPem },
  });
}

/** The authorities that signed a leaf: without Kubernetes that is etcd's alone, and nobody needs to hear of the others. */
export function authoritiesInUse({
  authorities,
  leaves,
}: Pick<ClusterPki, 'authorities' | 'leaves'>): readonly Authority[] {
  return Object.values(authorities.ca).filter(({ name }) => leaves.some(({ kind }) => kind.ca === name));
}
