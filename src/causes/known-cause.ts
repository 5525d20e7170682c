/** A failure that is understood: what shows it, what it comes from, and what ends it. */
export interface KnownCause {
  /** Stable, upper-case; never reused for another meaning. */
  readonly code: string;
  /** Matches one line of a journal or of a command's output, and no line of a healthy one. */
  readonly pattern: RegExp;
  /** One sentence without a full stop. */
  readonly cause: string;
  /** What to do, with the command that does it or that shows where. */
  readonly fix: string;
  /** Page that says so. */
  readonly source: string;
  /** It may follow from something worse, or pass by itself: told only where nothing else matches. */
  readonly weak?: true;
}
