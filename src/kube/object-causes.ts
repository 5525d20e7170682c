import type { ObjectDrift } from '../engine/left.ts';
import type { KubeObject, KubeRunner } from '../engine/stage.ts';
import type { Change } from '../resources/define.ts';
import { rawShell } from '../shell/sh.ts';
import { objectDrift } from './field-writers.ts';
import { objectId, objectKey } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';
import { isListed } from './object-set.ts';
import { itemsOf, listOf } from './remove-objects.ts';

/** kubectl hides who owns which field since 1.21, and knows no flag for it before. */
const read = `head -c "$1" > "$k8sup_d/differ.json"
kubectl get -f "$k8sup_d/differ.json" --ignore-not-found --show-managed-fields -o json 2>/dev/null ||
kubectl get -f "$k8sup_d/differ.json" --ignore-not-found -o json`;

/**
 * Why objects differ, by object id.
 *
 * @param live - what was found when they were compared, the set's list among it.
 */
export async function objectCauses(
  kube: KubeRunner,
  changes: ReadonlyMap<string, readonly Change[]>,
  {
    wanted,
    live,
    set,
  }: { readonly wanted: readonly KubeObject[]; readonly live: readonly LiveObject[]; readonly set: string | undefined },
): Promise<ReadonlyMap<string, ObjectDrift>> {
  const edited = wanted.filter(
    (object) => changes.get(objectId(object))?.every(({ path }) => path !== 'object') === true,
  );
  const found = edited.length === 0 ? [] : itemsOf(await kube.run(rawShell(read), { contents: [listOf(edited)] }));
  const byKey = new Map(found.map((object) => [objectKey(object), object]));
  const causes = new Map<string, ObjectDrift>();
  for (const [id, list] of changes) {
    const object = wanted.find((one) => objectId(one) === id);
    const there = object === undefined ? undefined : byKey.get(objectKey(object));
    // What an apply would take away is nobody's wish any longer; what it made, and is not there, somebody took away.
    if (object === undefined) causes.set(id, { cause: 'inventory', writers: [] });
    else if (there !== undefined) causes.set(id, objectDrift(there, list));
    else
      causes.set(id, {
        cause: set !== undefined && isListed(set, live, object) ? 'cluster' : 'unrecorded',
        writers: [],
      });
  }
  return causes;
}
