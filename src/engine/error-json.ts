import { likelyCauseOf } from '../causes/of-error.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { ErrorJson } from './events.ts';

/** An error as events and logs carry it. */
export function errorJson(error: unknown): ErrorJson {
  if (!(error instanceof K8supError)) {
    const stack = error instanceof Error ? error.stack : undefined;
    return { code: 'BUG', message: messageOf(error), ...(stack === undefined ? {} : { stack }) };
  }
  const cause = likelyCauseOf(error)?.code;
  return {
    code: error.code,
    message: error.message,
    ...(error.why === undefined ? {} : { why: error.why }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(cause === undefined ? {} : { cause }),
    ...(error.host === undefined ? {} : { host: error.host }),
    ...(error.hosts === undefined ? {} : { hosts: error.hosts }),
    ...(error.stage === undefined ? {} : { stage: error.stage }),
    ...(error.step === undefined ? {} : { step: error.step }),
  };
}

/** An error with the place where it happened, where it does not name one yet; what cuts the way to a host knows no step. */
export function placed(error: unknown, stage: string, step: string): unknown {
  if (!(error instanceof K8supError) || error.step !== undefined) return error;
  return error.with({ stage: error.stage ?? stage, step });
}

/** The error of a stage in which hosts failed: it carries them all. */
export function hostsFailedError(stage: string, failed: ReadonlyMap<string, unknown>): unknown {
  const errors = [...failed.values()];
  const [only] = errors;
  if (errors.length === 1) return only;
  return new K8supError({
    code: 'HOSTS_FAILED',
    kind: 'hostsFailed',
    stage,
    hosts: [...failed.keys()],
    what: `${failed.size} hosts failed in stage ${stage}: ${named([...failed.keys()])}`,
    why: errors.map((error) => messageOf(error)).join('\n'),
    fix: 'mend what each host names above, then run the same command again: what is done already is kept',
    cause: new AggregateError(errors),
  });
}

/** Enough names to begin with; all of them are told one by one before. */
function named(hosts: readonly string[]): string {
  const shown = hosts.slice(0, 10).join(', ');
  return hosts.length > 10 ? `${shown} and ${hosts.length - 10} more` : shown;
}
