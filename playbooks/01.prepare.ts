import { clusterMark } from '../src/components/cluster-mark.ts';
import { unitInputsScript } from '../src/components/paths.ts';
import type { Stage } from '../src/engine/stage.ts';
import { noLongerOwn } from '../src/playbook/stages.ts';
import { prepareResources } from '../src/preflight/index.ts';
import { file } from '../src/resources/file.ts';
import { unitInputsText } from '../src/resources/unit-inputs.ts';

/** Makes an ordinary host ready to be a member of a cluster; what it had before is recorded for clean. */
export const prepareStage: Stage = {
  id: '01.prepare',
  title: 'prepare the hosts',
  steps: [
    {
      type: 'hosts',
      name: 'operating system',
      on: () => true,
      resources: async (host, context) => [
        clusterMark(context),
        await noLongerOwn(host, context),
        file({ path: unitInputsScript, content: unitInputsText, mode: 0o755 }),
        ...prepareResources(context.inventory, host, context.facts(host)),
      ],
    },
  ],
};
