import { K8supError } from '../src/errors/k8sup-error.ts';
import type { Stage } from '../src/engine/stage.ts';
import { prepareStage } from './01.prepare.ts';
import { etcdStage } from './02.etcd.ts';
import { runtimeStage } from './03.runtime.ts';
import { masterStage } from './04.kube-master.ts';
import { nodeStage } from './05.kube-node.ts';
import { networkStage } from './06.network.ts';
import { addonsStage } from './07.addons.ts';

/** What `apply` does, in order. */
export const site: readonly Stage[] = [
  prepareStage,
  etcdStage,
  runtimeStage,
  masterStage,
  nodeStage,
  networkStage,
  addonsStage,
];

/**
 * Finds a stage by its id (`06.network`), its number or its name.
 *
 * @throws K8supError `UNKNOWN_STAGE` with the list of stages.
 */
export function stageById(name: string): Stage {
  const found = site.find(({ id }) => id === name || id.split('.').includes(name));
  if (found !== undefined) return found;
  throw new K8supError({
    code: 'UNKNOWN_STAGE',
    kind: 'usage',
    what: `there is no stage "${name}"`,
    fix: `the stages are: ${site.map(({ id }) => id).join(', ')}`,
  });
}
