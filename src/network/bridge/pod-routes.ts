import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';
import { familyOf } from '../../inventory/cidr.ts';
import type { Host } from '../../inventory/model.ts';
import type { NetworkTarget } from '../plugin.ts';

/** Beside the CNI folder, never in it: runtimes try to read every file there. */
export const podRoutesPath = `${paths.kubeConf}/pod-routes`;

/** What the routes script makes true, one `word value…` a line. Other nodes without a pod CIDR yet are left out. */
export function podRoutesFile({ inventory, host, podCIDRs }: NetworkTarget, own: readonly string[]): ComponentFile {
  const { network, kubeProxy } = inventory.cluster;
  const others = inventory.hosts.filter((other) => other.name !== host.name && podCIDRs[other.name] !== undefined);
  const content = [
    `filter ${kubeProxy.mode === 'nftables' ? 'nft' : 'iptables'}`,
    ...own.map((cidr) => `own ${cidr}`),
    ...network.podCIDRs.map((cidr) => `pods ${cidr}`),
    ...others.flatMap((other) =>
      (podCIDRs[other.name] ?? []).map((cidr) => `route ${cidr} ${addressLike(other, cidr)}`),
    ),
  ];
  return { path: podRoutesPath, mode: 0o644, content: `${content.join('\n')}\n` };
}

/** A node is reached by its address of the route's own family. */
function addressLike({ address, addresses }: Host, cidr: string): string {
  return addresses.find((one) => familyOf(one) === familyOf(cidr)) ?? address;
}
