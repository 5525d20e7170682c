import type { KubeRunner } from '../../engine/stage.ts';
import { rawShell, sh } from '../../shell/sh.ts';

/** A pod that talks to the apiserver, by its service account. */
export interface Holder {
  readonly namespace: string;
  readonly name: string;
}

interface PodJson {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly volumes?: readonly VolumeJson[] };
  readonly status?: { readonly startTime?: string; readonly phase?: string };
}

interface VolumeJson {
  readonly name: string;
  readonly projected?: { readonly sources?: readonly { readonly serviceAccountToken?: object }[] };
}

const systemNamespace = 'kube-system';

/**
 * Pods that started before a moment and were given a service account's token and authorities, which many programs read once: kube-system's are left out, as
 * {@link restartWorkloads} restarts them.
 */
export async function holdersSince(kube: KubeRunner, since: string): Promise<readonly Holder[]> {
  const { items } = JSON.parse(await kube.run(sh`kubectl get pods -A -o json`)) as {
    readonly items: readonly PodJson[];
  };
  return items
    .filter(({ metadata, status }) => metadata.namespace !== systemNamespace && isAlive(metadata, status?.phase))
    .filter(({ status }) => Date.parse(status?.startTime ?? since) < Date.parse(since))
    .filter(({ spec }) => (spec.volumes ?? []).some(isServiceAccount))
    .map(({ metadata: { namespace, name } }) => ({ namespace, name }));
}

/**
 * Restarts all Deployments, DaemonSets and StatefulSets in the way that each of them is set to roll, and waits for them.
 *
 * @param all - of every namespace, not of kube-system alone.
 * @throws K8supError where one does not come back.
 */
export async function restartWorkloads(kube: KubeRunner, all: boolean): Promise<void> {
  const namespaces = all ? rawShell('$(kubectl get namespaces -o name | cut -d / -f 2)') : sh`${systemNamespace}`;
  const minutes = 10;
  await kube.run(
    sh`for n in ${namespaces}; do
  for w in $(kubectl -n "$n" get deployments,daemonsets,statefulsets -o name); do kubectl -n "$n" rollout restart "$w" >/dev/null || exit 1; done
done
for n in ${namespaces}; do
  for w in $(kubectl -n "$n" get deployments,daemonsets,statefulsets -o name); do kubectl -n "$n" rollout status "$w" --timeout=${`${minutes}m`} >/dev/null || exit 1; done
done`,
    { timeoutMs: (minutes + 1) * 60_000 },
  );
}

function isAlive({ deletionTimestamp }: PodJson['metadata'], phase: string | undefined): boolean {
  return deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

function isServiceAccount({ name, projected }: VolumeJson): boolean {
  if (/-token-[a-z0-9]{5}$/.test(name)) return true;
  return (projected?.sources ?? []).some((source) => source.serviceAccountToken !== undefined);
}
