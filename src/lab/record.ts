import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import { findHierarchies, labCgroups } from './cgroups.ts';
import { labDirectory, labHosts, labsRoot, maxHosts, netnsName, type LabHost, type Supervised } from './model.ts';
import { hasCode, parseProcesses, type ProcessId } from './processes.ts';
import { plainNetwork, type LabNetwork } from './topology.ts';

/** What a lab is made of, written before any of it is made; a `lab down` needs nothing else. */
export interface LabRecord {
  readonly version: 1;
  readonly name: string;
  readonly status: 'making' | 'up';
  /** ISO 8601. */
  readonly createdAt: string;
  /** The user's folder with key and inventory; undefined when the record was lost. */
  readonly dir?: string;
  readonly netns: string;
  /** Subtrees, one in each hierarchy, that hold every process of the lab's hosts. */
  readonly cgroups: readonly string[];
  readonly hosts: readonly LabHost[];
  readonly network: LabNetwork;
  /** sha256 of the inventory as the lab wrote it, to tell one that the user has changed. */
  readonly inventorySha256?: string;
}

/** Lab names go into host names, paths, cgroups and a namespace. */
const labNamePattern = /^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$/;

/** @throws {@link K8supError} `LAB_NAME` */
export function checkLabName(name: string): void {
  if (labNamePattern.test(name)) return;
  throw new K8supError({
    code: 'LAB_NAME',
    kind: 'usage',
    what: `"${name}" cannot be the name of a lab`,
    why: 'It becomes a part of host names: at most 24 small letters, digits and hyphens, with none of the latter at either end.',
    fix: 'Give another one with --name.',
  });
}

/** Names of the labs on this machine, half-made ones too. */
export async function labNames(root: string = labsRoot): Promise<readonly string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && labNamePattern.test(entry.name)).map((entry) => entry.name);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * The record of a lab. Where a crash came before it was written, one is made up from the name alone: all names in a lab follow from it.
 *
 * @throws {@link K8supError} `LAB_UNKNOWN` with the labs that there are; `LAB_RECORD` for a damaged record.
 */
export async function readRecord(name: string, root: string = labsRoot): Promise<LabRecord> {
  checkLabName(name);
  const known = await labNames(root);
  if (!known.includes(name)) throw unknownLab(name, known);
  const file = join(root, name, 'state.json');
  try {
    return parseRecord(await readFile(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return await lostRecord(name);
    throw new K8supError({
      code: 'LAB_RECORD',
      kind: 'lab',
      what: `the record of lab ${name} cannot be read: ${file}`,
      why: messageOf(error),
      fix: `Remove ${file} and run "k8sup lab down --name ${name}": everything of a lab is found by its name too.`,
      cause: error,
    });
  }
}

/** @throws Error when the text is not a record of this version. */
export function parseRecord(text: string): LabRecord {
  const value: unknown = JSON.parse(text);
  const isRecord =
    typeof value === 'object' && value !== null && 'version' in value && value.version === 1 && 'hosts' in value;
  if (!isRecord) throw new Error('it is not a record that this version of k8sup writes');
  // One that was written before labs had networks of several kinds does not name its own.
  return { network: plainNetwork, ...(value as unknown as Omit<LabRecord, 'network'>) };
}

/** A record for a lab that is about to be made. */
export function newRecord(
  name: string,
  shape: { readonly hosts: number; readonly network: LabNetwork },
  mountInfo: string,
  now: Date = new Date(),
): LabRecord {
  return {
    version: 1,
    name,
    status: 'making',
    createdAt: now.toISOString(),
    netns: netnsName(name),
    cgroups: labCgroups(findHierarchies(mountInfo), name),
    hosts: labHosts(name, shape.hosts, shape.network),
    network: shape.network,
  };
}

/** Replaces the record in one step. */
export async function writeRecord(record: LabRecord): Promise<void> {
  const file = join(labDirectory(record.name), 'state.json');
  await mkdir(labDirectory(record.name), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** What was written down in a folder: supervisor, nspawn and PID 1 of every boot of a host, or the router. */
export async function recordedProcesses({ directory }: Supervised): Promise<readonly ProcessId[]> {
  return parseProcesses((await readIfThere(join(directory, 'processes'))) ?? '');
}

/** nspawn's exit status after the host's last boot; undefined while it runs. */
export async function endedWith(host: LabHost): Promise<string | undefined> {
  return (await readIfThere(join(host.directory, 'ended')))?.trim();
}

/** Everything the host printed on its console, over all boots. */
export async function consoleOf(host: LabHost): Promise<string> {
  return (await readIfThere(join(host.directory, 'console.log'))) ?? '';
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Everything of a lab that is to be taken down follows from its name. */
async function lostRecord(name: string): Promise<LabRecord> {
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
  return newRecord(name, { hosts: maxHosts, network: plainNetwork }, mountInfo);
}

function unknownLab(name: string, known: readonly string[]): K8supError {
  return new K8supError({
    code: 'LAB_UNKNOWN',
    kind: 'lab',
    what: `there is no lab "${name}" on this machine`,
    why: known.length === 0 ? 'There is no lab at all.' : `There are: ${known.join(', ')}.`,
    fix: known.length === 0 ? 'Make one with "k8sup lab up --hosts 3".' : 'Name one of them with --name.',
  });
}
