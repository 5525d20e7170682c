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
  /** For people: what does not work while it is made, and what goes on. Only where something that works goes down. */
  readonly interrupts?: string;
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
  /**
   * Wanted text of a file that may be shown in a diff, with how to read the one on the host; absent for secrets and binaries. `show` makes of each side what
   * a person compares, such as the fields of a certificate.
   */
  readonly text?: { readonly wanted: string; readonly read: Sh; readonly show?: (text: string) => string };
  /** Set where nothing can be known of it before an apply has begun: why. */
  readonly pending?: string;
  /** The probe of `drift`, where {@link Resource.probe} trusts what was recorded instead of looking. */
  readonly recheck?: Sh;
  /** Whose it is where it is not k8sup's own, for people: for example `playbook site.yaml:12`. */
  readonly owner?: string;
  /** Of a unit: where its flags and settings come from. */
  readonly explanation?: Explanation;
}

/**
 * Where a value comes from:
 * - `inventory`: the value of this key, written or its default; `hosts[]` stands for the host's own entry
 * - `extras`: the user's own flag or field; the keys that may hold it, the host's first
 * - `k8sup`: chosen by k8sup, and why
 * - `release`: what this release of the program needs, and why
 * - `host`: what the host is
 */
export type Source =
  | { readonly from: 'inventory'; readonly key: string }
  | { readonly from: 'extras'; readonly keys: readonly (readonly string[])[] }
  | { readonly from: 'k8sup' | 'release' | 'host'; readonly why: string };

/** A value with its source. */
export interface Sourced<T = string> {
  readonly value: T;
  readonly source: Source;
}

/** The flags of a unit, and the fields of its configuration files, each with its source. */
export interface Explanation {
  /** By name, without dashes, in the order of the command line. */
  readonly flags: Readonly<Record<string, Sourced>>;
  readonly files: readonly { readonly path: string; readonly fields: Readonly<Record<string, Sourced<unknown>>> }[];
}

/** Resources of different state types in one list; the pair of parse and diff stays together, so the state type never matters outside. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- existential type: S only links a resource's own parse and diff
export type AnyResource = Resource<any>;
