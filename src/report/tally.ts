import type { CheckResult, RunEvent, Summary } from '../engine/events.ts';
import { restarts } from './change-text.ts';
import type { HostFailure } from './failures.ts';

/** How long one step took, over all its hosts: steps are barriers, so one ends where the next begins. */
export interface StepTime {
  readonly stage: string;
  readonly step: string;
  readonly durationMs: number;
}

/** What the events of a run have told so far. */
export interface Tally {
  see(event: RunEvent): void;
  readonly command: string;
  readonly checks: readonly CheckResult[];
  readonly failures: readonly HostFailure[];
  /** Events that {@link renderPlan} reads. */
  readonly plan: readonly RunEvent[];
  readonly steps: readonly StepTime[];
  /** The run's summary; made from the other events when it ended without one. */
  summary(): Summary;
}

/** @param now - milliseconds of a clock that only goes forward. */
export function openTally(now: () => number): Tally {
  const begun = now();
  const state: State = { command: '', hosts: 0, checks: [], failures: [], plan: [], failed: false, summary: undefined };
  const steps = openStepTimes(now);
  return {
    see: (event) => {
      fold(state, event);
      steps.see(event);
    },
    get command() {
      return state.command;
    },
    checks: state.checks,
    failures: state.failures,
    plan: state.plan,
    steps: steps.times,
    summary: () => state.summary ?? derived(state, now() - begun),
  };
}

/** Whether a command only tells what it would do. */
export function isPlan(command: string): boolean {
  return command.split(' ')[0] === 'plan';
}

/** Whether a run ends with a plan: one that failed before it found a change has not found that there is none. */
export function endsWithPlan({ command, plan }: Tally, ok: boolean): boolean {
  return isPlan(command) && (ok || plan.some(({ type }) => type === 'change' || type === 'pending'));
}

interface State {
  command: string;
  hosts: number;
  readonly checks: CheckResult[];
  readonly failures: HostFailure[];
  readonly plan: RunEvent[];
  failed: boolean;
  summary: Summary | undefined;
}

function fold(state: State, event: RunEvent): void {
  if (event.type === 'run-start') {
    state.command = event.command;
    state.hosts = event.hosts.length;
  }
  if (event.type === 'stage-start' || event.type === 'change' || event.type === 'pending') state.plan.push(event);
  if (event.type === 'check') state.checks.push(event.check);
  if (event.type === 'host-failed') state.failures.push(event);
  if (event.type === 'error' || event.type === 'host-failed') state.failed = true;
  // What fails after the summary, closing the log, still fails the run.
  if (event.type === 'error' && state.summary !== undefined) state.summary = { ...state.summary, ok: false };
  if (event.type === 'summary') state.summary = event;
}

function derived(state: State, durationMs: number): Summary {
  const changes = state.plan.filter((event) => event.type === 'change');
  return {
    hosts: state.hosts,
    changed: changes.length,
    restarted: changes.filter((event) => restarts(event.changes)).length,
    failed: new Set(state.failures.map((failure) => failure.host)).size,
    durationMs: Math.round(durationMs),
    bytesSent: 0,
    ok: !state.failed && state.checks.every((check) => check.ok),
  };
}

function openStepTimes(now: () => number): { see(event: RunEvent): void; readonly times: readonly StepTime[] } {
  const times: StepTime[] = [];
  let current: { readonly stage: string; readonly step: string; readonly since: number } | undefined;
  const close = (): void => {
    if (current === undefined) return;
    times.push({ stage: current.stage, step: current.step, durationMs: now() - current.since });
    current = undefined;
  };
  return {
    times,
    see: (event) => {
      if (event.type === 'stage-end' || event.type === 'summary') close();
      if (event.type !== 'step-start') return;
      if (current?.stage === event.stage && current.step === event.step) return;
      close();
      current = { stage: event.stage, step: event.step, since: now() };
    },
  };
}
