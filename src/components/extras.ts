import type { ComponentName, Host } from '../inventory/model.ts';
import type { Source, Sourced } from '../resources/define.ts';
import { fieldsOf, valuesOf } from './source.ts';
import type { Tree } from './source.ts';

/** Flags by name, without dashes, in the order in which they are written, each with where it comes from. */
export type Flags = Readonly<Record<string, Sourced>>;

/** Flags that are lists separated by commas. */
const listFlags: ReadonlySet<string> = new Set(['enable-admission-plugins', 'controllers', 'feature-gates']);

/**
 * A component's flags with the user's laid over them: same name replaces in place (a list is added to, so that k8sup's own items stay), `null` takes
 * away, new ones follow by name.
 */
export function withExtraArgs(flags: Flags, host: Host, component: ComponentName): Flags {
  return mergedFlags(flags, host.extras[component].extraArgs, extrasKeys(component));
}

/**
 * The same for flags that are no component's of the model.
 *
 * @param places - keys of the inventory below which `extraArgs` may stand.
 */
export function mergedFlags(
  flags: Flags,
  extraArgs: Readonly<Record<string, string | null>>,
  places: readonly (readonly string[])[],
): Flags {
  const values = Object.fromEntries(Object.entries(flags).map(([name, { value }]) => [name, value]));
  const sourceOf = (name: string): Source => {
    const own = name in extraArgs ? undefined : flags[name]?.source;
    return own ?? { from: 'extras', keys: places.map((place) => [...place, 'extraArgs', name]) };
  };
  const merged = Object.entries(mergedArgs(values, extraArgs));
  return Object.fromEntries(merged.map(([name, value]) => [name, { value, source: sourceOf(name) }]));
}

/** The same for flags that nobody asks the source of. */
export function mergedArgs(
  flags: Readonly<Record<string, string>>,
  extraArgs: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const merged: Record<string, string> = { ...flags };
  const extra = Object.entries(extraArgs).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of extra) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- flags are a dictionary, not a shape
    if (value === null) delete merged[name];
    else merged[name] = listFlags.has(name) ? unionOf(flags[name] ?? '', value) : value;
  }
  return merged;
}

/** Items of the second list replace those of the first that speak of the same: `-x` replaces `x`, `x=false` replaces `x=true`. */
function unionOf(own: string, extra: string): string {
  const items = [own, extra]
    .flatMap((list) => list.split(',').map((item) => item.trim()))
    .filter((item) => item !== '');
  return [...new Map(items.map((item) => [item.replace(/^-|=.*$/g, ''), item])).values()].join(',');
}

/** A binary with its flags as the words of a command line. */
export function commandLine(binary: string, flags: Flags): readonly string[] {
  return [binary, ...Object.entries(flags).map(([name, { value }]) => `--${name}=${value}`)];
}

/** A configuration, and each of its fields with where it comes from. */
export interface SourcedConfig {
  readonly config: Readonly<Record<string, unknown>>;
  readonly fields: Readonly<Record<string, Sourced<unknown>>>;
}

/** A component's configuration with the user's laid over it: objects are merged, all else is replaced, `null` takes a field away. */
export function withExtraConfig(tree: Tree, host: Host, component: ComponentName): SourcedConfig {
  const { extraConfig } = host.extras[component];
  const sourceOf = (path: readonly string[]): Source => ({
    from: 'extras',
    keys: extrasKeys(component).map((place) => [...place, 'extraConfig', ...path]),
  });
  return { config: mergeObjects(valuesOf(tree), extraConfig), fields: fieldsOf(tree, extraConfig, sourceOf) };
}

/** Where the inventory has a component's extras: of the host, then of all. */
function extrasKeys(component: ComponentName): readonly (readonly string[])[] {
  const isRuntime = component === 'containerd' || component === 'docker';
  return [
    ['hosts[]', component],
    ['cluster', ...(isRuntime ? ['runtime'] : []), component],
  ];
}

/** Objects are merged, all else is replaced, `null` takes a field away. */
export function mergeObjects(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a configuration is a dictionary here
    if (value === null) delete merged[name];
    else merged[name] = isObject(value) ? mergeObjects(asObject(merged[name]), value) : value;
  }
  return merged;
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
