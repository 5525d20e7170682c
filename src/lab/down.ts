import { createHash } from 'node:crypto';
import { readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { requireLab } from './can-run.ts';
import { removeCgroups } from './cgroups.ts';
import { withLabLock } from './lab-lock.ts';
import { restoreMachine } from './machine.ts';
import { labDirectory, labFiles, routerDirectory, type LabContext, type LabHost, type Supervised } from './model.ts';
import { removeWithMounts } from './mounts.ts';
import { removeNetwork } from './network.ts';
import { endProcess, hasCode, isAlive } from './processes.ts';
import { checkLabName, readRecord, recordedProcesses, type LabRecord } from './record.ts';

/**
 * Takes a lab away: processes, mounts, control groups, namespace, disks and the files in its folder; works on a half-made one too.
 *
 * @throws {@link K8supError} `LAB_UNKNOWN` with the labs that there are.
 */
export async function labDown(options: { readonly name: string }, context: LabContext): Promise<void> {
  requireLab();
  checkLabName(options.name);
  await withLabLock(options.name, context.signal, async () => {
    await takeDown(await readRecord(options.name), context);
  });
}

/** {@link labDown} for a caller that holds the lab's lock and its record. Each step may be repeated; the record goes last. */
export async function takeDown(record: LabRecord, context: LabContext): Promise<void> {
  const { signal } = context;
  context.progress(`taking down lab ${record.name}`);
  await endAll([...record.hosts, { directory: routerDirectory(record.name) }], signal);
  await removeCgroups(record.cgroups, signal);
  await removeNetwork(record.netns, signal);
  for (const host of record.hosts) await removeHost(host, signal);
  if (record.dir !== undefined) await removeFiles(record.dir, record.inventorySha256);
  await removeWithMounts(labDirectory(record.name), signal);
  await restoreMachine(signal);
}

/**
 * Ends the router and each host's PID 1: nspawn then clears up after itself, and the supervisor ends as `wanted` has gone. Whoever is left after 3 s ends by force; what
 * even that misses ends with the control groups.
 */
async function endAll(all: readonly Supervised[], signal: AbortSignal): Promise<void> {
  for (const { directory } of all) await rm(join(directory, 'wanted'), { force: true });
  const deadline = Date.now() + 3_000;
  for (;;) {
    const running = (await Promise.all(all.map(recordedProcesses))).flat().filter(isAlive);
    if (running.length === 0) return;
    const late = Date.now() > deadline;
    running.filter((id) => late || id.role === 'init' || id.role === 'router').forEach(endProcess);
    if (late) return;
    await pause(50, undefined, { signal });
  }
}

async function removeHost(host: LabHost, signal: AbortSignal): Promise<void> {
  await removeWithMounts(host.directory, signal);
  // nspawn clears this itself, but not when it is killed.
  await removeWithMounts(join('/run/systemd/nspawn/propagate', host.machine), signal);
}

/** Takes the lab's files out of the user's folder; an inventory that was changed is the user's work by now. */
async function removeFiles(dir: string, inventorySha256: string | undefined): Promise<void> {
  const files = labFiles(dir);
  for (const path of [files.privateKey, files.publicKey, files.knownHosts]) await rm(path, { force: true });
  try {
    const text = await readFile(files.inventory);
    if (createHash('sha256').update(text).digest('hex') === inventorySha256) await rm(files.inventory);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  await rmdir(dir).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EBUSY')) throw error;
  });
}
