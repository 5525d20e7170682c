export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skippedNames: readonly string[];
}

export function outcome(report: string | undefined, status: number | undefined): Outcome;
