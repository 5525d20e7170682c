import type { ComponentName, Host } from '../inventory/model.ts';

/** Flags by name, without dashes, in the order in which they are written. */
export type Flags = Readonly<Record<string, string>>;

/** Flags that are lists separated by commas. */
const listFlags: ReadonlySet<string> = new Set(['enable-admission-plugins', 'controllers', 'feature-gates']);

/**
 * A component's flags with the user's laid over them: same name replaces in place (a list is added to, so that k8sup's own items stay), `null` takes
 * away, new ones follow by name.
 */
export function withExtraArgs(flags: Flags, host: Host, component: ComponentName): Flags {
  return mergedFlags(flags, host.extras[component].extraArgs);
}

/** The same for flags that are no component's of the model. */
export function mergedFlags(flags: Flags, extraArgs: Readonly<Record<string, string | null>>): Flags {
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
  return [binary, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
}

/** A component's configuration with the user's laid over it: objects are merged, all else is replaced, `null` takes a field away. */
export function withExtraConfig(
  config: Readonly<Record<string, unknown>>,
  host: Host,
  component: ComponentName,
): Readonly<Record<string, unknown>> {
  return mergeObjects(config, host.extras[component].extraConfig);
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
