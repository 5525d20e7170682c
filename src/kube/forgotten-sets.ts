import type { ForgottenSets, KubeRunner } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Change } from '../resources/define.ts';
import { rawShell } from '../shell/sh.ts';
import { objectId } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';
import { leftObjects, nameOf, removalsOf, setNamespace } from './object-set.ts';
import type { ObjectReference } from './object-set.ts';
import { itemsOf, removeObjects } from './remove-objects.ts';

/** What sets that nobody wants any longer have in the cluster; their lists go too. Nothing where no apiserver answers: then there is nothing to take away yet. */
export async function forgottenObjects(
  kube: KubeRunner,
  sets: ForgottenSets,
): Promise<ReadonlyMap<string, readonly Change[]>> {
  const found = await readForgotten(kube, sets);
  const lists = found.map(({ list }) => list);
  return new Map([...removalsOf(found.flatMap(({ left }) => left)), ...removalsOf(lists)]);
}

/** Takes them away, each list only when its objects are gone: what is cut short is found again. */
export async function forgetSets(kube: KubeRunner, sets: ForgottenSets): Promise<void> {
  for (const { list, left } of await readForgotten(kube, sets)) await removeObjects(kube, [...left, list]);
}

interface Forgotten {
  readonly list: ObjectReference;
  readonly left: readonly ObjectReference[];
}

const readLists = `names=$(kubectl -n ${setNamespace} get configmaps -o name) || exit 1
names=$(printf '%s\\n' "$names" | grep '^configmap/${nameOf('')}') || exit 0
kubectl -n ${setNamespace} get $names --ignore-not-found -o json`;

async function readForgotten(kube: KubeRunner, { is, keep }: ForgottenSets): Promise<readonly Forgotten[]> {
  const live = await listsOf(kube);
  return live.flatMap((list) => {
    const { name } = (list['metadata'] ?? {}) as { readonly name?: string };
    const set = name?.slice(nameOf('').length) ?? '';
    if (name === undefined || !is(set)) return [];
    const metadata = { name, namespace: setNamespace };
    return [{ list: { apiVersion: 'v1', kind: 'ConfigMap', metadata }, left: leftObjects(set, live, keep) }];
  });
}

async function listsOf(kube: KubeRunner): Promise<readonly LiveObject[]> {
  try {
    return itemsOf(await kube.run(rawShell(readLists))).toSorted((a, b) => objectId(a).localeCompare(objectId(b)));
  } catch (error) {
    if (error instanceof K8supError && error.code === 'KUBE_UNREACHABLE') return [];
    throw error;
  }
}
