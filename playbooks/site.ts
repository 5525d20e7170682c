import { K8supError } from '../src/errors/k8sup-error.ts';
import type { Stage } from '../src/engine/stage.ts';
import { hasKubernetes } from '../src/inventory/model.ts';
import { suggest } from '../src/inventory/suggest.ts';
import type { Inventory } from '../src/inventory/model.ts';
import type { Playbook } from '../src/inventory/playbook/model.ts';
import { withPlaybooks } from '../src/playbook/stages.ts';
import { prepareStage } from './01.prepare.ts';
import { etcdStage } from './02.etcd.ts';
import { runtimeStage } from './03.runtime.ts';
import { masterStage } from './04.kube-master.ts';
import { nodeStage } from './05.kube-node.ts';
import { containerNetworkStage } from './06.container-network.ts';
import { networkStage } from './06.network.ts';
import { addonsStage } from './07.addons.ts';

/** What `apply` does, in order, where there is Kubernetes. */
export const site: readonly Stage[] = [
  prepareStage,
  etcdStage,
  runtimeStage,
  masterStage,
  nodeStage,
  networkStage,
  addonsStage,
];

/** The same without Kubernetes. The network comes before the runtime, since Docker starts with the subnet that was leased. */
export const containerSite: readonly Stage[] = [prepareStage, etcdStage, containerNetworkStage, runtimeStage];

/** What `apply` does for an inventory, in order, with the stages of its playbooks. */
export function siteOf(inventory: {
  readonly hosts: readonly { readonly roles: ReadonlySet<string> }[];
  readonly playbooks?: readonly Playbook[];
}): readonly Stage[] {
  const builtIn = hasKubernetes(inventory) ? site : containerSite;
  const { playbooks = [] } = inventory;
  if (playbooks.length === 0) return builtIn;
  const known = made.get(playbooks) ?? withPlaybooks(builtIn, playbooks);
  made.set(playbooks, known);
  return known;
}

/** A stage is the same one whoever asks. */
const made = new WeakMap<readonly Playbook[], readonly Stage[]>();

/**
 * Finds a stage by its id (`06.network`), its number or its name.
 *
 * @throws K8supError `UNKNOWN_STAGE` with the list of stages.
 */
export function stageById(name: string, inventory: Inventory): Stage {
  const stages = siteOf(inventory);
  const own = new Set(inventory.playbooks.flatMap((playbook) => playbook.stages.map(({ id }) => id)));
  const part = ({ id }: Stage): boolean => id.split('.').includes(name);
  const found =
    stages.find(({ id }) => id === name) ??
    stages.find((stage) => !own.has(stage.id) && part(stage)) ??
    stages.find(part);
  if (found !== undefined) return found;
  const meant = suggest(
    name,
    stages.flatMap(({ id }) => [id, ...id.split('.').slice(1)]),
  );
  throw new K8supError({
    code: 'UNKNOWN_STAGE',
    kind: 'usage',
    what: `there is no stage "${name}"`,
    fix: `${meant === undefined ? '' : `did you mean ${meant}? `}the stages are: ${stages.map(({ id }) => id).join(', ')}`,
  });
}
