import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';
import type { Inventory } from '../../inventory/model.ts';
import type { NetworkTarget } from '../plugin.ts';

/** Beside the CNI folder, never in it: runtimes try to read every file there. */
export const podRoutesPath = `${paths.kubeConf}/pod-routes`;

/**
 * What the routes script makes true, one `word value…` a line. Other nodes without a pod CIDR yet are left out.
 *
 * @param via - the router by which another node is reached; undefined where it is reached directly.
 */
export function podRoutesFile(
  { inventory, host, podCIDRs }: NetworkTarget,
  own: string,
  via: (address: string) => string | undefined = () => undefined,
): ComponentFile {
  const others = inventory.hosts.filter((other) => other.name !== host.name && podCIDRs[other.name] !== undefined);
  return fileOf([
    ...rules(inventory, own),
    ...others.map((other) => `route ${podCIDRs[other.name] ?? ''} ${via(other.address) ?? other.address}`),
  ]);
}

/** The rules alone: the network has routes of its own. */
export function masqueradeFile(inventory: Inventory): ComponentFile {
  return fileOf(rules(inventory, inventory.cluster.network.podCIDR));
}

/** `own` are pods whose addresses are hidden, `keep` the blocks that see them all the same. */
function rules({ cluster }: Inventory, own: string): readonly string[] {
  const { podCIDR, nonMasqueradeCIDRs } = cluster.network;
  return [
    `filter ${cluster.kubeProxy.mode === 'nftables' ? 'nft' : 'iptables'}`,
    `own ${own}`,
    `pods ${podCIDR}`,
    ...nonMasqueradeCIDRs.map((cidr) => `keep ${cidr}`),
  ];
}

function fileOf(lines: readonly string[]): ComponentFile {
  return { path: podRoutesPath, mode: 0o644, content: `${lines.join('\n')}\n` };
}
