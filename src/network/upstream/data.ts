import type { ObjectEdit } from './edit.ts';
import { addAt, placeOf, removeAt, setAt } from './fields.ts';
import type { Path, Target } from './place.ts';
import { describe, objectWith, pathText, replacedAt, requirePath, upstreamChanged, valueAt } from './place.ts';
import { parseTemplate, printTemplate } from './json-template.ts';

/** Another text for a key of a ConfigMap. */
export function setData(key: string, value: string): ObjectEdit {
  return setAt(dataOf(key), value);
}

/** A key that a ConfigMap does not have yet. */
export function addData(key: string, value: string): ObjectEdit {
  return addAt(dataOf(key), value);
}

export function removeData(key: string): ObjectEdit {
  return removeAt(dataOf(key));
}

/** A key that a Secret does not have yet. */
export function addSecretData(key: string, value: string): ObjectEdit {
  return (target) => {
    if (target.object.kind !== 'Secret') throw upstreamChanged(target, 'a Secret', `a ${target.object.kind}`);
    return addAt(() => ['data', key], Buffer.from(value).toString('base64'))(target);
  };
}

/**
 * Another value inside the JSON text of a ConfigMap's key. Placeholders that upstream's own programs fill in, such as an unquoted `__CNI_MTU__`, are
 * kept.
 */
export function setJson(key: string, path: Path, value: unknown): ObjectEdit {
  return inJson(key, path, (there, missing) => {
    if (there === undefined) throw missing();
    return value;
  });
}

/** A value that is not there yet, in a parent that is; in a list it is an item, named by its last step. */
export function addJson(key: string, path: Path, value: unknown): ObjectEdit {
  return inJson(key, path, (there, _missing, target) => {
    if (there !== undefined) throw upstreamChanged(target, `no ${jsonText(key, path)} yet`, describe(there));
    return value;
  });
}

export function removeJson(key: string, path: Path): ObjectEdit {
  return inJson(key, path, (there, missing) => {
    if (there === undefined) throw missing();
    return undefined;
  });
}

/** Anything else inside the JSON text of a ConfigMap's key; it is answerable for the whole text, so it is the only edit of it. */
export function editJson(key: string, change: (value: unknown) => unknown): ObjectEdit {
  return inJson(key, [], change);
}

type ChangeJson = (there: unknown, missing: () => Error, target: Target) => unknown;

function inJson(key: string, path: Path, change: ChangeJson): ObjectEdit {
  return (target) => {
    const at = dataOf(key)(target);
    requirePath(target, at);
    const text = valueAt(target.object, at);
    const whole = typeof text === 'string' ? parseTemplate(text) : undefined;
    if (whole === undefined) throw upstreamChanged(target, `JSON at ${pathText(at)}`, describe(text));
    const missing = (): Error => upstreamChanged(target, jsonText(key, path), describeWay(whole, path));
    const parent = path.slice(0, -1);
    if (path.length > 0 && valueAt(whole, parent) === undefined) throw missing();
    const next = replacedAt(whole, path, change(valueAt(whole, path), missing, target));
    return {
      object: objectWith(target.object, at, printTemplate(next)),
      place: [...placeOf(at), ...placeOf(path)],
    };
  };
}

/** What is there where the way to a path ends. */
function describeWay(whole: unknown, path: Path): string {
  const end = path.findIndex((_step, index) => valueAt(whole, path.slice(0, index + 1)) === undefined);
  const way = path.slice(0, end);
  return `${describe(valueAt(whole, way))}${way.length === 0 ? '' : ` at ${pathText(way)}`}`;
}

function jsonText(key: string, path: Path): string {
  return `${pathText(path)} in the JSON of ${key}`;
}

function dataOf(key: string): (target: Target) => Path {
  return (target) => {
    if (target.object.kind === 'ConfigMap') return ['data', key];
    throw upstreamChanged(target, 'a ConfigMap', `a ${target.object.kind}`);
  };
}
