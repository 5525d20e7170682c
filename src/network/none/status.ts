import type { NetworkStatus } from '../status.ts';

/** Of a network that k8sup did not make only what every node has can be looked at. */
export const noneStatus: NetworkStatus = {
  mode: () => 'not by k8sup',
  tunnel: () => undefined,
  wayTo: () => undefined,
  announced: () => ({}),
  tunnelEnd: () => undefined,
};
