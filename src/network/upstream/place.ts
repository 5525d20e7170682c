import type { KubeObject } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { UpstreamFile } from '../../inventory/plugin.ts';
import type { PlacedObject } from './manifest.ts';
import { placeText, sourceText, titleOf } from './manifest.ts';

/** A field by its name, or the one item of a list whose fields have these values, such as `{ name: 'calico-node' }`. */
export type PathStep = string | Readonly<Record<string, string>>;
export type Path = readonly PathStep[];

/** What an edit works on: one object of one file. */
export interface Target extends PlacedObject {
  readonly source: UpstreamFile;
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inside, step) => stepInto(inside, step), value);
}

/**
 * A copy with another value at a path; undefined takes the field or item away. Everything before the last step must be there, except that an empty
 * mapping or list may be written as null, as YAML does.
 */
export function replacedAt(value: unknown, path: Path, next: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return next;
  const inner = rest.length === 0 ? next : replacedAt(stepInto(value, step), rest, next);
  if (typeof step === 'string') {
    const fields = { ...(value as Readonly<Record<string, unknown>> | null) };
    if (inner !== undefined) return { ...fields, [step]: inner };
    return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== step));
  }
  const items = (value ?? []) as readonly unknown[];
  const index = items.findIndex((item) => hasFields(item, step));
  if (index === -1) return [...items, inner];
  return inner === undefined ? items.toSpliced(index, 1) : items.with(index, inner);
}

/** The same object with another value at a path. */
export function objectWith(object: KubeObject, path: Path, next: unknown): KubeObject {
  return replacedAt(object, path, next) as KubeObject;
}

/** For example `spec.template.spec.containers[calico-node].env[IP]`. */
export function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === 'string' ? `.${step}` : `[${Object.values(step).join(', ')}]`))
    .join('')
    .replace(/^\./, '');
}

/** What is at a path, for a person: names of fields or items, or the value. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => nameOf(item) ?? JSON.stringify(item));
    return items.length === 0 ? 'an empty list' : `a list of ${items.join(', ')}`;
  }
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value);
    return names.length === 0 ? 'no field' : `the fields ${names.join(', ')}`;
  }
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** The error of an edit whose place is not as it was when the edit was written. */
export function upstreamChanged(target: Target, lookedFor: string, there: string): K8supError {
  const { source, object, place } = target;
  return changedError(source, `${titleOf(object)} has changed`, [
    `looked for ${lookedFor} in ${titleOf(object)}${placeText(place)}`,
    `there is ${there}`,
  ]);
}

/** The same for what is not about one object. */
export function changedError(source: UpstreamFile, what: string, why: readonly string[]): K8supError {
  return new K8supError({
    code: 'UPSTREAM_CHANGED',
    kind: 'artifact',
    what: `${sourceText(source)} is not as k8sup knows it: ${what}`,
    why: why.join('\n'),
    fix: `use a version of ${source.component} that k8sup knows, or report this one; nothing was changed`,
  });
}

/** @throws K8supError `UPSTREAM_CHANGED` that names the first step that is not there, with what is there instead. */
export function requirePath(target: Target, path: Path): void {
  path.forEach((_step, index) => {
    const way = path.slice(0, index + 1);
    if (valueAt(target.object, way) !== undefined) return;
    const parent = path.slice(0, index);
    const where = parent.length === 0 ? '' : ` at ${pathText(parent)}`;
    throw upstreamChanged(target, pathText(path), `${describe(valueAt(target.object, parent))}${where}`);
  });
}

function stepInto(value: unknown, step: PathStep): unknown {
  if (typeof step === 'string') {
    const isFields = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isFields ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  }
  return Array.isArray(value) ? value.find((item: unknown) => hasFields(item, step)) : undefined;
}

function hasFields(item: unknown, wanted: Readonly<Record<string, string>>): boolean {
  if (typeof item !== 'object' || item === null) return false;
  return Object.entries(wanted).every(([name, text]) => (item as Readonly<Record<string, unknown>>)[name] === text);
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { name, mountPath, type } = item as Readonly<Record<string, unknown>>;
  return [name, mountPath, type].find((text) => typeof text === 'string');
}
