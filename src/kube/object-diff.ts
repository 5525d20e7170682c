import type { KubeObject } from '../engine/stage.ts';
import type { Change } from '../resources/define.ts';

/** An object as the apiserver prints it. */
export type LiveObject = Readonly<Record<string, unknown>>;

/** `Kind namespace/name`, or `Kind name` for what has no namespace. */
export function objectId(object: { readonly kind?: unknown; readonly metadata?: unknown }): string {
  const { name, namespace } = (object.metadata ?? {}) as { readonly name?: string; readonly namespace?: string };
  return `${String(object.kind)} ${namespace === undefined ? '' : `${namespace}/`}${name ?? ''}`;
}

/**
 * What a server-side apply would change: the live objects against those of a server-side dry run, without the fields that the apiserver writes by itself.
 * Pure.
 */
export function diffObjects(
  wanted: readonly KubeObject[],
  live: readonly LiveObject[],
  dryRun: readonly LiveObject[],
): ReadonlyMap<string, readonly Change[]> {
  const liveById = new Map(live.map((object) => [objectId(object), object]));
  const dryById = new Map(dryRun.map((object) => [objectId(object), object]));
  const changes = new Map<string, readonly Change[]>();
  for (const object of wanted) {
    const id = objectId(object);
    const [before, after] = [liveById.get(id), dryById.get(id)];
    if (before === undefined) changes.set(id, [{ path: 'object', from: 'absent', to: 'as wanted', effect: 'create' }]);
    else if (after !== undefined) {
      const found = diffValues('', stripped(before), stripped(after), object.kind === 'Secret');
      if (found.length > 0) changes.set(id, found);
    }
  }
  return changes;
}

const serverFields = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink'];

function stripped(object: LiveObject): LiveObject {
  const metadata = Object.entries((object['metadata'] ?? {}) as Record<string, unknown>).filter(
    ([key]) => !serverFields.includes(key),
  );
  const rest = Object.entries(object).filter(([key]) => key !== 'status' && key !== 'metadata');
  return Object.fromEntries([...rest, ['metadata', Object.fromEntries(metadata)]]);
}

function diffValues(path: string, before: unknown, after: unknown, secret: boolean): readonly Change[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => diffValues(path === '' ? key : `${path}.${key}`, before[key], after[key], secret));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item: unknown, index) =>
      diffValues(`${path}[${String(index)}]`, item, after[index], secret),
    );
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const effect = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  return [{ path, from: shown(before, secret), to: shown(after, secret), effect }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown, secret: boolean): string {
  if (value === undefined) return 'absent';
  if (secret) return 'secret';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
