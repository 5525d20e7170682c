import type { Content } from '../host/connection.ts';
import type { Sh } from '../shell/sh.ts';

/** What a change does to the host, for the plan and for the summary's counts. */
export type Effect = 'create' | 'update' | 'delete' | 'start' | 'restart';

export interface Change {
  /** The attribute that differs, for example `content`, `mode`, `running`. */
  readonly path: string;
  /** Printable; never a secret. */
  readonly from: string;
  readonly to: string;
  readonly effect: Effect;
}

/** What is known of the other resources of the same host and stage while one is compared. */
export interface DiffContext {
  /** Ids of resources earlier in the stage that have changes. */
  readonly changing: ReadonlySet<string>;
}

/** What makes a resource true. Written from what is wanted, never from the difference, so that a second run of it does no harm. */
export interface Apply {
  readonly script: Sh;
  /** They come on the script's standard input one after the other; `$1`, `$2` … are their lengths in bytes, for `head -c`. */
  readonly contents?: readonly Content[];
  /** Seconds this may take; default 60. */
  readonly timeoutSeconds?: number;
}

/**
 * One thing on a host, with how to see it, compare it and make it true.
 *
 * @typeParam S - the state that {@link Resource.parse} reads out of the probe's output.
 */
export interface Resource<S = unknown> {
  /** Unique on a host: `kind:name`, for example `file:/etc/hosts`. */
  readonly id: string;
  /** POSIX sh that only reads; runs in a subshell as root; absence is a state, so it exits 0 unless it could not look. */
  readonly probe: Sh;
  /** Pure. */
  readonly parse: (output: string) => S;
  /** Pure; empty means that nothing is to be done. */
  readonly diff: (state: S, context: DiffContext) => readonly Change[];
  readonly apply: Apply;
  /** Wanted text of a file that may be shown in a diff, with how to read the one on the host; absent for secrets and binaries. */
  readonly text?: { readonly wanted: string; readonly read: Sh };
}

/** Resources of different state types in one list; the pair of parse and diff stays together, so the state type never matters outside. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- existential type: S only links a resource's own parse and diff
export type AnyResource = Resource<any>;
