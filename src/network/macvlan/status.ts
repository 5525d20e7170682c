import type { NetworkStatus } from '../status.ts';

/** Pods are machines of the LAN: nothing of them is on their host. */
export const macvlanStatus: NetworkStatus = {
  mode: () => 'LAN',
  tunnel: () => undefined,
  wayTo: () => 'direct',
  nodeRoutes: () => false,
  announced: () => ({}),
  tunnelEnd: () => undefined,
};
