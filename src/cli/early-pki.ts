import { type ClusterPki, openClusterPki, openStore } from '../pki/index.ts';
import type { Run } from './run.ts';

/**
 * Reads a cluster's keys and certificates while its hosts are looked at, and writes nothing. Never throws.
 *
 * @returns undefined where something of it is to be made first, or cannot be read: whoever opens the store then tells why.
 */
export async function readPkiEarly({ paths, inventory, storeKey }: Run): Promise<ClusterPki | undefined> {
  try {
    // Of a new cluster all would be made, and made again.
    if (!(await (await openStore(paths.pki, storeKey)).has('cluster-id'))) return undefined;
    const pki = await openClusterPki(paths.pki, inventory, { dryRun: true, key: storeKey });
    const whole =
      !pki.authorities.pending &&
      pki.leaves.every(({ issued, waiting }) => issued === undefined && waiting === undefined);
    return whole ? pki : undefined;
  } catch {
    return undefined;
  }
}
