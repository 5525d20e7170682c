import type { RunEvent, Summary } from '../engine/events.ts';
import { restarts } from './change-text.ts';
import { groupBy } from './group-by.ts';
import type { Style } from './style.ts';
import type { StepTime, Tally } from './tally.ts';
import { byteCount, count, duration, hostList, oneLine } from './words.ts';

/** The numbers of a run: `Done in 31.4 s: 3 hosts, 214 changed, 0 restarted.` */
export function summaryLine(summary: Summary, style: Style): string {
  const { colors } = style;
  const head = summary.ok ? colors.green('Done in') : colors.red('Failed after');
  const numbers = [
    count(summary.hosts, 'host'),
    ...(summary.failed === 0 ? [] : [`${summary.failed} failed`]),
    `${summary.changed} changed`,
    `${summary.restarted} restarted`,
  ];
  return `${head} ${duration(summary.durationMs)}: ${numbers.join(', ')}.`;
}

/** The last lines of a run: {@link summaryLine}, which units were restarted where, the slowest steps, and with `-v` how much was sent. */
export function summaryText(tally: Tally, options: { readonly style: Style; readonly verbose: boolean }): string {
  const { style, verbose } = options;
  const summary = tally.summary();
  return [
    summaryLine(summary, style),
    ...restartLines(tally.plan, style),
    ...(verbose ? [`Sent ${byteCount(summary.bytesSent)} to ${count(summary.hosts, 'host')}.`] : []),
    ...slowestLines(tally.steps, verbose ? { number: 5, fromMs: 100 } : { number: 3, fromMs: 1000 }),
  ].join('\n');
}

/** Different units in the summary: a rare run restarts more, and its stages have told them. */
const shownUnits = 6;

function restartLines(events: readonly RunEvent[], style: Style): readonly string[] {
  const restarting = events.filter((event) => event.type === 'change').filter((event) => restarts(event.changes));
  if (restarting.length === 0) return [];
  const units = [...groupBy(restarting, (event) => event.resource)];
  const lines = units.slice(0, shownUnits).map(([unit, changes]) => {
    const name = oneLine(unit);
    const hosts = [...new Set(changes.map(({ host }) => host))];
    return `  ${style.colors.yellow(name)}  on ${hostList(hosts, style.columns - name.length - 8)}`;
  });
  const rest = units.length - shownUnits;
  return ['Restarted:', ...lines, ...(rest > 0 ? [`  ${style.symbols.more} ${count(rest, 'more unit')}`] : [])];
}

function slowestLines(
  steps: readonly StepTime[],
  { number, fromMs }: { readonly number: number; readonly fromMs: number },
): readonly string[] {
  const slowest = steps
    .filter((step) => step.durationMs >= fromMs)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, number)
    .map((step) => `  ${duration(step.durationMs).padStart(11)}  ${step.stage}  ${oneLine(step.step)}`);
  return slowest.length === 0 ? [] : ['Slowest steps:', ...slowest];
}
