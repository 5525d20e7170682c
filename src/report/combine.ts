import type { Emit } from '../engine/events.ts';

/** One emitter that gives each event to all, in order. */
export function combine(emitters: readonly Emit[]): Emit {
  return (event) => {
    for (const emit of emitters) emit(event);
  };
}
