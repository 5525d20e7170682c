import { errorJson } from '../engine/error-json.ts';
import type { Emit, Summary } from '../engine/events.ts';
import { takeLock } from '../engine/lock.ts';
import { describeHolder } from '../engine/lock-holder.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { loadInventory } from '../inventory/load.ts';
import { combine, openLog } from '../report/index.ts';
import { describeError, openReporterFor } from './failure.ts';
import type { Io } from './io.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { RunFlags } from './options.ts';
import { makeStateDir, statePaths } from './state.ts';
import type { StatePaths } from './state.ts';

/** What a command that reaches hosts works with. */
export interface Run {
  readonly inventory: Inventory;
  readonly paths: StatePaths;
  /** The hosts that may be changed. */
  readonly hosts: readonly Host[];
  readonly flags: RunFlags;
  readonly emit: Emit;
  readonly stop: AbortSignal;
  readonly signal: AbortSignal;
  readonly holder: string;
}

export interface RunSpec {
  readonly command: string;
  readonly inventory: string;
  readonly flags: RunFlags;
  /** True for commands that change anything: they take the lock and write a log. */
  readonly writes: boolean;
  /** Shows errors alone: the command prints its own result. */
  readonly quiet?: boolean;
}

/** What the work gave; without numbers nothing ran. */
export interface RunResult {
  readonly code: number;
  readonly summary: Omit<Summary, 'durationMs'>;
}

/**
 * The frame of every command that reaches hosts: reporter, inventory, lock, log, Ctrl-C, and the summary as the last event. Errors end here, as text for
 * people and as an exit code.
 */
export async function runCommand(spec: RunSpec, io: Io, work: (run: Run) => Promise<RunResult>): Promise<number> {
  const started = performance.now();
  const inventory = await loadInventory(spec.inventory);
  const paths = statePaths(inventory);
  const hosts = limitHosts(inventory, spec.flags.limit);
  if (spec.writes) await makeStateDir(paths);
  const release = spec.writes ? await takeLock(paths.lock, spec.command) : undefined;
  const log = spec.writes ? openLog(paths.dir, spec.command, () => new Date()) : undefined;
  const reporter = openReporterFor(io, spec.flags, log?.path);
  const shown: Emit = spec.quiet === true ? errorsOnly(reporter.emit) : reporter.emit;
  const emit = combine(log === undefined ? [shown] : [log.emit, shown]);
  using interrupt = listenForInterrupt((text) => emit({ type: 'warning', text }));
  const run: Run = {
    inventory,
    paths,
    hosts,
    flags: spec.flags,
    emit,
    stop: interrupt.stop,
    signal: interrupt.signal,
    holder: await describeHolder(spec.command),
  };
  try {
    emit({
      type: 'run-start',
      command: spec.command,
      cluster: inventory.cluster.name,
      hosts: run.hosts.map((host) => host.name),
    });
    const result = await attempt(run, work);
    emit({ type: 'summary', ...result.summary, durationMs: Math.round(performance.now() - started) });
    return result.code;
  } finally {
    await release?.();
    await reporter.end();
    log?.close();
  }
}

function errorsOnly(emit: Emit): Emit {
  return (event) => {
    if (event.type === 'error' || event.type === 'warning') emit(event);
  };
}

async function attempt(run: Run, work: (run: Run) => Promise<RunResult>): Promise<RunResult> {
  try {
    return await work(run);
  } catch (error) {
    const told = run.signal.aborted ? (run.signal.reason as unknown) : error;
    run.emit({ type: 'error', error: errorJson(told) });
    const summary = { hosts: run.hosts.length, changed: 0, restarted: 0, failed: 1, bytesSent: 0, ok: false };
    return { code: describeError(told), summary };
  }
}

/** @throws K8supError `UNKNOWN_HOST` for a name in `--limit` that the inventory does not have. */
function limitHosts(inventory: Inventory, limit: readonly string[] | undefined): readonly Host[] {
  if (limit === undefined) return inventory.hosts;
  const unknown = limit.filter((name) => !inventory.hosts.some((host) => host.name === name));
  if (unknown.length === 0) return inventory.hosts.filter((host) => limit.includes(host.name));
  throw new K8supError({
    code: 'UNKNOWN_HOST',
    kind: 'usage',
    what: `--limit names ${unknown.join(', ')}, which the inventory does not have`,
    fix: `its hosts are: ${inventory.hosts.map((host) => host.name).join(', ')}`,
  });
}
