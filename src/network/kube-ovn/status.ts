import type { NetworkStatus } from '../status.ts';
import { kubeOvnSettings } from './kube-ovn.ts';

const prefix = 'ovn.kubernetes.io/';

/** Packets go through Open vSwitch, whose ways are no routes of the host. */
export const kubeOvnStatus: NetworkStatus = {
  mode: (inventory) => kubeOvnSettings(inventory).networkType,
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
