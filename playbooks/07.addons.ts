import { coredns } from '../src/components/coredns/coredns.ts';
import type { Stage } from '../src/engine/stage.ts';
import { rolloutGate } from '../src/kube/index.ts';
import { pluginOf } from '../src/network/network.ts';

/** CoreDNS at the DNS IP. */
export const addonsStage: Stage = {
  id: '07.addons',
  title: 'CoreDNS',
  steps: [
    {
      type: 'cluster',
      name: 'CoreDNS',
      objects: ({ inventory }) => coredns(inventory),
      gate: ({ inventory }) =>
        pluginOf(inventory).makesNodesReady ? rolloutGate('kube-system', 'coredns') : undefined,
    },
  ],
};
