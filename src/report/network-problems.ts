import type { NetworkProblem } from '../engine/network-report.ts';
import { groupBy } from './group-by.ts';
import { oneLine } from './words.ts';

/** Each problem with what says so and what to do, the ones of a kind together; empty where there is none. */
export function renderProblems(problems: readonly NetworkProblem[]): string {
  if (problems.length === 0) return 'No problem was found.';
  const blocks = [...groupBy(problems, ({ code }) => code).values()]
    .flat()
    .map(({ code, what, why, fix }) =>
      [`  ${code}  ${oneLine(what)}`, `    Why: ${oneLine(why)}`, `    Fix: ${oneLine(fix)}`].join('\n'),
    );
  return `Problems\n${blocks.join('\n')}`;
}
