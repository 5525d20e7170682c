import { coredns } from '../src/components/coredns/coredns.ts';
import type { Stage } from '../src/engine/stage.ts';
import { rolloutGate } from '../src/kube/index.ts';

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
        inventory.cluster.network.plugin === 'none' ? undefined : rolloutGate('kube-system', 'coredns'),
    },
  ],
};
