import { K8supError } from '../errors/k8sup-error.ts';

/** Something about a host that is in the way, or that its operator should know. */
export interface PreflightProblem {
  readonly host: string;
  /** Stable, upper-case. */
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly severity: 'error' | 'warning';
  /** What to type on the host, a command each. */
  readonly commands?: readonly string[];
}

/** All errors of all hosts as one; a single one keeps its own code. */
export function preflightError(problems: readonly PreflightProblem[]): K8supError {
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) {
    const { code, host, what, why, fix } = first;
    return new K8supError({
      code,
      kind: 'preflight',
      host,
      what: `${host}: ${what}`,
      why: `${why}\nnothing was changed on any host`,
      fix,
    });
  }
  return new K8supError({
    code: 'PREFLIGHT_FAILED',
    kind: 'preflight',
    hosts: [...new Set(problems.map(({ host }) => host))],
    what: `${problems.length} things are in the way; nothing was changed on any host`,
    why: problems
      .map(({ host, code, what, why, fix }) => `${host}: ${what} [${code}]\n  ${why}\n  Fix: ${fix}`)
      .join('\n'),
    fix: 'mend them all, then run the same command again',
  });
}
