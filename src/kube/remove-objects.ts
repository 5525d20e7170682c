import type { KubeObject, KubeRunner } from '../engine/stage.ts';
import { rawShell } from '../shell/sh.ts';
import type { LiveObject } from './object-diff.ts';
import type { ObjectReference } from './object-set.ts';

/** Removes objects in the order given, and waits until they are gone. A kind that is no longer served has no objects. */
export async function removeObjects(kube: KubeRunner, left: readonly ObjectReference[]): Promise<void> {
  const script = `head -c "$1" > "$k8sup_d/left.json"
kubectl delete -f "$k8sup_d/left.json" --ignore-not-found --timeout=120s >/dev/null 2>"$k8sup_d/said" && exit 0
if grep -v 'no matches for kind' "$k8sup_d/said" >&2; then exit 1; fi`;
  await kube.run(rawShell(script), { contents: [listOf(left)], timeoutMs: 150_000 });
}

/** What kubectl reads several objects from. */
export function listOf(objects: readonly (ObjectReference | KubeObject)[]): Buffer {
  return Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

/** kubectl prints one object alone and several as a List; nothing at all where none was found. */
export function itemsOf(text: string): readonly LiveObject[] {
  if (text.trim() === '') return [];
  const value = JSON.parse(text) as LiveObject;
  return value['kind'] === 'List' ? ((value['items'] ?? []) as readonly LiveObject[]) : [value];
}
