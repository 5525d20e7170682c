export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skippedNames: readonly string[];
  /** A text for each that failed: its name, then the beginning of why. */
  readonly failures: readonly string[];
}

export function outcome(report: string | undefined, status: number | undefined): Outcome;
