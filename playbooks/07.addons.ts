import { coredns } from '../src/components/coredns/coredns.ts';
import type { Stage } from '../src/engine/stage.ts';
import { rolloutGate } from '../src/kube/index.ts';
import { pluginOf } from '../src/network/network.ts';
import { goneObjects } from '../src/playbook/stages.ts';
import { networkGate } from './06.network.ts';

/** CoreDNS at the DNS IP. */
export const addonsStage: Stage = {
  id: '07.addons',
  title: 'CoreDNS',
  steps: [
    {
      type: 'cluster',
      name: 'CoreDNS',
      set: 'dns',
      // Where pods reach no Service, nobody could ask it.
      objects: ({ inventory }) => (inventory.cluster.network.podsReachServices ? coredns(inventory) : []),
      gate: ({ inventory }) =>
        pluginOf(inventory).makesNodesReady && inventory.cluster.network.podsReachServices
          ? rolloutGate('kube-system', 'coredns')
          : undefined,
    },
    {
      type: 'cluster',
      name: "the network's controllers",
      objects: () => [],
      gate: async (context) => networkGate(context, 'Deployment'),
    },
    goneObjects,
  ],
};
