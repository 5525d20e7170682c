import type { RunEvent } from '../engine/events.ts';
import type { PastRun, PastStage } from './journal/history.ts';

/** How far a run of several stages is. */
export interface Course {
  see(event: RunEvent): void;
  /** Which of how many stages runs; undefined before they are known. */
  place(): { readonly number: number; readonly of: number } | undefined;
  /**
   * Milliseconds that the run will still take, as those earlier runs took that were most like it: in its hosts, and in how much its stages changed so
   * far. Undefined where an earlier run of some stage is missing, and when the run takes longer than they did.
   */
  leftMs(): number | undefined;
}

/** @param history - earlier runs of this command, the newest first; asked once, when the stages are known. */
export function openCourse(history: (command: string) => readonly PastRun[], now: () => number): Course {
  const state: State = { command: '', hosts: 0, past: [], ids: [], done: new Map(), current: undefined };
  return {
    see: (event) => see(state, event, history, now),
    place: () => {
      const index = state.ids.indexOf(state.current?.id ?? '');
      return index === -1 ? undefined : { number: index + 1, of: state.ids.length };
    },
    leftMs: () => leftOf(state, now()),
  };
}

interface State {
  command: string;
  hosts: number;
  past: readonly PastRun[];
  ids: readonly string[];
  readonly done: Map<string, PastStage>;
  current: { readonly id: string; readonly since: number; changed: number } | undefined;
}

function see(state: State, event: RunEvent, history: (command: string) => readonly PastRun[], now: () => number): void {
  if (event.type === 'run-start') {
    state.command = event.command;
    state.hosts = event.hosts.length;
  }
  if (event.type === 'run-stages') {
    state.ids = event.stages.map(({ id }) => id);
    state.past = history(state.command);
  }
  if (event.type === 'stage-start') state.current = { id: event.stage, since: now(), changed: 0 };
  if (event.type === 'change' && state.current !== undefined) state.current.changed += 1;
  if (event.type === 'stage-end') {
    state.done.set(event.stage, event);
    state.current = undefined;
  }
}

function leftOf(state: State, now: number): number | undefined {
  const { current, ids } = state;
  const index = ids.indexOf(current?.id ?? '');
  if (current === undefined || index === -1) return undefined;
  const alike = [...state.past].sort((a, b) => distance(state, a) - distance(state, b));
  const times = ids.slice(index).map((id) => alike.find(({ stages }) => stages.has(id))?.stages.get(id)?.durationMs);
  const rest = alike.find(({ restMs }) => restMs !== undefined)?.restMs;
  const [mine, ...later] = [...times, rest];
  const spent = now - current.since;
  if (mine === undefined || mine < spent) return undefined;
  return later.reduce((sum, time) => (sum === undefined || time === undefined ? undefined : sum + time), mine - spent);
}

/** 0 for a run that was the same so far; sorting keeps the newer of two that are equally far. */
function distance(state: State, past: PastRun): number {
  const stages = [...state.done].map(([id, { changed }]) => unlike(changed, past.stages.get(id)?.changed ?? changed));
  const { current } = state;
  const then = current === undefined ? undefined : past.stages.get(current.id)?.changed;
  // A stage that runs may still change as much as it did then: only what it has done beyond that tells them apart.
  const running = current === undefined || then === undefined ? 0 : unlike(Math.max(current.changed, then), then);
  return [...stages, running, unlike(state.hosts, past.hosts)].reduce((sum, part) => sum + part, 0);
}

function unlike(a: number, b: number): number {
  return Math.abs(Math.log((1 + a) / (1 + b)));
}
