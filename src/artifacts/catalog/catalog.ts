import { unknownError } from '../artifact-error.ts';
import type { ComponentRequest } from '../source.ts';
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
import { upstreamFiles } from './upstream.ts';

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
  ...upstreamFiles,
];

/** The versions of a manifest or chart whose sha256 the catalogue has. */
export function pinnedVersions(component: string): readonly string[] {
  return Object.keys(catalogEntry(component).pinned ?? {});
}

/** What a file must hash to, where the user or the catalogue says it. */
export function pinnedSum({ component, version, file, sha256 }: ComponentRequest): string | undefined {
  return sha256 ?? catalogEntry(component).pinned?.[version]?.[file ?? ''];
}

/** @throws K8supError `ARTIFACT_UNKNOWN`. */
export function catalogEntry(component: string): CatalogEntry {
  const entry = catalog.find((candidate) => candidate.component === component);
  if (entry !== undefined) return entry;
  throw unknownError(
    `there is no component named ${component}`,
    catalog.map((candidate) => candidate.component),
  );
}
