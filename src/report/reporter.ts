import type { Emit, RunEvent } from '../engine/events.ts';
import type { PastRun } from './journal/history.ts';
import { openJson } from './json.ts';
import { openPlain } from './plain.ts';
import { openQuiet } from './quiet.ts';
import { supportsUnicode } from './style.ts';
import { openTty } from './tty.ts';

export type OutputFormat = 'tty' | 'plain' | 'json' | 'quiet';

/** Shows a run to whoever looks. */
export interface Reporter {
  readonly emit: Emit;
  /** Writes what is still to be written and gives the terminal back; json output gets its summary line here. */
  end(): Promise<void>;
}

export interface ReporterOptions {
  readonly format: OutputFormat;
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** Shows the diffs that change events carry. */
  readonly diff: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  /** Whether to colour what goes to `err`; default {@link ReporterOptions.color}. */
  readonly errColor?: boolean;
  readonly columns: number;
  /** Path of the run's log, named below errors; asked when there is one to tell. */
  readonly log?: () => string | undefined;
  /** Earlier runs of a command, which the time that is left is learned from; asked when the stages are known. */
  readonly history?: (command: string) => readonly PastRun[];
  /** Default: what the locale of this process says. */
  readonly unicode?: boolean;
  /** Milliseconds of a clock that only goes forward; default `performance.now`. */
  readonly now?: () => number;
  /** Time of day for json lines. */
  readonly date?: () => Date;
}

/** {@link ReporterOptions} with every default filled in. */
export interface ReporterSettings extends ReporterOptions {
  readonly unicode: boolean;
  readonly errColor: boolean;
  readonly history: (command: string) => readonly PastRun[];
  readonly now: () => number;
  readonly date: () => Date;
}

/** Opens the output of a run. What looks like a secret is taken out of every text on its way. */
export function openReporter(options: ReporterOptions): Reporter {
  const settings: ReporterSettings = {
    ...options,
    errColor: options.errColor ?? options.color,
    history: options.history ?? (() => []),
    unicode: options.unicode ?? supportsUnicode(process.env),
    now: options.now ?? (() => performance.now()),
    date: options.date ?? (() => new Date()),
  };
  const reporter = open[options.format](settings);
  return settings.diff ? reporter : { ...reporter, emit: (event) => reporter.emit(withoutDiff(event)) };
}

/** Journals have differences that nobody asked to see. */
function withoutDiff(event: RunEvent): RunEvent {
  if (event.type !== 'change' || event.diff === undefined) return event;
  const change: { diff?: string } & RunEvent = { ...event };
  delete change.diff;
  return change;
}

/** `tty` on a terminal that can move its cursor, unless a CI system watches; else `plain`. */
export function defaultFormat(
  out: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): OutputFormat {
  const ci = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
  return out.isTTY === true && !ci && env['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

const open: Readonly<Record<OutputFormat, (settings: ReporterSettings) => Reporter>> = {
  tty: openTty,
  plain: openPlain,
  json: openJson,
  quiet: openQuiet,
};
