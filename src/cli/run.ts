import { errorJson } from '../engine/error-json.ts';
import type { Emit, RunEvent } from '../engine/events.ts';
import { takeLock } from '../engine/lock.ts';
import { describeHolder } from '../engine/lock-holder.ts';
import type { Counts } from '../engine/run-context.ts';
import { summaryOf } from '../engine/run.ts';
import { exitCodes, K8supError } from '../errors/k8sup-error.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { loadInventory } from '../inventory/load.ts';
import { networkPlugins } from '../network/network.ts';
import { formatProblem } from '../inventory/problem.ts';
import { describeError } from './failure.ts';
import type { Io } from './io.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { RunFlags } from './options.ts';
import type { ClusterPki, StoreKey } from '../pki/index.ts';
import { openOutput } from './output.ts';
import type { Output } from './output.ts';
import { outlineOf } from './outline.ts';
import { makeStateDir, statePaths } from './state.ts';
import { storeKeyOf } from './store-key-of.ts';
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
  readonly numbers: RunNumbers;
  /** Opens the store where it is encrypted. */
  readonly storeKey: StoreKey;
  /** What the store holds, if it needs nothing: read while hosts are reached. */
  readonly earlyPki?: Promise<ClusterPki | undefined> | undefined;
}

/** What the summary is made of, however the run ends. */
export interface RunNumbers {
  readonly counts: Counts;
  /** Names of the hosts that failed, as events told them. */
  readonly failed: Set<string>;
  bytesSent: () => number;
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

/**
 * The frame of every command that reaches hosts: reporter, inventory, lock, log, Ctrl-C, and the summary as the last event. Errors end here, as text for
 * people and as an exit code, also those before the run begins.
 *
 * @param work - gives the exit code.
 */
export async function runCommand(spec: RunSpec, io: Io, work: (run: Run) => Promise<number>): Promise<number> {
  const output = openOutput(io, spec.flags, spec.quiet === true);
  try {
    return await prepared(spec, { io, output }, work);
  } catch (error) {
    output.emit({ type: 'error', error: errorJson(error) });
    return describeError(error);
  } finally {
    await output.end();
  }
}

/** Whatever fails in here, the lock is released. */
async function prepared(
  spec: RunSpec,
  { io, output }: { readonly io: Io; readonly output: Output },
  work: (run: Run) => Promise<number>,
): Promise<number> {
  const started = performance.now();
  const inventory = await loadInventory(spec.inventory, networkPlugins);
  const hosts = limitHosts(inventory, spec.flags.limit);
  const paths = statePaths(inventory);
  if (spec.writes) await makeStateDir(paths);
  const release = spec.writes ? await takeLock(paths.lock, spec.command) : undefined;
  try {
    if (spec.writes) output.openLog(paths.dir, spec.command);
    using interrupt = listenForInterrupt((text) => output.emit({ type: 'warning', text }));
    const { stop, signal } = interrupt;
    const holder = await describeHolder(spec.command);
    const { flags } = spec;
    const storeKey = storeKeyOf(inventory, flags, io);
    const run = { inventory, paths, hosts, flags, stop, signal, holder, storeKey, ...counted(output.emit) };
    const names = hosts.map(({ name }) => name);
    const { name: cluster } = inventory.cluster;
    run.emit({ type: 'run-start', command: spec.command, cluster, hosts: names, outline: outlineOf(inventory) });
    for (const warning of inventory.warnings) run.emit({ type: 'warning', text: formatProblem(warning) });
    const code = await attempt(run, work);
    const ok = code === exitCodes.ok || code === exitCodes.changes;
    const summary = summaryOf({ hosts, ...run.numbers }, { bytesSent: run.numbers.bytesSent(), ok });
    run.emit({ type: 'summary', ...summary, durationMs: Math.round(performance.now() - started) });
    output.closeLog();
    return code;
  } finally {
    await release?.();
  }
}

/** Failed hosts are counted by what is told of them, so that every way to fail counts. */
function counted(emit: Emit): Pick<Run, 'emit' | 'numbers'> {
  const numbers: RunNumbers = { counts: { changed: 0, restarted: 0 }, failed: new Set(), bytesSent: () => 0 };
  const count: Emit = (event) => {
    for (const name of failedHosts(event)) numbers.failed.add(name);
    emit(event);
  };
  return { emit: count, numbers };
}

function failedHosts(event: RunEvent): readonly string[] {
  if (event.type === 'host-failed') return [event.host];
  if (event.type !== 'error') return [];
  const { host, hosts } = event.error;
  return hosts ?? (host === undefined ? [] : [host]);
}

async function attempt(run: Run, work: (run: Run) => Promise<number>): Promise<number> {
  try {
    return await work(run);
  } catch (error) {
    const told = run.signal.aborted ? (run.signal.reason as unknown) : error;
    run.emit({ type: 'error', error: errorJson(told) });
    return describeError(told);
  }
}

/** @throws K8supError `UNKNOWN_HOST` for a name in `--limit` (or `--host`) that the inventory does not have. */
function limitHosts(inventory: Inventory, limit: readonly string[] | undefined): readonly Host[] {
  if (limit === undefined) return inventory.hosts;
  const unknown = unknownHosts(inventory, limit);
  if (unknown !== undefined) throw new K8supError({ code: 'UNKNOWN_HOST', kind: 'usage', ...unknown });
  return inventory.hosts.filter((host) => limit.includes(host.name));
}

/** What to tell of names that no host has; undefined where each has one. */
export function unknownHosts(
  { hosts }: Inventory,
  names: readonly string[],
): { readonly what: string; readonly fix: string } | undefined {
  const known = hosts.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  return { what: `the inventory has no host ${unknown.join(', ')}`, fix: `its hosts are: ${known.join(', ')}` };
}
