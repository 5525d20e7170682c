import type { FieldWriter, ObjectDrift } from '../engine/left.ts';
import type { Change } from '../resources/define.ts';
import { isRecord } from './object-diff.ts';
import type { LiveObject } from './object-diff.ts';

/** The field manager that k8sup applies as. */
export const fieldManager = 'k8sup';

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly time?: string;
  readonly fieldsV1?: unknown;
}

/**
 * Why an object differs, by who owns the fields that do: a field that somebody else wrote is no longer k8sup's. Of one that is not there at all nobody is recorded.
 * Pure.
 *
 * @param live - with its `managedFields`.
 */
export function objectDrift(live: LiveObject, changes: readonly Change[]): ObjectDrift {
  const owners = changes.map(({ path }) => ownersOf(live, path));
  const others = new Map(
    owners.filter((list) => !list.some(isOwn)).flatMap((list) => list.map((one) => [keyOf(one), one])),
  );
  const own = owners.some((list) => list.some(isOwn));
  const cause = others.size > 0 ? (own ? 'both' : 'cluster') : own ? 'inventory' : 'unrecorded';
  return { cause, writers: [...others.values()] };
}

/** Who owns a field, by its path as differences name it. */
function ownersOf(live: LiveObject, path: string): readonly FieldWriter[] {
  const { managedFields } = (live['metadata'] ?? {}) as { readonly managedFields?: readonly ManagedFields[] };
  return (managedFields ?? []).flatMap(({ manager = '', operation = '', time, fieldsV1 }) =>
    owns(fieldsV1, live, path) ? [{ manager, operation, ...(time === undefined ? {} : { at: time }) }] : [],
  );
}

/** Names of fields may have dots in them, so the path is followed by the names that the owner has. */
function owns(fields: unknown, value: unknown, path: string): boolean {
  if (!isRecord(fields)) return false;
  const keys = Object.keys(fields).filter((key) => key !== '.');
  // What is owned as a whole has no names below it.
  if (path === '' || keys.length === 0) return true;
  const index = /^\[(\d+)\]/.exec(path);
  if (index !== null) {
    const item: unknown = Array.isArray(value) ? value[Number(index[1])] : undefined;
    const key = keys.find((one) => isItem(one, item, index[1]));
    return key !== undefined && owns(fields[key], item, path.slice(index[0].length));
  }
  const rest = path.replace(/^\./, '');
  return keys.some((key) => {
    const name = key.startsWith('f:') ? key.slice(2) : undefined;
    if (name === undefined || !rest.startsWith(name) || !/^($|[.[])/.test(rest.slice(name.length))) return false;
    return owns(fields[key], isRecord(value) ? value[name] : undefined, rest.slice(name.length));
  });
}

/** Whether a name among fields stands for an item of a list: `k:` and its keys, `v:` and its value, or `i:` and its place. */
function isItem(key: string, item: unknown, index: string | undefined): boolean {
  const text = key.slice(2);
  if (key.startsWith('i:')) return text === index;
  if (key.startsWith('v:')) return text === JSON.stringify(item);
  if (!key.startsWith('k:') || !isRecord(item)) return false;
  const keys = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return Object.entries(keys).every(([name, value]) => item[name] === value);
}

function isOwn({ manager }: FieldWriter): boolean {
  return manager === fieldManager;
}

function keyOf({ manager, operation }: FieldWriter): string {
  return `${manager} ${operation}`;
}
