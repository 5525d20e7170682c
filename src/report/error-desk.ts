import type { ErrorJson, RunEvent } from '../engine/events.ts';
import { logLine, renderErrorJson } from './error.ts';
import { renderFailures } from './failures.ts';
import type { HostFailure } from './failures.ts';
import type { ReporterOptions } from './reporter.ts';
import type { Style } from './style.ts';

/** Collects what failed until there is room to tell it, and tells nothing twice; the log is named once, below the error that ends the run. */
export interface ErrorDesk {
  see(event: RunEvent): void;
  /** Everything not told yet, ending with a newline; empty when there is nothing. */
  take(): string;
}

export function openErrorDesk({
  style,
  log,
}: {
  readonly style: Style;
  readonly log?: ReporterOptions['log'] | undefined;
}): ErrorDesk {
  const known: HostFailure[] = [];
  let failures: HostFailure[] = [];
  let errors: ErrorJson[] = [];
  return {
    see: (event) => {
      if (event.type === 'host-failed') failures.push(event);
      if (event.type === 'error') errors.push(event.error);
    },
    take: () => {
      const path = errors.length === 0 ? undefined : log?.();
      known.push(...failures);
      const told = errors.filter((error) => !isKnown(error, known)).map((error) => withoutKnown(error, known));
      const blocks = [
        ...(failures.length === 0 ? [] : [renderFailures(failures, { style })]),
        ...told.map((error) => renderErrorJson(error, { style })),
        ...(path === undefined ? [] : [logLine(path, style)]),
      ];
      failures = [];
      errors = [];
      return blocks.map((block) => `${block}\n`).join('');
    },
  };
}

/** The error that ends a run in which one host failed is that host's own. */
function isKnown(error: ErrorJson, known: readonly HostFailure[]): boolean {
  return known.some((failure) => failure.error.code === error.code && failure.error.message === error.message);
}

/** The error that ends a run in which several hosts failed repeats their messages as its cause. */
function withoutKnown(error: ErrorJson, known: readonly HostFailure[]): ErrorJson {
  const messages = new Set(known.flatMap((failure) => failure.error.message.split('\n')));
  if (error.why === undefined || !error.why.split('\n').every((line) => messages.has(line))) return error;
  return { ...error, why: '' };
}
