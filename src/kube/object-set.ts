import type { KubeObject } from '../engine/stage.ts';
import type { Change } from '../resources/define.ts';
import { inApplyOrder } from './apply-order.ts';
import { objectId, objectKey } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';

/** What is needed to find an object again. */
export type ObjectReference = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** Where the lists are. */
export const setNamespace = 'kube-system';

/** A ConfigMap that lists the objects of a set, so that those which no longer belong to it are found and removed. */
export function setObject(set: string, objects: readonly KubeObject[]): KubeObject {
  const listed = inApplyOrder(objects).map(({ apiVersion, kind, metadata }) =>
    [apiVersion, kind, metadata.namespace ?? '', metadata.name].join(' '),
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: nameOf(set), namespace: setNamespace },
    data: { objects: listed.join('\n') },
  };
}

/** Those that the live list of the set has and are not to be kept, the last made first: what others rest on goes last. */
export function leftObjects(
  set: string,
  live: readonly LiveObject[],
  keep: readonly KubeObject[],
): readonly ObjectReference[] {
  const keys = new Set(keep.map(objectKey));
  return liveList(set, live)
    .filter((object) => !keys.has(objectKey(object)))
    .toReversed();
}

/** Whether the live list of the set has an object: then an apply has made it, or was about to. */
export function isListed(set: string, live: readonly LiveObject[], object: KubeObject): boolean {
  return liveList(set, live).some((one) => objectKey(one) === objectKey(object));
}

/** The changes with that of the list itself in few words: each object that comes or goes is told by a change of its own. */
export function withShortList(
  changes: ReadonlyMap<string, readonly Change[]>,
  set: string,
  { live, wanted }: { readonly live: readonly LiveObject[]; readonly wanted: readonly KubeObject[] },
): ReadonlyMap<string, readonly Change[]> {
  const own = changes.get(listId(set));
  if (own === undefined) return changes;
  const before = liveList(set, live).map(objectId);
  const after = wanted.map(objectId);
  const more = after.filter((id) => !before.includes(id)).length;
  const less = before.filter((id) => !after.includes(id)).length;
  const from = `a list of ${String(before.length)} objects`;
  const differs = `${String(after.length)}: ${String(more)} new, ${String(less)} gone`;
  const to = more + less === 0 ? 'the same, in another order or version' : differs;
  const short = own.map((change) => (change.path === 'data.objects' ? { ...change, from, to } : change));
  return new Map([...changes, [listId(set), short]]);
}

export function removalsOf(left: readonly ObjectReference[]): ReadonlyMap<string, readonly Change[]> {
  return new Map(
    left.map((object) => {
      const more = takesAlong[object.kind];
      const change: Change = { path: 'object', from: 'there', to: 'absent', effect: 'delete' };
      return [objectId(object), [more === undefined ? change : { ...change, interrupts: more }]];
    }),
  );
}

/** What goes with an object of a kind, whoever made it. */
const takesAlong: Readonly<Record<string, string>> = {
  Namespace: 'everything in it goes too',
  CustomResourceDefinition: 'all objects of its kind go too',
};

function liveList(set: string, live: readonly LiveObject[]): readonly ObjectReference[] {
  const list = live.find((object) => objectId(object) === listId(set)) as
    { readonly data?: { readonly objects?: string } } | undefined;
  return readList(list?.data?.objects ?? '');
}

function readList(text: string): readonly ObjectReference[] {
  return text.split('\n').flatMap((line) => {
    const [apiVersion = '', kind = '', space = '', name = ''] = line.split(' ');
    if (name === '') return [];
    return [{ apiVersion, kind, metadata: { name, ...(space === '' ? {} : { namespace: space }) } }];
  });
}

function listId(set: string): string {
  return objectId({ kind: 'ConfigMap', metadata: { name: nameOf(set), namespace: setNamespace } });
}

/** The name of a set's list. */
export function nameOf(set: string): string {
  return `k8sup-${set}`;
}
