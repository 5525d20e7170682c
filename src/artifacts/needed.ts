import type { Inventory } from '../inventory/model.ts';
import { hasKubernetes, hostsWith } from '../inventory/model.ts';
import { releaseHas } from '../inventory/releases.ts';
import type { Architecture, ArtifactId } from './artifact.ts';
import { architectureError } from './artifact-error.ts';
import { catalog } from './catalog/catalog.ts';
import { helmArtifact } from './controller.ts';
import { filesOf } from './catalog/model.ts';

/** What an inventory needs on hosts of one architecture, in the order in which stages need it, and on the controller. */
export function artifactIds(inventory: Inventory, architecture: Architecture): readonly ArtifactId[] {
  const wanted = componentVersions(inventory);
  const ofHosts = catalog.flatMap((entry) => {
    const { component } = entry;
    const version = wanted.get(component);
    return version === undefined
      ? []
      : filesOf(entry, version).map((file) => ({ component, version, architecture, file }));
  });
  return [...ofHosts, ...ofController(inventory)];
}

/** Objects of the network are read on the controller, and charts are rendered there. */
function ofController(inventory: Inventory): readonly ArtifactId[] {
  const { upstream = [] } = inventory.cluster.network.needs;
  const helm = upstream.some(({ file }) => file.endsWith('.tgz')) ? [helmArtifact()] : [];
  return [...helm, ...upstream.map((file): ArtifactId => ({ ...file, architecture: 'noarch' }))];
}

/** The architecture of a host whose `uname -m` is `machine`. @throws K8supError `ARTIFACT_ARCHITECTURE`. */
export function architectureOf(machine: string): Architecture {
  if (machine === 'x86_64' || machine === 'amd64') return 'amd64';
  if (machine === 'aarch64' || machine === 'arm64') return 'arm64';
  throw architectureError(machine);
}

/** CoreDNS runs as an image; its program is named for those who make that image themselves. */
function componentVersions(inventory: Inventory): ReadonlyMap<string, string> {
  const { versions, runtime, network } = inventory.cluster;
  const wanted = new Map<string, string>();
  if (hostsWith(inventory, 'etcd').length > 0) wanted.set('etcd', versions.etcd);
  // Docker's archive brings its own containerd and runc.
  if (runtime.type === 'docker') {
    wanted.set('docker', versions.docker);
    if (hasKubernetes(inventory) && versions.criDockerd !== undefined && !releaseHas(versions.kubernetes, 'dockershim'))
      wanted.set('cri-dockerd', versions.criDockerd);
  }
  if (runtime.type === 'containerd') wanted.set('containerd', versions.containerd).set('runc', versions.runc);
  if (hasKubernetes(inventory)) wanted.set('cni-plugins', versions.cniPlugins).set('kubernetes', versions.kubernetes);
  for (const [component, version] of Object.entries(network.needs.artifacts)) wanted.set(component, version);
  return hasKubernetes(inventory) ? wanted.set('coredns', versions.coredns) : wanted;
}
