import { rename, writeFile } from 'node:fs/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import { parseRecord, recordOf, unsafeChanges } from '../inventory/unsafe-changes.ts';
import type { Run } from './run.ts';
import { readState } from './state.ts';

/**
 * Compares the inventory with the one last applied, and refuses edits for which there is no safe way on a living cluster yet.
 *
 * @throws K8supError of kind `unsafeChange`, listing all of them.
 */
export async function refuseUnsafeChanges(run: Run): Promise<void> {
  const before = await readState(run.paths.applied);
  if (before === undefined) return;
  const problems = unsafeChanges(parseRecord(before, run.paths.applied), run.inventory);
  const [first] = problems;
  if (first === undefined) return;
  throw new K8supError({
    code: problems.length === 1 ? first.code : 'UNSAFE_CHANGES',
    kind: 'unsafeChange',
    what: `the inventory asks for ${problems.length === 1 ? 'a change' : `${problems.length} changes`} that k8sup cannot make on a living cluster yet`,
    why: problems.map((problem) => `${problem.code}: ${problem.message}`).join('\n'),
    fix: [...new Set(problems.flatMap((problem) => problem.fix ?? []))].join('\n'),
  });
}

/** Remembers the settings that must not change, before the first of them reaches a host. */
export async function rememberApplied(run: Run): Promise<void> {
  const path = run.paths.applied;
  await writeFile(`${path}.new`, `${JSON.stringify(recordOf(run.inventory), undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
