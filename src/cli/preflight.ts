import { preflight, preflightError } from '../preflight/index.ts';
import type { Run } from './run.ts';
import type { Session } from './session.ts';

/**
 * Judges all hosts before any is changed: warnings are told, errors end the run.
 *
 * @throws K8supError `PREFLIGHT_FAILED` with every problem of every host.
 */
export function runPreflight(run: Run, session: Session): void {
  const problems = preflight(run.inventory, session.allFacts);
  for (const problem of problems) {
    const { host, severity, what, why, commands } = problem;
    if (severity === 'warning') run.emit({ type: 'warning', host, text: `${what}: ${why}` });
    if (commands !== undefined)
      run.emit({ type: 'note', text: [`on ${host}:`, ...commands.map((command) => `  ${command}`)].join('\n') });
  }
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw preflightError(errors);
}
