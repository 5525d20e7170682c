import { firewallNeeds, peersOf } from '../../host/firewall/needs.ts';
import type { FirewallNeeds } from '../../host/firewall/needs.ts';
import { formatProblem } from '../../inventory/problem.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import { loadInventory } from '../../inventory/load.ts';
import type { Inventory } from '../../inventory/model.ts';
import { formatPath } from '../../inventory/path.ts';
import type { Problem } from '../../inventory/problem.ts';
import { networkAdditions, networkPlugins } from '../../network/network.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';

/** `k8sup validate`. */
export async function validate(file: string, io: Io): Promise<number> {
  const inventory = await loadInventory(file, networkPlugins);
  for (const warning of [...inventory.warnings, ...policyWarnings(inventory)])
    say(io, `warning: ${formatProblem(warning)}`);
  const { cluster, hosts } = inventory;
  say(
    io,
    `${file} is right: cluster ${cluster.name}, ${hasKubernetes(inventory) ? `Kubernetes ${cluster.versions.kubernetes}` : 'no Kubernetes'}, ${cluster.runtime.type}, ${cluster.network.plugin}, ${hosts.length} hosts`,
  );
  if (cluster.firewall === 'keep') {
    say(io, 'firewalls stay on; they must let in:');
    for (const host of hosts) say(io, `  ${host.name}: ${letIn(firewallNeeds(inventory, host))}`);
  }
  return 0;
}

/** Who writes a policy believes in it. Said here alone: a cluster without them is a common wish, and no reason to be told at each run. */
function policyWarnings({ cluster, document }: Inventory): readonly Problem[] {
  const { plugin, enforcesPolicy } = cluster.network;
  if (plugin === 'none' || enforcesPolicy) return [];
  const canAdd = networkAdditions.some((addition) => addition.enforcesPolicy && addition.beside.includes(plugin));
  const path = ['cluster', 'network', 'plugin'];
  return [
    {
      severity: 'warning',
      code: 'NETWORK_POLICY_NOT_ENFORCED',
      path: formatPath(path),
      position: document.position(path),
      message: `NetworkPolicy objects have no effect with ${plugin}`,
      ...(canAdd ? { fix: 'network.policy: kube-router enforces them' } : {}),
    },
  ];
}

function letIn(needs: FirewallNeeds): string {
  const { ports, protocols, peers, pods } = needs;
  const said = ports.map(
    (need) =>
      `${need.ports}/${need.protocol} (${need.purpose})${need.from === 'hosts' ? ` from ${peers.join(' ')}` : ''}`,
  );
  const sent = protocols.flatMap((protocol) => {
    const senders = peersOf(needs, protocol);
    const text = `IP protocol ${String(protocol.number)} (${protocol.purpose}) from ${senders.join(' ')}`;
    return senders.length === 0 ? [] : [text];
  });
  return [...said, ...sent, ...pods.map((cidr) => `all from ${cidr}, forwarded from and to it too`)].join(', ');
}
