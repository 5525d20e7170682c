import { createHash } from 'node:crypto';
import type { KubeObject } from '../engine/stage.ts';
import { yamlText } from '../components/documents.ts';
import type { Change } from '../resources/define.ts';

/** An object as the apiserver prints it. */
export type LiveObject = Readonly<Record<string, unknown>>;

/** `Kind namespace/name`, or `Kind name` for what has no namespace. */
export function objectId(object: { readonly kind?: unknown; readonly metadata?: unknown }): string {
  const { name, namespace } = (object.metadata ?? {}) as { readonly name?: string; readonly namespace?: string };
  return `${String(object.kind)} ${namespace === undefined ? '' : `${namespace}/`}${name ?? ''}`;
}

/** The same for one that is written without its namespace and for what the apiserver makes of that. Only to compare: cluster-wide kinds get one too. */
export function objectKey(object: { readonly kind?: unknown; readonly metadata?: unknown }): string {
  const { name, namespace } = (object.metadata ?? {}) as { readonly name?: string; readonly namespace?: string };
  return `${String(object.kind)} ${namespace ?? 'default'}/${name ?? ''}`;
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
  const liveByKey = new Map(live.map((object) => [objectKey(object), object]));
  const dryByKey = new Map(dryRun.map((object) => [objectKey(object), object]));
  const changes = new Map<string, readonly Change[]>();
  for (const object of wanted) {
    const id = objectId(object);
    const key = objectKey(object);
    const [before, after] = [liveByKey.get(key), dryByKey.get(key)];
    if (before === undefined) changes.set(id, [{ path: 'object', from: 'absent', to: 'as wanted', effect: 'create' }]);
    else if (after !== undefined) {
      const found = diffValues('', stripped(before), stripped(after), object.kind === 'Secret');
      if (found.length > 0) changes.set(id, withInterruption(object, found));
    }
  }
  return changes;
}

/** What a person compares of an object: the live one, and what an apply makes of it, as YAML. */
export interface ObjectTexts {
  readonly before: string;
  readonly after: string;
}

/** Both sides of each object, without what the apiserver writes by itself; of Secrets only the names of their data. Empty where there is no such object. Pure. */
export function objectTexts(
  objects: readonly Pick<KubeObject, 'kind' | 'metadata'>[],
  live: readonly LiveObject[],
  dryRun: readonly LiveObject[],
): ReadonlyMap<string, ObjectTexts> {
  const find = (list: readonly LiveObject[], key: string): LiveObject | undefined =>
    list.find((object) => objectKey(object) === key);
  return new Map(
    objects.map((object) => {
      const key = objectKey(object);
      const [before, after] = [find(live, key), find(dryRun, key)];
      return [objectId(object), { before: textOf(before, after, 'of before'), after: textOf(after, before, 'new') }];
    }),
  );
}

function textOf(object: LiveObject | undefined, other: LiveObject | undefined, name: string): string {
  if (object === undefined) return '';
  return yamlText(object['kind'] === 'Secret' ? withoutSecrets(stripped(object), other ?? {}, name) : stripped(object));
}

/** kubectl's own copy of what was applied holds the data of a Secret too. */
function withoutSecrets(object: LiveObject, other: LiveObject, name: string): LiveObject {
  const hide = (field: 'data' | 'stringData') => {
    const values = object[field];
    if (!isRecord(values)) return {};
    const others = isRecord(other[field]) ? other[field] : {};
    const hidden = Object.entries(values).map(([key, value]) => [
      key,
      value === others[key] ? '(secret)' : `(secret, ${name})`,
    ]);
    return { [field]: Object.fromEntries(hidden) as Record<string, string> };
  };
  return { ...object, ...hide('data'), ...hide('stringData') };
}

/** Kinds whose pods are made anew when their template changes. */
const interruptions: Readonly<Record<string, string>> = {
  Deployment: 'its pods are replaced step by step, as its strategy says',
  DaemonSet: 'its pods are replaced node by node, as its strategy says',
  StatefulSet: 'its pods are replaced one after the other',
};

function withInterruption({ kind }: KubeObject, changes: readonly Change[]): readonly Change[] {
  const interrupts = interruptions[kind];
  const index = changes.findIndex(({ path }) => path.startsWith('spec.template.'));
  if (interrupts === undefined || index < 0) return changes;
  return changes.map((change, at) => (at === index ? { ...change, interrupts } : change));
}

const serverFields = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink'];

function stripped(object: LiveObject): LiveObject {
  const metadata = Object.entries((object['metadata'] ?? {}) as Record<string, unknown>).flatMap(([key, value]) => {
    if (serverFields.includes(key)) return [];
    const annotations = key === 'annotations' && isRecord(value) ? withoutNoise(value) : value;
    return [[key, annotations] as const];
  });
  const rest = Object.entries(object).filter(([key]) => key !== 'status' && key !== 'metadata');
  return Object.fromEntries([...rest, ['metadata', Object.fromEntries(metadata)]]);
}

function withoutNoise(annotations: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const noise = ['kubectl.kubernetes.io/last-applied-configuration', 'deployment.kubernetes.io/revision'];
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !noise.includes(name)));
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown, secret: boolean): string {
  if (value === undefined) return 'absent';
  if (secret) return 'secret';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= 200) return text;
  // The hash keeps two long values apart that begin alike.
  return `${text.slice(0, 160)}… sha256:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
