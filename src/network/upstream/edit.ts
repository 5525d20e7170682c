import type { KubeObject } from '../../engine/stage.ts';
import type { Manifest, PlacedObject } from './manifest.ts';
import { sourceText, titleOf } from './manifest.ts';
import type { Target } from './place.ts';
import { changedError } from './place.ts';

/** One object of a manifest. The namespace may be left out where there is only one object of this kind and name. */
export interface ObjectRef {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** What one edit made of an object, and which place in it the edit is answerable for. */
export interface Edited {
  readonly object: KubeObject;
  /** The steps to it. An edit of the same place, of one inside it or of one around it would undo the other. */
  readonly place: readonly string[];
}

/** @throws K8supError `UPSTREAM_CHANGED` when the place it edits is not there. */
export type ObjectEdit = (target: Target) => Edited;

/** @throws K8supError `UPSTREAM_CHANGED` when the place it edits is not there. */
export type ManifestEdit = (manifest: Manifest) => Manifest;

/** An edit that depends on a setting: `settings.mtu !== undefined && setData(…)`. */
export type Optional<Edit> = Edit | false | undefined;

/**
 * Runs edits one after the other. The input stays as it is.
 *
 * @throws K8supError `UPSTREAM_CHANGED`; a plain Error, as for every bug, when two edits are about one place.
 */
export function edit(manifest: Manifest, ...edits: readonly Optional<ManifestEdit>[]): Manifest {
  return edits.reduce<Manifest>((before, each) => (each ? each(before) : before), manifest);
}

/** Edits of one object, which must be there. */
export function inObject(ref: ObjectRef, ...edits: readonly Optional<ObjectEdit>[]): ManifestEdit {
  return (manifest) =>
    edits.reduce<Manifest>((before, each) => {
      if (!each) return before;
      const found = find(before, ref);
      const { object, place } = each({ ...found, source: before.source });
      return {
        ...before,
        objects: before.objects.map((placed) => (placed === found ? { ...placed, object } : placed)),
        edited: claimed(before, [titleOf(found.object), ...place]),
      };
    }, manifest);
}

/** Takes an object out. */
export function removeObject(ref: ObjectRef): ManifestEdit {
  return (manifest) => {
    const found = find(manifest, ref);
    return {
      ...manifest,
      objects: manifest.objects.filter((placed) => placed !== found),
      edited: claimed(manifest, [titleOf(found.object)]),
    };
  };
}

/** Adds objects of our own behind upstream's. @throws K8supError `UPSTREAM_CHANGED` when upstream brings one of them by itself. */
export function addObjects(...objects: readonly KubeObject[]): ManifestEdit {
  return (manifest) => {
    for (const object of objects) {
      const title = titleOf(object);
      if (manifest.objects.some((placed) => titleOf(placed.object) === title))
        throw changedError(manifest.source, `it has ${title} by itself`, ['k8sup would add an object of this name']);
    }
    return { ...manifest, objects: [...manifest.objects, ...objects.map((object) => ({ object }))] };
  };
}

function find(manifest: Manifest, { kind, name, namespace }: ObjectRef): PlacedObject {
  const found = manifest.objects.filter(
    ({ object }) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (namespace === undefined || object.metadata.namespace === namespace),
  );
  const [first] = found;
  const wanted = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  if (first === undefined) {
    const removed = manifest.edited.find((place) => place.length === 1 && place[0] === wanted);
    if (removed !== undefined)
      throw new Error(`${sourceText(manifest.source)}: ${wanted} is edited after it was removed`);
    const same = manifest.objects.filter(({ object }) => object.kind === kind).map(({ object }) => titleOf(object));
    const there = same.length === 0 ? `there is no ${kind}` : `there is ${same.join(', ')}`;
    throw changedError(manifest.source, `there is no ${wanted}`, [`looked for ${wanted}`, there]);
  }
  if (found.length > 1) throw new Error(`${sourceText(manifest.source)} has ${wanted} in several namespaces: name one`);
  return first;
}

/** @throws Error when another edit is answerable for the same place, one inside it or one around it. */
function claimed(manifest: Manifest, place: readonly string[]): Manifest['edited'] {
  const other = manifest.edited.find((known) => {
    const length = Math.min(known.length, place.length);
    return known.slice(0, length).join('\n') === place.slice(0, length).join('\n');
  });
  if (other !== undefined)
    throw new Error(
      `${sourceText(manifest.source)}: two edits are about one place: ${other.join(' › ')} and ${place.join(' › ')}`,
    );
  return [...manifest.edited, place];
}
