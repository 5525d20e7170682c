import { randomBytes, createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import { requireLab } from './can-run.ts';
import { takeDown } from './down.ts';
import { makeDisk } from './host-disk.ts';
import { labInventory, type LabInventoryOptions } from './inventory.ts';
import { makeRoom, recordMachine } from './machine.ts';
import { labFiles, maxHosts, type LabContext, type LabFiles, type LabHost } from './model.ts';
import { makeNetwork } from './network.ts';
import { ensureLabPackages, labPackages } from './packages.ts';
import { waitForHosts } from './ready.ts';
import { checkLabName, labNames, newRecord, writeRecord, type LabRecord } from './record.ts';
import { ensureRootfs } from './rootfs.ts';
import { makeLabKey, writeKnownHosts } from './ssh.ts';
import { startRouter, routerPackage } from './router.ts';
import { startSupervisor } from './supervisor.ts';
import { checkNetwork, type LabNetwork } from './topology.ts';
import { withLabLock } from './lab-lock.ts';

export interface LabUpOptions {
  readonly name: string;
  readonly hosts: number;
  readonly network: LabNetwork;
  /** Folder for key, known_hosts and inventory; made if it is not there. */
  readonly dir: string;
  /** Debian packages that the hosts have besides the usual ones; another list is another file tree, made once. */
  readonly packages?: readonly string[];
  /** What the inventory says beyond hosts and their addresses. */
  readonly inventory: Omit<LabInventoryOptions, 'lab' | 'hosts' | 'dir' | 'network'>;
}

/** A lab that is up. */
export interface Lab {
  readonly name: string;
  /** Absolute. */
  readonly dir: string;
  readonly hosts: readonly LabHost[];
  readonly files: LabFiles;
}

/**
 * Boots a lab and writes key, known_hosts and inventory; the lab lives on after this process. What was made is taken away again if it fails.
 *
 * @throws {@link K8supError} `LAB_EXISTS`, `LAB_FILE_EXISTS`, `LAB_BOOT`, `LAB_NETWORK`, `LAB_UNSUPPORTED` and those of the steps.
 */
export async function labUp(options: LabUpOptions, context: LabContext): Promise<Lab> {
  requireLab();
  checkOptions(options);
  await ensureLabPackages(
    options.network.routerAdvertisements ? [...labPackages, routerPackage] : labPackages,
    context,
  );
  const rootfs = await ensureRootfs(context, options.packages);
  return withLabLock(options.name, context.signal, async () => {
    await checkFree(options);
    const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
    const record = { ...newRecord(options.name, options, mountInfo), dir: resolve(options.dir) };
    try {
      return await make(record, { ...options, rootfs }, context);
    } catch (error) {
      context.progress('taking away what was made');
      // The user's signal may be what ended it; the clean-up has limits of its own.
      await takeDown(record, { signal: new AbortController().signal, progress: context.progress });
      throw error;
    }
  });
}

async function make(
  record: LabRecord & { readonly dir: string },
  options: LabUpOptions & { readonly rootfs: string },
  context: LabContext,
): Promise<Lab> {
  const { dir, hosts, name, network } = record;
  const { signal } = context;
  const files = labFiles(dir);
  await writeRecord(record);
  await recordMachine(signal);
  await makeRoom(hosts.length, signal);
  await Promise.all([makeLabKey(dir, signal), makeNetwork(name, network, signal)]);
  await startRouter(record);
  const publicKey = await readFile(files.publicKey, 'utf8');
  context.progress(`booting ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`);
  for (const host of hosts) {
    const machineId = randomBytes(16).toString('hex');
    await makeDisk(host, { record, rootfs: options.rootfs, publicKey, machineId }, context);
    await startSupervisor(host);
  }
  await writeKnownHosts(dir, hosts);
  await waitForHosts({ name, dir, network }, hosts, signal);
  const inventory = labInventory({ ...options.inventory, lab: name, hosts: hosts.length, network, dir });
  const inventorySha256 = createHash('sha256').update(inventory).digest('hex');
  await writeRecord({ ...record, inventorySha256 });
  await writeFile(files.inventory, inventory);
  await writeRecord({ ...record, inventorySha256, status: 'up' });
  return { name, dir, hosts, files };
}

function checkOptions(options: LabUpOptions): void {
  checkLabName(options.name);
  checkNetwork(options.network);
  if (Number.isInteger(options.hosts) && options.hosts >= 1 && options.hosts <= maxHosts) return;
  throw new K8supError({
    code: 'LAB_HOSTS',
    kind: 'usage',
    what: `a lab cannot have ${options.hosts} hosts`,
    fix: `Give a whole number from 1 to ${maxHosts} with --hosts.`,
  });
}

async function checkFree(options: LabUpOptions): Promise<void> {
  if ((await labNames()).includes(options.name)) {
    throw new K8supError({
      code: 'LAB_EXISTS',
      kind: 'lab',
      what: `lab ${options.name} is there already`,
      why: 'It is up, or was left half made by a run that was killed.',
      fix: `Take it down with "k8sup lab down --name ${options.name}", or give another --name.`,
    });
  }
  const taken = Object.values(labFiles(options.dir)).filter((path: string) => existsSync(path));
  if (taken.length === 0) return;
  throw new K8supError({
    code: 'LAB_FILE_EXISTS',
    kind: 'lab',
    what: `the lab would overwrite ${taken.join(', ')}`,
    why: 'Another lab lives in this folder, or the files are your own.',
    fix: 'Give another folder with --dir, or move these files away.',
  });
}
