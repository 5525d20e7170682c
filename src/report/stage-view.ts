import { clusterTarget } from '../engine/events.ts';
import type { RunEvent } from '../engine/events.ts';
import { withoutHost } from './failures.ts';
import type { Style } from './style.ts';
import { cut, pad, textWidth } from './width.ts';
import { count, duration, hostList, hostName, oneLine } from './words.ts';

type StageStart = Extract<RunEvent, { type: 'stage-start' }>;
type StageEnd = Pick<Extract<RunEvent, { type: 'stage-end' }>, 'ok' | 'changed' | 'durationMs'>;

/** What is known of a stage while it runs. */
export interface StageView {
  see(event: RunEvent): void;
  /**
   * The stage as lines that fit in `rows`: a head with counts, then hosts that failed, then hosts at work, those first that are at it longest.
   *
   * @param overall - how far the run is: the last line.
   */
  live(room: Room, overall: string): readonly string[];
  /** The one line that stays. */
  last(end: StageEnd, room: Room): string;
}

export interface Room {
  readonly style: Style;
  readonly rows: number;
}

/** @param now - milliseconds of a clock that only goes forward. */
export function openStageView(start: StageStart, now: () => number): StageView {
  const begun = now();
  const state: State = {
    start,
    looked: new Set(),
    running: new Map(),
    step: '',
    failed: new Map(),
    done: new Set(),
    changed: 0,
  };
  return {
    see: (event) => see(state, event, now()),
    live: (room, overall) => [
      headOf(state, now() - begun, room.style),
      ...hostLines(state, { ...room, rows: room.rows - 1 }, now()),
      cut(`${blankMark(room.style)} ${overall}`, room.style.columns, room.style.symbols.more),
    ],
    last: (end, { style }) => {
      const changed = end.changed === 0 ? 'no changes' : `${end.changed} changed`;
      return stageLine(start, [...hostCounts(state), changed, duration(end.durationMs)], style);
    },
  };
}

interface State {
  readonly start: StageStart;
  readonly looked: Set<string>;
  /** What each host at work does, and since when. */
  readonly running: Map<string, Work>;
  step: string;
  /** Code and message by host. */
  readonly failed: Map<string, string>;
  readonly done: Set<string>;
  changed: number;
}

interface Work {
  readonly text: string;
  readonly since: number;
}

/** Numbers that go up (`uploading 20 %`) are no new work. */
function workOn(before: Work | undefined, text: string, now: number): Work {
  const same = before !== undefined && withoutNumbers(before.text) === withoutNumbers(text);
  return { text, since: same ? before.since : now };
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '#');
}

function see(state: State, event: RunEvent, now: number): void {
  if (!('stage' in event) || event.stage !== state.start.stage) return;
  if (event.type === 'change') state.changed += 1;
  if (event.type === 'looked') state.looked.add(event.host);
  if (event.type === 'progress') {
    state.running.set(event.host, workOn(state.running.get(event.host), oneLine(event.text), now));
  }
  if (event.type === 'step-start') {
    // Steps are barriers: when one begins, no host is at work on the one before.
    if (event.step !== state.step) state.running.clear();
    state.step = event.step;
    state.running.set(event.host, { text: oneLine(event.step), since: now });
    state.done.delete(event.host);
  }
  if (event.type === 'host-done' || event.type === 'host-failed') state.running.delete(event.host);
  // What is done to the cluster itself is no host's work.
  if (event.type === 'host-done' && event.host !== clusterTarget) state.done.add(event.host);
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

function hostLines(state: State, { style, rows }: Room, now: number): readonly string[] {
  const { symbols, colors } = style;
  const blank = blankMark(style);
  const room = Math.max(2, rows - 1);
  const failed = [...state.failed].map(([host, text]) => ({ mark: colors.red(symbols.failed), host, text, note: '' }));
  const running = atWork(state, now).map((line) => ({ mark: blank, ...line }));
  if (failed.length + running.length === 0) {
    return state.done.size === 0 ? [cut(`${blank} ${lookingText(state)}`, style.columns, symbols.more)] : [];
  }
  // Failures are few and matter most, yet must leave room to see that work goes on.
  const fits = failed.length + running.length <= room;
  const shownFailed = fits ? failed : failed.slice(0, Math.max(Math.floor(room / 2), room - 1 - running.length));
  const shown = [...shownFailed, ...running.slice(0, (fits ? room : room - 1) - shownFailed.length)];
  const nameColumns = Math.max(...shown.map((line) => hostName(line.host).length));
  const rest = restOf(failed.length - shownFailed.length, running.length - (shown.length - shownFailed.length));
  return [
    ...shown.map(({ mark, host, text, note }) => {
      const line = `${pad(hostName(host), nameColumns)}  ${text}`;
      const columns = style.columns - symbols.failed.length - 1 - textWidth(note);
      return `${mark} ${cut(line, columns, symbols.more)}${note}`;
    }),
    ...(rest === '' ? [] : [`${blank} ${symbols.more} ${rest}`]),
  ];
}

interface WorkLine {
  readonly host: string;
  readonly text: string;
  /** Stands behind the text however long that is. */
  readonly note: string;
}

/** Hosts at work, the slowest first: the one whose present work has taken longest. */
function atWork({ running }: State, now: number): readonly WorkLine[] {
  const slowestFirst = [...running].sort(([, a], [, b]) => a.since - b.since);
  return slowestFirst.map(([host, { text, since }], index) => {
    const ms = now - since;
    if (ms < worthTelling) return { host, text, note: '' };
    const slowest = index === 0 && slowestFirst.length > 1 ? ', slowest' : '';
    return { host, text, note: `  ${duration(ms)}${slowest}` };
  });
}

/** Milliseconds; what is over sooner would only flicker. */
const worthTelling = 1000;

function lookingText({ start: { hosts }, looked }: State): string {
  if (hosts.length === 0) return 'looking at the cluster';
  if (looked.size === 0) return 'looking at the hosts';
  const rest = hosts.filter((host) => !looked.has(host));
  const missing = rest.length === 0 ? '' : `, not yet ${hostList(rest, 40)}`;
  return `looked at ${looked.size} of ${hosts.length} hosts${missing}`;
}

function blankMark({ symbols }: Style): string {
  return ' '.repeat(symbols.failed.length);
}

function restOf(failed: number, running: number): string {
  const parts = [...(failed > 0 ? [`${failed} more failed`] : []), ...(running > 0 ? [`${running} more running`] : [])];
  return parts.join(', ');
}
