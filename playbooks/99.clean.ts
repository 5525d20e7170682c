import type { Stage } from '../src/engine/stage.ts';
import { cleanHost } from '../src/resources/clean/clean-host.ts';

/** Takes a whole cluster off: each host undoes what its own ownership manifest lists. */
export const cleanStage: Stage = {
  id: '99.clean',
  title: 'take everything off the hosts',
  steps: [{ type: 'hosts', name: 'clean', on: () => true, resources: () => [cleanHost()] }],
};
