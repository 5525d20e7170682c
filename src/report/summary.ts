import type { Summary } from '../engine/events.ts';
import type { Style } from './style.ts';
import type { StepTime } from './tally.ts';
import { byteCount, count, duration, oneLine } from './words.ts';

/** The last line of a run: `Done in 31.4 s: 3 hosts, 214 changed, 0 restarted.` */
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

/** What `-v` adds below the summary: bytes sent and where the time went. */
export function summaryDetails(summary: Summary, steps: readonly StepTime[]): string {
  const slowest = steps
    .filter((step) => step.durationMs >= 100)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, 5);
  const lines = slowest.map(
    (step) => `  ${duration(step.durationMs).padStart(11)}  ${step.stage}  ${oneLine(step.step)}`,
  );
  return [
    `Sent ${byteCount(summary.bytesSent)} to ${count(summary.hosts, 'host')}.`,
    ...(lines.length === 0 ? [] : ['Slowest steps:', ...lines]),
  ].join('\n');
}
