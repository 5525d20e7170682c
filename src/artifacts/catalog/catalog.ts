import { unknownError } from '../artifact-error.ts';
import { cniPluginFlannel, cniPlugins } from './cni-plugins.ts';
import { containerd, runc } from './containerd.ts';
import { coredns } from './coredns.ts';
import { criDockerd } from './cri-dockerd.ts';
import { docker } from './docker.ts';
import { etcd } from './etcd.ts';
import { flannel } from './flannel.ts';
import { helm } from './helm.ts';
import { kubernetes } from './kubernetes.ts';
import type { CatalogEntry } from './model.ts';

/** Every component, in the order in which stages need them. */
export const catalog: readonly CatalogEntry[] = [
  etcd,
  containerd,
  docker,
  criDockerd,
  runc,
  cniPlugins,
  kubernetes,
  cniPluginFlannel,
  flannel,
  coredns,
  helm,
];

/** @throws K8supError `ARTIFACT_UNKNOWN`. */
export function catalogEntry(component: string): CatalogEntry {
  const entry = catalog.find((candidate) => candidate.component === component);
  if (entry !== undefined) return entry;
  throw unknownError(
    `there is no component named ${component}`,
    catalog.map((candidate) => candidate.component),
  );
}
