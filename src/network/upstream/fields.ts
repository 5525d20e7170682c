import type { ObjectEdit } from './edit.ts';
import type { Path, Target } from './place.ts';
import { describe, objectWith, pathText, requirePath, upstreamChanged, valueAt } from './place.ts';

/** Finds the path that an edit works at; most depend on the kind of the object. */
export type Locate = (target: Target) => Path;

/** Another value for what is there. */
export function setAt(locate: Locate, value: unknown): ObjectEdit {
  return (target) => {
    const path = locate(target);
    requirePath(target, path);
    return { object: objectWith(target.object, path, value), place: placeOf(path) };
  };
}

/** A value for what is not there; what is around it must be, except that a list of which it is the first item may be absent. */
export function addAt(locate: Locate, value: unknown): ObjectEdit {
  return (target) => {
    const path = locate(target);
    requireAround(target, path);
    const there = valueAt(target.object, path);
    if (there !== undefined && there !== null)
      throw upstreamChanged(target, `no ${pathText(path)} yet`, describe(there));
    return { object: objectWith(target.object, path, value), place: placeOf(path) };
  };
}

/** A value for what may be there or not; what is around it must be. */
export function putAt(locate: Locate, value: unknown): ObjectEdit {
  return (target) => {
    const path = locate(target);
    requireAround(target, path);
    return { object: objectWith(target.object, path, value), place: placeOf(path) };
  };
}

/** Takes away what is there. */
export function removeAt(locate: Locate): ObjectEdit {
  return (target) => {
    const path = locate(target);
    requirePath(target, path);
    return { object: objectWith(target.object, path, undefined), place: placeOf(path) };
  };
}

/** Another value for a field of the object, such as `['spec', 'updateStrategy', 'type']`. */
export function setField(path: Path, value: unknown): ObjectEdit {
  return setAt(() => path, value);
}

/** A field that is not there yet, in a parent that is; in a list it is an item, named by its last step. */
export function addField(path: Path, value: unknown): ObjectEdit {
  return addAt(() => path, value);
}

export function removeField(path: Path): ObjectEdit {
  return removeAt(() => path);
}

/** The steps of a path as an edit's place. */
export function placeOf(path: Path): readonly string[] {
  return path.map((step) => (typeof step === 'string' ? step : JSON.stringify(step)));
}

function requireAround(target: Target, path: Path): void {
  const isItem = typeof path.at(-1) === 'object';
  const around = path.slice(0, -1);
  requirePath(target, isItem ? around.slice(0, -1) : around);
  const there = valueAt(target.object, around) ?? (isItem ? [] : {});
  if (typeof there !== 'object' || Array.isArray(there) !== isItem)
    throw upstreamChanged(target, `${isItem ? 'a list' : 'fields'} at ${pathText(around)}`, describe(there));
}
