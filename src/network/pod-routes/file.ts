import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';
import { familyOf } from '../../inventory/cidr.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
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
  own: readonly string[],
  via: (address: string) => string | undefined,
): ComponentFile {
  const others = inventory.hosts.filter((other) => other.name !== host.name && podCIDRs[other.name] !== undefined);
  const routes = others.flatMap((other) =>
    (podCIDRs[other.name] ?? []).map((cidr) => {
      const address = addressLike(other, cidr);
      return `route ${cidr} ${via(address) ?? address}`;
    }),
  );
  return fileOf([...rules(inventory, own), ...routes]);
}

/** The rules alone, to hide these blocks of pods: the network has routes of its own. */
export function masqueradeFile(inventory: Inventory, own: readonly string[]): ComponentFile {
  return fileOf(rules(inventory, own));
}

/** A node is reached by its address of the route's own family. */
export function addressLike({ address, addresses }: Host, cidr: string): string {
  return addresses.find((one) => familyOf(one) === familyOf(cidr)) ?? address;
}

/** `own` are pods whose addresses are hidden, `keep` the blocks that see them all the same. */
function rules({ cluster }: Inventory, own: readonly string[]): readonly string[] {
  const { podCIDRs, nonMasqueradeCIDRs } = cluster.network;
  return [
    `filter ${cluster.kubeProxy.mode === 'nftables' ? 'nft' : 'iptables'}`,
    ...own.map((cidr) => `own ${cidr}`),
    ...podCIDRs.map((cidr) => `pods ${cidr}`),
    ...nonMasqueradeCIDRs.map((cidr) => `keep ${cidr}`),
  ];
}

function fileOf(lines: readonly string[]): ComponentFile {
  return { path: podRoutesPath, mode: 0o644, content: `${lines.join('\n')}\n` };
}
