import { K8supError } from '../errors/k8sup-error.ts';
import type { Position } from './document.ts';

/** One mistake, or one thing worth a warning, at its place in the file. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Stable, upper-case; never reused for another meaning. */
  readonly code: string;
  /** Printed form, for example `cluster.network.podCIDR` or `hosts[1].name`. */
  readonly path: string;
  readonly position: Position;
  /** What is wrong and why. */
  readonly message: string;
  readonly fix?: string;
}

/** The inventory cannot be used; every mistake in it is listed. */
export class InventoryError extends K8supError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
    super({
      code: 'INVENTORY_INVALID',
      kind: 'inventory',
      what: `${file} has ${count}`,
      why: problems.map(formatProblem).join('\n'),
      fix: 'correct the file; nothing was changed on any host',
    });
    this.name = 'InventoryError';
    this.problems = problems;
  }
}

/** `file:line:column: path: message [CODE]`, with the fix on a line of its own. */
export function formatProblem(problem: Problem): string {
  const { file, line, column } = problem.position;
  const place = `${file}:${line}:${column}`;
  const subject = problem.path === '' ? '' : `${problem.path}: `;
  const fix = problem.fix === undefined ? '' : `\n  ${problem.fix}`;
  return `${place}: ${subject}${problem.message} [${problem.code}]${fix}`;
}
