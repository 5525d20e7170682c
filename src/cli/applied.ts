import { rename, writeFile } from 'node:fs/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Problem } from '../inventory/problem.ts';
import { disruptiveChanges, parseRecord, recordOf, unsafeChanges } from '../inventory/unsafe-changes.ts';
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

/** What of the difference to the inventory last applied pods will notice. */
export async function disruptions(run: Run): Promise<readonly Problem[]> {
  const before = await readState(run.paths.applied);
  return before === undefined ? [] : disruptiveChanges(parseRecord(before, run.paths.applied), run.inventory);
}

/**
 * Remembers the settings that must not change, before the first of them reaches a host.
 *
 * @param network - whether the pod network is among what is applied; else the one of before stays remembered.
 */
export async function rememberApplied(run: Run, network: boolean): Promise<void> {
  const path = run.paths.applied;
  const record = recordOf(run.inventory);
  const before = network ? undefined : await readState(path);
  const plugin = before === undefined ? record.plugin : parseRecord(before, path).plugin;
  await writeFile(`${path}.new`, `${JSON.stringify({ ...record, plugin }, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
