import type { RunEvent } from '../engine/events.ts';
import { withoutHost } from './failures.ts';
import type { Style } from './style.ts';
import { cut, pad, textWidth } from './width.ts';
import { count, duration, hostName, oneLine } from './words.ts';

type StageStart = Extract<RunEvent, { type: 'stage-start' }>;
type StageEnd = Pick<Extract<RunEvent, { type: 'stage-end' }>, 'ok' | 'changed' | 'durationMs'>;

/** What is known of a stage while it runs. */
export interface StageView {
  see(event: RunEvent): void;
  /** The stage as lines that fit in `rows`: a head with counts, then hosts that failed, then hosts at work. */
  live(room: Room, elapsedMs: number): readonly string[];
  /** The one line that stays. */
  last(end: StageEnd, room: Room): string;
}

export interface Room {
  readonly style: Style;
  readonly rows: number;
}

export function openStageView(start: StageStart): StageView {
  const state: State = { start, running: new Map(), step: '', failed: new Map(), done: new Set(), changed: 0 };
  return {
    see: (event) => see(state, event),
    live: (room, elapsedMs) => [headOf(state, elapsedMs, room.style), ...hostLines(state, room)],
    last: (end, { style }) => {
      const changed = end.changed === 0 ? 'no changes' : `${end.changed} changed`;
      return stageLine(start, [...hostCounts(state), changed, duration(end.durationMs)], style);
    },
  };
}

interface State {
  readonly start: StageStart;
  /** What each host at work does. */
  readonly running: Map<string, string>;
  step: string;
  /** Code and message by host. */
  readonly failed: Map<string, string>;
  readonly done: Set<string>;
  changed: number;
}

function see(state: State, event: RunEvent): void {
  if (!('stage' in event) || event.stage !== state.start.stage) return;
  if (event.type === 'change') state.changed += 1;
  if (event.type === 'progress') state.running.set(event.host, oneLine(event.text));
  if (event.type === 'step-start') {
    // Steps are barriers: when one begins, no host is at work on the one before.
    if (event.step !== state.step) state.running.clear();
    state.step = event.step;
    state.running.set(event.host, oneLine(event.step));
    state.done.delete(event.host);
  }
  if (event.type === 'host-done' || event.type === 'host-failed') state.running.delete(event.host);
  if (event.type === 'host-done') state.done.add(event.host);
  if (event.type === 'host-failed') {
    state.failed.set(event.host, `${event.error.code}: ${oneLine(withoutHost(event))}`);
  }
}

function headOf(state: State, elapsedMs: number, style: Style): string {
  const done = state.done.size === 0 ? [] : [`${state.done.size} done`];
  const running = state.running.size === 0 ? [] : [`${state.running.size} running`];
  const changes = state.changed === 0 ? [] : [count(state.changed, 'change')];
  return stageLine(state.start, [...hostCounts(state), ...done, ...running, ...changes, duration(elapsedMs)], style);
}

function hostCounts(state: State): readonly string[] {
  const { hosts } = state.start;
  return [
    ...(hosts.length === 0 ? [] : [count(hosts.length, 'host')]),
    ...(state.failed.size === 0 ? [] : [`${state.failed.size} failed`]),
  ];
}

/** Widths that fit the names of k8sup's own stages, so that the lines of a run stand in columns. */
const [idColumns, titleColumns] = [14, 22];

/** Where the line gets too long, the title gives way, then the columns: the numbers are what people look for. */
function stageLine(start: StageStart, numbers: readonly string[], style: Style): string {
  const tail = numbers.join(', ');
  const padded = pad(start.stage, idColumns);
  const roomBeside = (id: string): number => style.columns - textWidth(`${id}    ${tail}`);
  const id = roomBeside(padded) < 8 ? start.stage : padded;
  const room = Math.max(roomBeside(id), 1);
  const title = pad(cut(oneLine(start.title), room, style.symbols.more), Math.min(room, titleColumns));
  return cut(`${id}  ${title}  ${tail}`, style.columns, style.symbols.more);
}

function hostLines(state: State, { style, rows }: Room): readonly string[] {
  const { symbols, colors } = style;
  const blank = ' '.repeat(symbols.failed.length);
  const room = Math.max(2, rows - 1);
  const failed = [...state.failed].map(([host, text]) => ({ mark: colors.red(symbols.failed), host, text }));
  const running = [...state.running].map(([host, text]) => ({ mark: blank, host, text }));
  if (failed.length + running.length === 0) {
    return state.done.size === 0
      ? [`${blank} looking at the ${state.start.hosts.length === 0 ? 'cluster' : 'hosts'}`]
      : [];
  }
  // Failures are few and matter most, yet must leave room to see that work goes on.
  const fits = failed.length + running.length <= room;
  const shownFailed = fits ? failed : failed.slice(0, Math.max(Math.floor(room / 2), room - 1 - running.length));
  const shown = [...shownFailed, ...running.slice(0, (fits ? room : room - 1) - shownFailed.length)];
  const nameColumns = Math.max(...shown.map((line) => hostName(line.host).length));
  const rest = restOf(failed.length - shownFailed.length, running.length - (shown.length - shownFailed.length));
  return [
    ...shown.map(({ mark, host, text }) => {
      const line = `${pad(hostName(host), nameColumns)}  ${text}`;
      return `${mark} ${cut(line, style.columns - symbols.failed.length - 1, symbols.more)}`;
    }),
    ...(rest === '' ? [] : [`${blank} ${symbols.more} ${rest}`]),
  ];
}

function restOf(failed: number, running: number): string {
  const parts = [...(failed > 0 ? [`${failed} more failed`] : []), ...(running > 0 ? [`${running} more running`] : [])];
  return parts.join(', ');
}
