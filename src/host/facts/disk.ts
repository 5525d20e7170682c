import { runsContainers, runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';

/** Free space that k8sup wants below a path before it begins. */
export interface DiskNeed {
  readonly path: string;
  readonly mib: number;
  readonly purpose: string;
}

/** What a fresh host needs free, by path; needs on one file system add up. */
export function diskNeeds(inventory: Inventory, host: Host): readonly DiskNeed[] {
  return [
    { path: '/opt/k8sup', mib: 1024, purpose: 'programs' },
    { path: '/etc', mib: 16, purpose: 'configuration' },
    { path: '/var/lib/k8sup', mib: 64, purpose: "k8sup's own records" },
    ...dataDirectories(inventory, host),
  ];
}

/** The directories that programs fill and clean empties. */
export function dataDirectories(inventory: Inventory, host: Host): readonly DiskNeed[] {
  const { etcd, kubelet, runtime } = inventory.cluster;
  const needs: DiskNeed[] = [];
  if (host.roles.has('etcd')) needs.push({ path: etcd.dataDir, mib: 2048, purpose: 'etcd data' });
  if (runsKubelet(host)) needs.push({ path: kubelet.rootDir, mib: 1024, purpose: 'volumes of pods' });
  if (runsContainers(host)) needs.push({ path: runtime.dataRoot, mib: 4096, purpose: 'images and containers' });
  return needs;
}
