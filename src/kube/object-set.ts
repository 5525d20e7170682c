import type { KubeObject } from '../engine/stage.ts';
import type { Change } from '../resources/define.ts';
import { objectId } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';

/** What is needed to find an object again. */
export type ObjectReference = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

const namespace = 'kube-system';

/** A ConfigMap that lists the objects of a set, so that those which no longer belong to it are found and removed. */
export function setObject(set: string, objects: readonly KubeObject[]): KubeObject {
  const listed = objects.map(({ apiVersion, kind, metadata }) =>
    [apiVersion, kind, metadata.namespace ?? '', metadata.name].join(' '),
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: nameOf(set), namespace },
    data: { objects: listed.join('\n') },
  };
}

/** Those that the live list of the set has and `wanted` has not, the last made first: what others rest on goes last. */
export function leftObjects(
  set: string,
  live: readonly LiveObject[],
  wanted: readonly KubeObject[],
): readonly ObjectReference[] {
  const id = objectId({ kind: 'ConfigMap', metadata: { name: nameOf(set), namespace } });
  const list = live.find((object) => objectId(object) === id) as
    { readonly data?: { readonly objects?: string } } | undefined;
  const keep = new Set(wanted.map(objectId));
  return readList(list?.data?.objects ?? '')
    .filter((object) => !keep.has(objectId(object)))
    .toReversed();
}

export function removalsOf(left: readonly ObjectReference[]): ReadonlyMap<string, readonly Change[]> {
  return new Map(
    left.map((object) => [
      objectId(object),
      [{ path: 'object', from: 'there', to: 'absent', effect: 'delete' }] as const,
    ]),
  );
}

function readList(text: string): readonly ObjectReference[] {
  return text.split('\n').flatMap((line) => {
    const [apiVersion = '', kind = '', space = '', name = ''] = line.split(' ');
    if (name === '') return [];
    return [{ apiVersion, kind, metadata: { name, ...(space === '' ? {} : { namespace: space }) } }];
  });
}

function nameOf(set: string): string {
  return `k8sup-${set}`;
}
