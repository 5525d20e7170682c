/** Process exit codes by kind of error; the README's table is made from this object. */
export const exitCodes = {
  ok: 0,
  changes: 2,
  inventory: 10,
  connection: 11,
  hostKey: 12,
  command: 13,
  resource: 14,
  pki: 15,
  kubernetes: 16,
  artifact: 17,
  lock: 18,
  preflight: 19,
  hostsFailed: 20,
  unsafeChange: 21,
  verification: 22,
  lab: 23,
  outdated: 24,
  expiring: 25,
  usage: 64,
  bug: 70,
  cancelled: 130,
} as const;

export type ExitKind = keyof typeof exitCodes;

/** Everything a person needs to act on an error. */
export interface ErrorDetails {
  /** Stable, upper-case, for example `HOST_KEY_CHANGED`; never reused for another meaning. */
  readonly code: string;
  readonly kind: ExitKind;
  /** What happened, one sentence. */
  readonly what: string;
  /** The cause, where it is known; may have several lines. */
  readonly why?: string;
  /** All that was read of journals and commands, where it is more than `why` shows: what a known cause is looked for in. */
  readonly output?: string;
  /** What to do about it. */
  readonly fix?: string;
  readonly host?: string;
  /** Where it is the failure of several hosts: their names. */
  readonly hosts?: readonly string[];
  readonly stage?: string;
  /** Of the stage: its name. */
  readonly step?: string;
  /** Path of the log that holds the whole story. */
  readonly log?: string;
  readonly cause?: unknown;
}

/** An error that a user can meet. Unreachable branches throw a plain Error instead: those are bugs of k8sup. */
export class K8supError extends Error {
  readonly code: string;
  readonly kind: ExitKind;
  readonly why: string | undefined;
  readonly output: string | undefined;
  readonly fix: string | undefined;
  readonly host: string | undefined;
  readonly hosts: readonly string[] | undefined;
  readonly stage: string | undefined;
  readonly step: string | undefined;
  readonly log: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.what, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'K8supError';
    this.code = details.code;
    this.kind = details.kind;
    this.why = details.why;
    this.output = details.output;
    this.fix = details.fix;
    this.host = details.host;
    this.hosts = details.hosts;
    this.stage = details.stage;
    this.step = details.step;
    this.log = details.log;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }

  /** The same error with more that is known of it. */
  with(more: Partial<ErrorDetails>): K8supError {
    const known = Object.entries(this).filter(([, value]) => value !== undefined);
    const own = { ...Object.fromEntries(known), code: this.code, kind: this.kind, what: this.message };
    const error = new K8supError({ ...own, ...(this.cause === undefined ? {} : { cause: this.cause }), ...more });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }
}

/** The message of anything that was thrown, for texts that quote a cause. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
