import { madeByApply } from './certificates.ts';
import { paths, unitInputsScript } from '../src/components/paths.ts';
import type { Stage } from '../src/engine/stage.ts';
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
      resources: (host, context) => [
        // Says whose host this is before anything else is written there.
        file({
          path: `${paths.state}/cluster`,
          content: `${context.pki.authorities.clusterId} ${context.inventory.cluster.name}\n`,
          mode: 0o600,
          ...madeByApply(context.pki.authorities.pending),
        }),
        file({ path: unitInputsScript, content: unitInputsText, mode: 0o755 }),
        ...prepareResources(context.inventory, host, context.facts(host)),
      ],
    },
  ],
};
