import { firewallNeeds } from '../../host/firewall/needs.ts';
import type { FirewallNeeds } from '../../host/firewall/needs.ts';
import { formatProblem } from '../../inventory/problem.ts';
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
    `${file} is right: cluster ${cluster.name}, Kubernetes ${cluster.versions.kubernetes}, ${cluster.runtime.type}, ${cluster.network.plugin}, ${hosts.length} hosts`,
  );
  if (cluster.firewall === 'keep') {
    say(io, 'firewalls stay on; they must let in:');
    for (const host of hosts) say(io, `  ${host.name}: ${letIn(firewallNeeds(inventory, host))}`);
  }
  return 0;
}

function letIn({ ports, peers, pods }: FirewallNeeds): string {
  const said = ports.map(
    (need) =>
      `${need.ports}/${need.protocol} (${need.purpose})${need.from === 'hosts' ? ` from ${peers.join(' ')}` : ''}`,
  );
  return [...said, ...pods.map((cidr) => `all from ${cidr}, forwarded from and to it too`)].join(', ');
}
