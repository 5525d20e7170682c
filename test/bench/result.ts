import type { Spread } from './measure.ts';

/** One measured row: a tool, doing one thing. */
export interface Row extends Spread {
  readonly what: string;
  readonly hosts: number;
  readonly tool: string;
  /** Peak memory of the tool's own process in MiB, where it was read. */
  readonly peakMiB?: number;
}

/** A goal, and what came of it. */
export interface Goal {
  readonly text: string;
  readonly measured: string;
  readonly met: boolean;
  /** Why it was missed, by what was measured beside it. */
  readonly why?: string;
}

/** What one host did from one time to another, in milliseconds since the start of its run. */
export interface Span {
  readonly host: string;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one part of the bench found. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  /** How it was measured, for a reader who would repeat it. */
  readonly about: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
  /** Where the time went in one run of k8sup. */
  readonly timeline?: readonly Span[];
}

/** A finding with where and when it was made: parts may be run one at a time. */
export interface Section extends Finding {
  readonly measured: {
    /** ISO 8601, UTC. */
    readonly at: string;
    readonly seconds: number;
    readonly machine: string;
    readonly tools: readonly string[];
  };
}

/** All that the bench has found, as `results.json` has it. */
export interface Results {
  readonly version: 1;
  readonly sections: readonly Section[];
}

/** The row of a tool, where it was measured. */
export function rowOf(
  rows: readonly Row[],
  { what, hosts, tool }: Pick<Row, 'what' | 'hosts' | 'tool'>,
): Row | undefined {
  return rows.find((one) => one.tool === tool && one.what === what && one.hosts === hosts);
}

/** A goal between two rows: `more` takes at most, or at least, so many times as long as `less`. */
export function goalBetween(
  text: string,
  { more, less, times, by }: { more: Row | undefined; less: Row | undefined; times: number; by: 'most' | 'least' },
  why: (more: Row, less: Row) => string,
): Goal {
  if (more === undefined || less === undefined) return { text, measured: 'not measured', met: false };
  const value = more.medianMs / less.medianMs;
  const met = by === 'most' ? value <= times : value >= times;
  const measured = `${more.cut === true ? 'more than ' : ''}${value.toFixed(value < 10 ? 2 : 0)} times`;
  return { text, measured, met, ...(met ? {} : { why: why(more, less) }) };
}
