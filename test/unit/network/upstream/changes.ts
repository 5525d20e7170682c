import { diffLines } from 'diff';
import { stringify } from 'yaml';
import type { KubeObject } from '../../../../src/engine/stage.ts';

/**
 * What was made of upstream's objects, for a reader: each change by its path, and each new object whole. What is as upstream has it is left out, so that
 * definitions are never printed.
 */
export function changesOf(before: readonly KubeObject[], after: readonly KubeObject[]): string {
  const parts = after.flatMap((object) => {
    const old = before.find((one) => title(one) === title(object));
    if (old === undefined) return [`+ ${title(object)}\n${indented(stringify(bodyOf(object)))}`];
    const lines = differences(old, object, '').map((line) =>
      line.replace('.spec.template.spec.', 'pod ').replace(/^\./, ''),
    );
    return lines.length === 0 ? [] : [`~ ${title(object)}\n${lines.map((line) => `    ${line}\n`).join('')}`];
  });
  const gone = before.filter((one) => !after.some((object) => title(object) === title(one)));
  return [...gone.map((object) => `- ${title(object)}\n`), ...parts].join('\n');
}

function title({ apiVersion, kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name} (${apiVersion})`;
}

function bodyOf(object: KubeObject): object {
  const named = ['apiVersion', 'kind', 'metadata'];
  return Object.fromEntries(Object.entries(object).filter(([key]) => !named.includes(key)));
}

function differences(before: unknown, after: unknown, path: string): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (typeof before === 'string' && typeof after === 'string' && `${before}${after}`.includes('\n'))
    return [`${path}:`, ...textDifferences(before, after)];
  if (path.endsWith('.args') && isFlags(before) && isFlags(after))
    return [`${path}:`, ...flagDifferences(before, after)];
  const [one, other] = [entries(before), entries(after)];
  if (one === undefined || other === undefined) return [`${path}: ${show(before)} -> ${show(after)}`];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => {
    const [old, now] = [one.get(key), other.get(key)];
    if (old === undefined) return [`${path}${key}: added ${show(now)}`];
    if (now === undefined) return [`${path}${key}: taken out, was ${show(old)}`];
    return differences(old, now, `${path}${key}`);
  });
}

/** JSON in a ConfigMap is printed anew by an edit: only lines that mean something else count. */
function textDifferences(before: string, after: string): readonly string[] {
  const lines = (text: string): string => {
    const compact = text
      .replace(/\s+/g, ' ')
      .replaceAll(/": ?/g, '": ')
      .replaceAll(/([[{,]) ?/g, '$1\n')
      .replaceAll(/ ?([\]}])/g, '\n$1');
    return `${compact.trim()}\n`;
  };
  return diffLines(lines(before), lines(after)).flatMap(({ added, removed, value }) =>
    added || removed
      ? value
          .trim()
          .split('\n')
          .map((line) => `  ${added ? '+' : '-'} ${line.trim()}`)
      : [],
  );
}

/** Arguments of a program, of which each stands for itself. */
function isFlags(value: unknown): value is readonly string[] {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return items.some((item) => typeof item === 'string' && item.startsWith('--'));
}

function flagDifferences(before: readonly string[], after: readonly string[]): readonly string[] {
  const gone = before.filter((flag) => !after.includes(flag));
  const added = after.filter((flag) => !before.includes(flag));
  return [...gone.map((flag) => `  - ${flag}`), ...added.map((flag) => `  + ${flag}`)];
}

/** Fields, or items of a list by their names; undefined for a value or a list of values. */
function entries(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value).map(([key, item]) => [`.${key}`, item]));
  const items = value as readonly { readonly name?: unknown }[];
  if (!items.every((item) => typeof item === 'object' && typeof item.name === 'string')) return undefined;
  return new Map(items.map((item) => [`[${String(item.name)}]`, item]));
}

/** Of an item whose name is in its path already, the value alone. */
function show(value: unknown): string {
  const { name, value: text, valueFrom, ...rest } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (name !== undefined && Object.keys(rest).length === 0) return JSON.stringify(text ?? valueFrom);
  return value === null || value === undefined ? 'nothing' : JSON.stringify(value);
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
}
