import type { DriftCause } from '../engine/left.ts';
import { changeText } from './change-text.ts';
import type { ChangeEvent } from './change-text.ts';
import { groupBy } from './group-by.ts';
import { openStyle } from './style.ts';
import { count, hostName, oneLine, safe } from './words.ts';

const causes: Readonly<Record<DriftCause, string>> = {
  host: 'changed on the host',
  inventory: 'as apply left it; the inventory wants something else now',
  both: 'changed on the host, and the inventory wants something else now',
  unrecorded: 'no apply has changed it here, so what did is not known',
};

/** What differs on each host from what apply left there, whose it is, and why. The text ends without a newline. */
export function renderDrift(
  events: readonly ChangeEvent[],
  options: { readonly diff: boolean; readonly columns: number },
): string {
  if (events.length === 0) return 'No drift: every host is as apply left it, and as the inventory wants it.';
  const style = openStyle({ color: false, unicode: true, columns: options.columns });
  const hosts = [...groupBy(events, ({ host }) => host)].map(([host, found]) => {
    const lines = found.flatMap(({ resource, stage, step, changes, cause, diff }) => [
      `  ${oneLine(resource)}  (${oneLine(stage)}, ${oneLine(step)})`,
      `      ${cause === undefined ? 'differs in the cluster' : causes[cause]}`,
      ...changes.map((change) => `      ${changeText(change, style)}`),
      ...(options.diff && diff !== undefined && diff !== ''
        ? safe(diff)
            .trimEnd()
            .split('\n')
            .map((line) => `      ${line}`)
        : []),
    ]);
    return [hostName(host), ...lines].join('\n');
  });
  const numbers = Object.entries(summaryWords).flatMap(([cause, words]) => {
    const found = events.filter((event) => (event.cause ?? 'cluster') === cause);
    return found.length === 0 ? [] : [`${String(found.length)} ${words}`];
  });
  return `${hosts.join('\n')}\n\nDrift: ${count(events.length, 'resource')}: ${numbers.join(', ')}.`;
}

const summaryWords: Readonly<Record<DriftCause | 'cluster', string>> = {
  host: 'changed on the host',
  inventory: 'by the inventory',
  both: 'by both',
  unrecorded: 'of unknown cause',
  cluster: 'in the cluster',
};
