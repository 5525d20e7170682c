import type { NetworkStatus } from '../status.ts';
import { ciliumSettings } from './cilium.ts';

const prefix = 'network.cilium.io/';

/** Packets are sent on by programs in the kernel: what routes and rules of the host say is not the whole of it. */
export const ciliumStatus: NetworkStatus = {
  mode: (inventory) => {
    const { routing, tunnel, encryption, kubeProxyReplacement } = ciliumSettings(inventory);
    const parts = [
      routing === 'tunnel' ? tunnel : 'native routing',
      encryption === 'none' ? '' : 'WireGuard',
      kubeProxyReplacement ? 'without kube-proxy' : '',
    ];
    return parts.filter((word) => word !== '').join(', ');
  },
  tunnel: () => undefined,
  wayTo: () => undefined,
  announced: (annotations) =>
    Object.fromEntries(
      Object.entries(annotations)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    ),
  tunnelEnd: () => undefined,
};
