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
}

/** What one part of the bench found. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** How it was measured, for a reader who would repeat it. */
  readonly about: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
}

/** A whole run of the bench, as `results.json` has it. */
export interface Results {
  readonly version: 1;
  readonly date: string;
  readonly machine: {
    readonly cores: number;
    readonly memoryGiB: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly tools: Readonly<Record<string, string>>;
  readonly sections: readonly Section[];
}

/** `tool` of some rows against that of others for the same thing and number of hosts. */
export function ratio(
  rows: readonly Row[],
  about: { what: string; hosts: number },
  tool: string,
  other: string,
): number {
  const of = (name: string): number => {
    const row = rows.find((one) => one.tool === name && one.what === about.what && one.hosts === about.hosts);
    if (row === undefined) throw new Error(`${name} was not measured for "${about.what}" at ${about.hosts} hosts`);
    return row.medianMs;
  };
  return of(tool) / of(other);
}
