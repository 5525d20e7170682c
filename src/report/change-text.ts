import type { RunEvent } from '../engine/events.ts';
import type { Style } from './style.ts';
import { cut } from './width.ts';
import { oneLine } from './words.ts';

export type ChangeEvent = Extract<RunEvent, { type: 'change' }>;
export type Change = ChangeEvent['changes'][number];

/** Longer values tell no more in a line; `--diff` and the log have them whole. */
const valueColumns = 80;

/** One difference: `mode: 644 → 600`, with what follows from it: `(restart)`. */
export function changeText(change: Change, style: Style): string {
  const value = (text: string): string => cut(oneLine(text) || 'none', valueColumns, style.symbols.more);
  const effect = consequences.has(change.effect) ? ` (${change.effect})` : '';
  return `${oneLine(change.path)}: ${value(change.from)} ${style.symbols.arrow} ${value(change.to)}${effect}`;
}

/** Whether a resource's changes restart a unit. */
export function restarts(changes: readonly Change[]): boolean {
  return changes.some((change) => change.effect === 'restart');
}

/** Effects that `from → to` does not tell. */
const consequences = new Set<string>(['delete', 'restart', 'start']);
