import type { KubeObject } from '../engine/stage.ts';

/** What others need comes first; kinds that are not named here come between settings and pods, custom resources among them: pods read these when they start. */
const first: readonly string[] = [
  'Namespace',
  'PriorityClass',
  'ServiceAccount',
  'ClusterRole',
  'Role',
  'ClusterRoleBinding',
  'RoleBinding',
  'ConfigMap',
  'Secret',
];
/** A webhook or an API of one's own answers only when its pods run. */
const last: readonly string[] = [
  'Pod',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'APIService',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
];

/** The order in which objects are applied: theirs, with what others need before them. Definitions of kinds are no part of it, they come before all. */
export function inApplyOrder(objects: readonly KubeObject[]): readonly KubeObject[] {
  return [...objects].sort((a, b) => rank(a) - rank(b));
}

function rank({ kind }: KubeObject): number {
  const [early, late] = [first.indexOf(kind), last.indexOf(kind)];
  if (early !== -1) return early;
  return late === -1 ? first.length : first.length + 1 + late;
}
