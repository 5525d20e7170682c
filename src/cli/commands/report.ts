import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { listRuns, readJournal, renderPage, renderRuns } from '../../report/index.ts';
import type { RunRecord } from '../../report/index.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { writingNamed } from '../named-file.ts';
import { statePaths } from '../state.ts';

export interface ReportRequest {
  /** Name of a run, or the beginning of one; undefined: the last run. */
  readonly run: string | undefined;
  readonly inventory: string;
  /** Where to write the page; `-` is standard output; undefined: beside the journals. */
  readonly out: string | undefined;
}

/** `k8sup report`: one HTML page of a run; reads the controller's files alone. */
export async function report({ run: name, inventory, out }: ReportRequest, io: Io): Promise<number> {
  const { dir } = statePaths(await loadInventory(inventory, networkPlugins));
  const run = chooseRun(listRuns(dir), name, dir);
  const page = renderPage(readJournal(run.path));
  if (out === '-') {
    io.out.write(page);
    return exitCodes.ok;
  }
  const path = out ?? join(dir, 'reports', `${run.name}.html`);
  await writingNamed(path, async () => {
    if (out === undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, page, { mode: 0o600 });
  });
  say(io, path);
  return exitCodes.ok;
}

/** `k8sup runs`: what was done to a cluster from here. */
export async function runs(request: { readonly inventory: string; readonly json: boolean }, io: Io): Promise<number> {
  const { dir } = statePaths(await loadInventory(request.inventory, networkPlugins));
  const found = listRuns(dir);
  if (request.json) say(io, JSON.stringify(found, undefined, 2));
  else if (found.length === 0) say(io, `there is no journal of a run in ${join(dir, 'logs')}`);
  else say(io, renderRuns(found, io.out.columns ?? 120));
  return exitCodes.ok;
}

function chooseRun(all: readonly RunRecord[], name: string | undefined, dir: string): RunRecord {
  // The newest comes first, so a beginning that fits several names the last one of them.
  const found = name === undefined ? all[0] : (all.find((run) => run.name === name) ?? startingWith(all, name));
  if (found !== undefined) return found;
  throw new K8supError({
    code: 'UNKNOWN_RUN',
    kind: 'usage',
    what: name === undefined ? `there is no journal of a run in ${join(dir, 'logs')}` : `there is no run "${name}"`,
    fix: all.length === 0 ? 'plan keeps none; apply, stage, clean and verify do' : 'see  k8sup runs',
  });
}

function startingWith(all: readonly RunRecord[], name: string): RunRecord | undefined {
  return all.find((run) => run.name.startsWith(name));
}
