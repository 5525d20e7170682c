import { K8supError } from '../../errors/k8sup-error.ts';
import type { Facts } from '../../host/facts/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { cgroupDriver } from '../cgroup-driver.ts';
import { withExtraConfig } from '../extras.ts';

/**
 * dockerd's configuration as an object.
 * @throws K8supError `DOCKER_MIRROR_UNSUPPORTED` for mirrors of other registries than docker.io: Docker has no such thing.
 */
export function daemonConfig(inventory: Inventory, host: Host, facts: Facts): Readonly<Record<string, unknown>> {
  const { runtime } = inventory.cluster;
  const mirrors = dockerHubMirrors(runtime.registryMirrors);
  const defaults = {
    'data-root': runtime.dataRoot,
    'exec-opts': [`native.cgroupdriver=${cgroupDriver(runtime, facts)}`],
    'live-restore': runtime.liveRestore,
    'log-driver': 'json-file',
    'log-opts': { 'max-size': dockerSize(runtime.logMaxSize), 'max-file': String(runtime.logMaxFiles) },
    ...(mirrors.length > 0 ? { 'registry-mirrors': mirrors } : {}),
    ...(runtime.insecureRegistries.length > 0 ? { 'insecure-registries': runtime.insecureRegistries } : {}),
  };
  return withExtraConfig(defaults, host, 'docker');
}

/** Docker's `10m` is what Kubernetes calls `10Mi`. */
function dockerSize(quantity: string): string {
  return quantity.replace(/i$/, '').toLowerCase();
}

function dockerHubMirrors(mirrors: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const others = Object.keys(mirrors).filter((registry) => registry !== 'docker.io');
  if (others.length > 0) {
    throw new K8supError({
      code: 'DOCKER_MIRROR_UNSUPPORTED',
      kind: 'inventory',
      what: `Docker cannot mirror ${others.join(', ')}`,
      why: 'its registry-mirrors are for docker.io alone',
      fix: 'name images of those registries by the mirror, or use containerd',
    });
  }
  return mirrors['docker.io'] ?? [];
}
