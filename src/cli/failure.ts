import { K8supError, exitCodes } from '../errors/k8sup-error.ts';
import {
  defaultFormat,
  openReporter,
  openStyle,
  renderError,
  supportsColor,
  supportsUnicode,
} from '../report/index.ts';
import type { Reporter, ReporterOptions } from '../report/index.ts';
import type { Io } from './io.ts';
import type { RunFlags } from './options.ts';

/** Prints what ended a command and gives the exit code. */
export function reportFailure(error: unknown, io: Io): number {
  const style = openStyle({
    color: supportsColor(io.err, io.env),
    unicode: supportsUnicode(io.env),
    columns: io.out.columns ?? 100,
  });
  io.err.write(`${renderError(error, { style })}\n`);
  return describeError(error);
}

/** The exit code of anything that was thrown; what is no K8supError is a defect of k8sup. */
export function describeError(error: unknown): number {
  return error instanceof K8supError ? error.exitCode : exitCodes.bug;
}

/** Opens the output that the flags and the terminal ask for. */
export function openReporterFor(io: Io, flags: RunFlags, journal: Pick<ReporterOptions, 'log' | 'history'>): Reporter {
  return openReporter({
    format: flags.quiet === true ? 'quiet' : (flags.output ?? defaultFormat(io.out, io.env)),
    out: io.out,
    err: io.err,
    diff: flags.diff === true,
    verbose: flags.verbose === true,
    color: supportsColor(io.out, io.env),
    errColor: supportsColor(io.err, io.env),
    unicode: supportsUnicode(io.env),
    columns: io.out.columns ?? 100,
    ...journal,
  });
}
