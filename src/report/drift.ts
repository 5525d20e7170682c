import { clusterTarget } from '../engine/events.ts';
import type { DriftCause } from '../engine/left.ts';
import { changeText } from './change-text.ts';
import type { ChangeEvent } from './change-text.ts';
import { groupBy } from './group-by.ts';
import { openStyle } from './style.ts';
import { count, hostName, oneLine, safe } from './words.ts';

const causes: Readonly<Record<DriftCause, string>> = {
  host: 'changed on the host',
  cluster: 'changed in the cluster',
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
    const lines = found.flatMap((event) => [
      `  ${oneLine(event.resource)}  (${[event.owner, event.stage, event.step].flatMap((part) => (part === undefined ? [] : [oneLine(part)])).join(', ')})`,
      `      ${whyOf(event)}`,
      ...event.changes.map((change) => `      ${changeText(change, style)}`),
      ...(options.diff && event.diff !== undefined && event.diff !== ''
        ? safe(event.diff)
            .trimEnd()
            .split('\n')
            .map((line) => `      ${line}`)
        : []),
    ]);
    return [hostName(host), ...lines].join('\n');
  });
  const numbers = Object.entries(summaryWords).flatMap(([cause, words]) => {
    const found = events.filter((event) => (event.cause ?? 'unknown') === cause);
    return found.length === 0 ? [] : [`${String(found.length)} ${words}`];
  });
  return `${hosts.join('\n')}\n\nDrift: ${count(events.length, 'resource')}: ${numbers.join(', ')}.`;
}

function whyOf({ host, cause, changes, writers = [] }: ChangeEvent): string {
  if (cause === undefined) return 'differs in the cluster';
  if (host !== clusterTarget || cause === 'inventory') return causes[cause];
  const who = writers.map(({ manager, at }) => `${oneLine(manager)}${at === undefined ? '' : ` (${oneLine(at)})`}`);
  const changed = `changed in the cluster by ${who.join(', ')}`;
  if (cause === 'both') return `${changed}; the inventory wants something else now, too`;
  if (who.length > 0) return changed;
  const gone = changes.some(({ path, to }) => path === 'object' && to !== 'absent');
  if (cause === 'cluster' && gone)
    return 'an apply made it, and it was deleted in the cluster; who did is not recorded';
  return 'the cluster has no record of who took away what is missing, or whether it was ever there';
}

const summaryWords: Readonly<Record<DriftCause | 'unknown', string>> = {
  host: 'changed on the host',
  cluster: 'changed in the cluster',
  inventory: 'by the inventory',
  both: 'by both',
  unrecorded: 'of unknown cause',
  unknown: 'in the cluster',
};
