import type { Facts } from '../../host/facts/model.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { cgroupDriver } from '../cgroup-driver.ts';
import { withExtraConfig } from '../extras.ts';
import type { SourcedConfig } from '../extras.ts';
import { chosen, forRelease, keyed } from '../source.ts';

/** dockerd's configuration as an object. It has mirrors of docker.io alone; an inventory with others is refused. */
export function daemonConfig(inventory: Inventory, host: Host, facts: Facts): SourcedConfig {
  const { runtime } = inventory.cluster;
  const mirrors = runtime.registryMirrors['docker.io'] ?? [];
  const driver = cgroupDriver(runtime, facts);
  const defaults = {
    'data-root': keyed(runtime.dataRoot, 'cluster.runtime.dataRoot'),
    'exec-opts': { value: [`native.cgroupdriver=${driver.value}`], source: driver.source },
    'live-restore': keyed(runtime.liveRestore, 'cluster.runtime.liveRestore'),
    'log-driver': chosen('json-file', 'the one that the kubelet reads'),
    'log-opts': {
      'max-size': keyed(dockerSize(runtime.logMaxSize), 'cluster.runtime.logMaxSize'),
      'max-file': keyed(String(runtime.logMaxFiles), 'cluster.runtime.logMaxFiles'),
    },
    ...(mirrors.length > 0 ? { 'registry-mirrors': keyed(mirrors, 'cluster.runtime.registryMirrors') } : {}),
    ...(!hasKubernetes(inventory) && dropsRoutedPackets(inventory.cluster.versions.docker)
      ? {
          'allow-direct-routing': forRelease(true, 'from 28 it drops packets to containers that come from other hosts'),
        }
      : {}),
    ...(runtime.insecureRegistries.length > 0
      ? { 'insecure-registries': keyed(runtime.insecureRegistries, 'cluster.runtime.insecureRegistries') }
      : {}),
  };
  return withExtraConfig(defaults, host, 'docker');
}

/**
 * Docker 28 and newer drops packets to containers that come from other hosts, in the raw table and, for ports that are not published, in its own filter chain
 * (moby/moby#49325, #48724). From 28.2 `allow-direct-routing` takes the rules of the raw table away (moby/moby#49832).
 */
export function dropsRoutedPackets(docker: string): boolean {
  return isAtLeast(docker, 28, 0);
}

/** Docker's `10m` is what Kubernetes calls `10Mi`. */
function dockerSize(quantity: string): string {
  return quantity.replace(/i$/, '').toLowerCase();
}
