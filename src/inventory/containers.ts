import { kubeletRoles } from './model.ts';
import { given } from './given.ts';
import type { DraftHost } from './findings.ts';
import type { ClusterInput } from './schema.ts';

/**
 * Whether an inventory, as it is written, is one of a Kubernetes cluster. It is not where hosts have the role container and none runs a kubelet; where both
 * are written down, the checks refuse the mixture.
 */
export function asksForKubernetes(hosts: readonly DraftHost[], onlyHost: boolean): boolean {
  const written = hosts.map(({ host }) => host.roles ?? (onlyHost ? kubeletRoles : []));
  const some = (wanted: (role: string) => boolean): boolean => written.some((roles) => roles.some(wanted));
  return !some((role) => role === 'container') || some((role) => kubeletRoles.some((kubelet) => kubelet === role));
}

/**
 * What an inventory without Kubernetes means where it says nothing and something else than with Kubernetes: Docker is the runtime, and ends its containers with
 * itself, as it keeps an old subnet for as long as one runs.
 */
export function withContainerDefaults(cluster: ClusterInput): ClusterInput {
  return { ...cluster, runtime: { type: 'docker', liveRestore: false, ...given(cluster.runtime) } };
}
