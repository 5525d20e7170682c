import type { CheckResult, ClusterOutline, ErrorJson, EventLine, RunEvent, Summary } from '../../engine/events.ts';
import { openTally } from '../tally.ts';
import type { StepTime } from '../tally.ts';

/** What a page tells of one run; times are milliseconds since its start. */
export interface RunModel {
  readonly command: string;
  readonly cluster: string;
  readonly begun: Date;
  readonly durationMs: number;
  /** False for a run that was killed, or goes on. */
  readonly ended: boolean;
  readonly summary: Summary;
  readonly outline: ClusterOutline;
  readonly stages: readonly StageSpan[];
  readonly hosts: readonly HostModel[];
  /** Changes and pending resources. */
  readonly changes: readonly RunEvent[];
  readonly steps: readonly StepTime[];
  readonly checks: readonly CheckResult[];
  readonly errors: readonly ErrorJson[];
  readonly warnings: readonly { readonly host?: string; readonly text: string }[];
  readonly notes: readonly string[];
}

export interface StageSpan {
  readonly id: string;
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly ok: boolean;
  readonly changed: number;
}

/** A host, or the cluster itself, with all it did. */
export interface HostModel {
  readonly name: string;
  readonly state: 'failed' | 'changed' | 'same' | 'left out';
  readonly changed: number;
  readonly spans: readonly Span[];
}

export interface Span {
  readonly kind: 'look' | 'work' | 'failed';
  readonly stage: string;
  /** The step; empty for a look. */
  readonly step: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @param events - all events of a journal, in order. */
export function runModel(events: readonly EventLine[]): RunModel {
  const first = Date.parse(events[0]?.at ?? '');
  const times = events.map((event) => Date.parse(event.at) - first);
  const lastMs = times.at(-1) ?? 0;
  let now = 0;
  const tally = openTally(() => now);
  events.forEach((event, index) => {
    now = times[index] ?? now;
    tally.see(event);
  });
  const start = events.find((event) => event.type === 'run-start');
  const hosts = start?.hosts ?? [];
  return {
    command: start?.command ?? '',
    cluster: start?.cluster ?? '',
    begun: new Date(first),
    durationMs: lastMs,
    ended: events.some(({ type }) => type === 'summary'),
    summary: tally.summary(),
    // Journals of earlier releases have no outline.
    outline: start?.outline ?? {
      hosts: hosts.map((name) => ({ name, address: '', roles: [] })),
      network: { plugin: '', podCIDRs: [] },
    },
    stages: stageSpans(events, times, lastMs),
    hosts: hostModels(events, times, lastMs),
    changes: tally.plan.filter((event) => event.type !== 'stage-start'),
    steps: tally.steps,
    checks: tally.checks,
    errors: errorsOf(events),
    warnings: events.filter((event) => event.type === 'warning'),
    notes: events.flatMap((event) => (event.type === 'note' ? [event.text] : [])),
  };
}

function stageSpans(events: readonly RunEvent[], times: readonly number[], lastMs: number): readonly StageSpan[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'stage-start') return [];
    const at = events.findIndex(
      (other, later) => later > index && other.type === 'stage-end' && other.stage === event.stage,
    );
    const end = events[at];
    return {
      id: event.stage,
      title: event.title,
      fromMs: times[index] ?? 0,
      toMs: times[at] ?? lastMs,
      ...(end?.type === 'stage-end' ? { ok: end.ok, changed: end.changed } : { ok: false, changed: 0 }),
    };
  });
}

interface HostState {
  readonly spans: Span[];
  open: { readonly stage: string; readonly step: string; readonly fromMs: number } | undefined;
  changed: number;
  failed: boolean;
}

function hostModels(events: readonly RunEvent[], times: readonly number[], lastMs: number): readonly HostModel[] {
  const start = events.find((event) => event.type === 'run-start');
  const mine = new Set(start?.hosts ?? []);
  const states = new Map<string, HostState>();
  const stateOf = (name: string): HostState => {
    const state = states.get(name) ?? { spans: [], open: undefined, changed: 0, failed: false };
    states.set(name, state);
    return state;
  };
  for (const name of [...(start?.outline?.hosts.map((host) => host.name) ?? []), ...mine]) stateOf(name);
  events.forEach((event, index) => {
    // Hosts of a stage that failed may never have told that they are done.
    if (event.type === 'stage-end') for (const state of states.values()) close(state, 'work', times[index] ?? lastMs);
    if ('stage' in event && 'host' in event) follow(stateOf(event.host), event, times[index] ?? lastMs);
  });
  return [...states].map(([name, state]) => {
    close(state, 'work', lastMs);
    const known = mine.has(name) || state.spans.some(({ kind }) => kind !== 'look');
    const calm = known ? 'same' : 'left out';
    return {
      name,
      state: state.failed ? 'failed' : state.changed > 0 ? 'changed' : calm,
      changed: state.changed,
      spans: state.spans,
    };
  });
}

function follow(state: HostState, event: RunEvent, now: number): void {
  if (event.type === 'change') state.changed += 1;
  if (event.type === 'looked') {
    state.spans.push({
      kind: 'look',
      stage: event.stage,
      step: '',
      fromMs: Math.max(0, now - event.durationMs),
      toMs: now,
    });
  }
  if (event.type === 'step-start') {
    close(state, 'work', now);
    state.open = { stage: event.stage, step: event.step, fromMs: now };
  }
  if (event.type === 'host-done') close(state, 'work', now);
  if (event.type === 'host-failed') {
    state.failed = true;
    state.open ??= { stage: event.stage, step: '', fromMs: now };
    close(state, 'failed', now);
  }
}

function close(state: HostState, kind: Span['kind'], toMs: number): void {
  if (state.open !== undefined) state.spans.push({ kind, ...state.open, toMs });
  state.open = undefined;
}

/** Of hosts first; the error that ends a run repeats that of its only failed host. */
function errorsOf(events: readonly RunEvent[]): readonly ErrorJson[] {
  const all = events.flatMap((event) => (event.type === 'host-failed' || event.type === 'error' ? [event.error] : []));
  return all.filter(
    (error, index) => all.findIndex((other) => other.code === error.code && other.message === error.message) === index,
  );
}
