import { formatProblem } from '../../inventory/problem.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';

/** `k8sup validate`. */
export async function validate(file: string, io: Io): Promise<number> {
  const inventory = await loadInventory(file, networkPlugins);
  for (const warning of inventory.warnings) say(io, `warning: ${formatProblem(warning)}`);
  const { cluster, hosts } = inventory;
  say(
    io,
    `${file} is right: cluster ${cluster.name}, ${hasKubernetes(inventory) ? `Kubernetes ${cluster.versions.kubernetes}` : 'no Kubernetes'}, ${cluster.runtime.type}, ${cluster.network.plugin}, ${hosts.length} hosts`,
  );
  return 0;
}
