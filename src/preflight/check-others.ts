import type { Facts } from '../host/facts/model.ts';
import type { Inventory } from '../inventory/model.ts';
import { isOurs } from './host-check.ts';
import type { HostCheck } from './host-check.ts';

/** Other clusters, other installers, other runtimes. What k8sup did not bring it neither takes over nor removes. */
export const checkOthers: HostCheck = (inventory, _host, facts) => {
  if (facts.clusterName !== undefined && facts.clusterName !== inventory.cluster.name) {
    return [
      {
        code: 'OTHER_CLUSTER',
        what: `it belongs to the k8sup cluster ${facts.clusterName}`,
        why: `its mark says so; this inventory is of ${inventory.cluster.name}`,
        fix: `clean it with that cluster's inventory first, or take it out of this one`,
        severity: 'error',
      },
    ];
  }
  if (isOurs(inventory, facts)) return foreignCNI(inventory, facts);
  const remains = facts.remains.filter(({ of }) => !runtimes.includes(of));
  const installers = remains.map(({ of, found }) => ({
    code: 'REMAINS_FOUND',
    what: `something of ${of} is there: ${found}`,
    why: 'two installers on one host break each other, and clean would not know whose it is',
    fix: `take ${of} off the host first`,
    severity: 'error' as const,
  }));
  const running = Object.entries(facts.runningContainers).filter(([, count]) => count > 0);
  const containers = running.map(([namespace, count]) => ({
    code: 'CONTAINERS_RUNNING',
    what: `${count} containers run on it already (${namespace})`,
    why: 'another container runtime is in use there, and its rules and bridges would meet ours',
    fix: 'stop and remove them and that runtime, or use another host',
    severity: 'error' as const,
  }));
  const filled = Object.entries(facts.filledDirectories).map(([path, found]) => ({
    code: 'DATA_DIRECTORY_NOT_EMPTY',
    what: `${path} holds files already: ${found}`,
    why: 'k8sup would mix its own data with them, and clean empties that directory',
    fix: `move them away, or name another directory (${dataSettings(inventory)[path] ?? 'cluster'} in the inventory)`,
    severity: 'error' as const,
  }));
  return [...installers, ...containers, ...filled, ...idleRuntimes(facts), ...foreignCNI(inventory, facts)];
};

/** With `none` the network is the user's own, and so is its configuration. */
function foreignCNI({ cluster }: Inventory, { foreignCNIConfigs }: Facts): ReturnType<HostCheck> {
  if (cluster.network.plugin === 'none') return [];
  return foreignCNIConfigs
    .filter((name) => name < '10-k8sup.conflist')
    .map((name) => ({
      code: 'FOREIGN_CNI_CONFIG',
      what: `/etc/cni/net.d/${name} sorts before k8sup's own`,
      why: 'the runtime takes the first file there, so pods would get that network',
      fix: 'move the file away',
      severity: 'error',
    }));
}

const runtimes = ['docker', 'containerd', 'crio'];

/** The setting that names a directory, by path. */
function dataSettings({ cluster }: Inventory): Readonly<Record<string, string>> {
  return {
    [cluster.etcd.dataDir]: 'cluster.etcd.dataDir',
    [cluster.kubelet.rootDir]: 'cluster.kubelet.rootDir',
    [cluster.runtime.dataRoot]: 'cluster.runtime.dataRoot',
  };
}

/** A runtime from a package, without containers: k8sup's own takes its place until clean; what it stored is refused by itself. */
function idleRuntimes({ remains }: Facts): ReturnType<HostCheck> {
  return remains
    .filter(({ of }) => runtimes.includes(of))
    .map(({ of, found }) => ({
      code: 'DISTRIBUTION_RUNTIME',
      what: `a package brought ${of} (${found})`,
      why: "nothing runs in it; k8sup's own units and configuration take its place, and clean puts the package's back as they were",
      fix: `take the package off, if nobody needs it`,
      severity: 'warning' as const,
    }));
}
