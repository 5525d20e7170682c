import { hasKubernetes, type Inventory } from '../inventory/model.ts';
import type { Authorities, Authority } from './authorities.ts';
import { profileOfConfig } from './cfssl/config.ts';
import { namesOf } from './der/alternative-names.ts';
import type { CertificateContent } from './issue.ts';
import type { KeySpec } from './keys.ts';
import { leafKinds, type LeafPlace, leafPlaces } from './leaves.ts';
import { readPkiFiles, requestOf } from './pki-files.ts';

/** A leaf as it must be. */
export interface WantedLeaf {
  readonly place: LeafPlace;
  readonly authority: Authority;
  readonly key: KeySpec;
  readonly content: CertificateContent;
  readonly lifetimeMs: number;
  /** Somebody asks who its subject is. */
  readonly identity: boolean;
}

const hourMs = 3_600_000;

/**
 * Every leaf the inventory needs, as it must be.
 *
 * @throws K8supError `PKI_HOST`, `PKI_CONFIG`, `PKI_REQUEST`, `PKI_PROFILE`.
 */
export async function wantedLeaves(
  inventory: Inventory,
  authorities: Pick<Authorities, 'ca'>,
  folder?: string,
): Promise<readonly WantedLeaf[]> {
  const files = await readPkiFiles(
    leafKinds.map((kind) => kind.name),
    folder,
  );
  const lifetimeMs = inventory.cluster.lifetimes.leafHours * hourMs;
  return leafPlaces(inventory).map((place) => {
    const { kind, hosts } = place;
    const { subject, key } = requestOf(files, kind.name);
    const { usages } = profileOfConfig(files.config, kind.profile);
    return {
      ...{ place, authority: authorities.ca[kind.ca], key, lifetimeMs },
      content: { subject, usages, names: namesOf(hosts) },
      // Beside Kubernetes etcd has no users: whom its authority signed is let in.
      identity: kind.profile === 'client' && (kind.ca !== 'etcd-ca' || !hasKubernetes(inventory)),
    };
  });
}

/** Those that an authority must sign whose key is kept elsewhere. */
export async function offlineLeaves(
  inventory: Inventory,
  authorities: Pick<Authorities, 'ca'>,
): Promise<readonly WantedLeaf[]> {
  return (await wantedLeaves(inventory, authorities)).filter(({ authority }) => authority.key === undefined);
}

/** Names in the store of a leaf's certificate and key. */
export function leafFiles(id: string): { readonly cert: string; readonly key: string } {
  return { cert: `${id}.pem`, key: `${id}-key.pem` };
}

/** What a leaf is called towards people. */
export function leafName({ kind, host }: LeafPlace): string {
  return host === undefined ? kind.name : `${kind.name} of ${host.name}`;
}
