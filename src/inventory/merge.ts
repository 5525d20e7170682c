import type { Extras } from './model.ts';
import { isRecord } from './path.ts';

type Config = Extras['extraConfig'];

/** Lays one set of extras over another; a null stays, so that it can still take away a default of the component. */
export function layExtras(under: Extras, over: Extras): Extras {
  return {
    extraArgs: { ...under.extraArgs, ...over.extraArgs },
    extraConfig: layConfig(under.extraConfig, over.extraConfig),
  };
}

function layConfig(under: Config, over: Config): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isRecord(value) && isRecord(below) ? layConfig(below, value) : value;
  }
  return result;
}
