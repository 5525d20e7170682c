import type { RunEvent } from '../engine/events.ts';

/** Tells whether a progress event says something that was not said before, apart from its numbers: percentages and counts are no news. */
export function openNews(): (event: RunEvent) => boolean {
  const told = new Set<string>();
  return (event) => {
    // Work on a resource is announced by its change already.
    if (event.type === 'change') told.add(key(event.stage, event.host, event.resource));
    if (event.type !== 'progress') return false;
    const name = key(event.stage, event.host, event.text);
    if (told.has(name)) return false;
    told.add(name);
    return true;
  };
}

function key(stage: string, host: string, text: string): string {
  return JSON.stringify([stage, host, text.replace(/\d+/g, '#')]);
}
