import type { Inventory } from '../inventory/model.ts';
import { endpointUrl } from '../inventory/urls.ts';
import { type Authorities, type Authority, type EnsureOptions, ensureAuthorities } from './authorities.ts';
import { ensureLeaves, type Leaf, leafOf } from './ensure-leaves.ts';
import { kubeconfig } from './kubeconfig.ts';
import { askedFor, requestsFolder, requestsWait, type WaitingLeaf, writeRequests } from './requests.ts';
import type { StoreKey } from './store-key.ts';
import { openStore, type Store } from './store.ts';
import { leafName } from './wanted-leaves.ts';

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
 * @throws K8supError of kind `pki`: see {@link ensureAuthorities} and {@link ensureLeaves}; `PKI_REQUESTS` where leaves are missing that an authority
 *   must sign whose key is kept elsewhere. Their requests are in the store then.
 */
export async function openClusterPki(
  dir: string,
  inventory: Inventory,
  options: EnsureOptions & { readonly key?: StoreKey } = {},
): Promise<ClusterPki> {
  const store = await openStore(dir, options.key);
  const authorities = await ensureAuthorities(store, inventory, options);
  const leaves = await ensureLeaves(store, inventory, { ...options, authorities });
  if (options.dryRun !== true) await askForSignatures(store, leaves);
  return { authorities, leaves, adminKubeconfig: () => adminKubeconfig(inventory, authorities, leaves) };
}

/** @throws K8supError `PKI_REQUESTS` for what only a plan can go on without. */
export function refuseWaiting({ leaves }: Pick<ClusterPki, 'leaves'>): void {
  const needed = leaves.filter(({ waiting, pending }) => waiting !== undefined && pending);
  if (needed.length > 0) throw requestsWait(needed.map(waitingLeaf), undefined);
}

/** Requests are written too for what is near its end, but that is no reason to stop. */
async function askForSignatures(store: Store, leaves: readonly Leaf[]): Promise<void> {
  const waiting = leaves.filter((leaf) => leaf.waiting !== undefined);
  const asked = await askedFor(store, leaves);
  await writeRequests(
    store,
    asked.map(({ wanted }) => wanted),
  );
  const needed = waiting.filter(({ pending }) => pending);
  if (needed.length > 0) throw requestsWait(needed.map(waitingLeaf), store.path(requestsFolder));
}

function waitingLeaf({ wanted }: Leaf): WaitingLeaf {
  return { what: leafName(wanted.place), authority: wanted.authority.name };
}

function adminKubeconfig(inventory: Inventory, authorities: Authorities, leaves: readonly Leaf[]): string {
  const leaf = leafOf(leaves, 'admin');
  return kubeconfig({
    cluster: inventory.cluster.name,
    server: endpointUrl(inventory),
    caPem: authorities.ca['kubernetes-ca'].serverBundlePem,
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
