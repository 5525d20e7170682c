import type { ComponentFile } from '../../components/component.ts';
import { paths } from '../../components/paths.ts';
import type { NetworkTarget } from '../plugin.ts';

/** Beside the CNI folder, never in it: runtimes try to read every file there. */
export const podRoutesPath = `${paths.kubeConf}/pod-routes`;

/** What the routes script makes true, one `word value…` a line. Other nodes without a pod CIDR yet are left out. */
export function podRoutesFile({ inventory, host, podCIDRs }: NetworkTarget, own: string): ComponentFile {
  const { network, kubeProxy } = inventory.cluster;
  const others = inventory.hosts.filter((other) => other.name !== host.name && podCIDRs[other.name] !== undefined);
  const content = [
    `filter ${kubeProxy.mode === 'nftables' ? 'nft' : 'iptables'}`,
    `own ${own}`,
    `pods ${network.podCIDR}`,
    ...others.map((other) => `route ${podCIDRs[other.name] ?? ''} ${other.address}`),
  ];
  return { path: podRoutesPath, mode: 0o644, content: `${content.join('\n')}\n` };
}
