import type { Extras } from './model.ts';
import { isRecord } from './path.ts';

type Args = Extras['extraArgs'];
type Config = Extras['extraConfig'];

/** Lays one set of extras over another; a null stays, so that it can still take away a default of the component. */
export function layExtras(under: Extras, over: Extras): Extras {
  return {
    extraArgs: { ...under.extraArgs, ...over.extraArgs },
    extraConfig: layConfig(under.extraConfig, over.extraConfig),
  };
}

/** A component's own flags with the user's laid over them; a null takes a flag away. */
export function mergeArgs(own: Readonly<Record<string, string>>, extra: Args): Record<string, string> {
  const entries = Object.entries({ ...own, ...extra });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** A component's own configuration with the user's merged into it deeply; a null takes a field away, a list replaces a list. */
export function mergeConfig(own: Config, extra: Config): Record<string, unknown> {
  return withoutNull(layConfig(own, extra));
}

function layConfig(under: Config, over: Config): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isRecord(value) && isRecord(below) ? layConfig(below, value) : value;
  }
  return result;
}

function withoutNull(config: Config): Record<string, unknown> {
  const entries = Object.entries(config).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, isRecord(value) ? withoutNull(value) : value]));
}
