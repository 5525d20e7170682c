import { bridgeName } from '../cni.ts';
import { podRoutesUnit } from '../pod-routes/service.ts';
import { podRoutesMasquerade } from '../pod-routes/status.ts';
import type { NetworkStatus } from '../status.ts';

export const bridgeStatus: NetworkStatus = {
  mode: () => 'routes',
  unit: () => podRoutesUnit,
  bridge: bridgeName,
  tunnel: () => undefined,
  wayTo: () => 'direct',
  announced: () => ({}),
  tunnelEnd: () => undefined,
  masquerade: (_inventory, family) => podRoutesMasquerade(family),
  forwardChain: 'K8SUP-FORWARD',
};
