import { isAlive } from './processes.ts';
import { labNames, readRecord, recordedProcesses, type LabRecord } from './record.ts';
import type { LabHost } from './model.ts';
import { describeNetwork } from './topology.ts';

/** One lab as `lab list` shows it. */
export interface LabSummary {
  readonly name: string;
  /** `half-made`: its `lab up` was killed; only `lab down` is of use then. */
  readonly status: 'up' | 'half-made';
  readonly createdAt: string;
  readonly dir?: string;
  /** As {@link describeNetwork} has it. */
  readonly network: string;
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly running: boolean }[];
}

/** The labs on this machine, by name. A lab that another process is making right now counts as half-made. */
export async function labList(): Promise<readonly LabSummary[]> {
  const records = await Promise.all((await labNames()).map((name) => readRecord(name)));
  return Promise.all(records.sort((a, b) => (a.name < b.name ? -1 : 1)).map(summary));
}

async function summary(record: LabRecord): Promise<LabSummary> {
  const hosts = record.hosts.map(async (host) => ({
    name: host.name,
    address: host.address,
    running: await isRunning(host),
  }));
  return {
    name: record.name,
    status: record.status === 'up' ? 'up' : 'half-made',
    createdAt: record.createdAt,
    ...(record.dir === undefined ? {} : { dir: record.dir }),
    network: describeNetwork(record.network),
    hosts: await Promise.all(hosts),
  };
}

async function isRunning(host: LabHost): Promise<boolean> {
  return (await recordedProcesses(host)).some((id) => id.role === 'init' && isAlive(id));
}
