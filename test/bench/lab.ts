import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { InventoryInput } from '../../src/inventory/schema.ts';
import { labDown } from '../../src/lab/down.ts';
import { labInventoryInput } from '../../src/lab/inventory.ts';
import { labFiles, netnsPath } from '../../src/lab/model.ts';
import type { LabHost } from '../../src/lab/model.ts';
import { plainNetwork } from '../../src/lab/topology.ts';
import { labUp } from '../../src/lab/up.ts';
import { mustRun, timed } from './measure.ts';
import type { ProgramOptions, Timed } from './measure.ts';

/** Ansible and pyinfra's facts need Python on the hosts; rsync is one of the ways to push files. */
const packages = ['python3', 'rsync'];

/** How a tool reaches a host: straight, or by a relay that holds bytes back. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly hostName: string;
  readonly port: number;
}

export interface BenchLab extends AsyncDisposable {
  readonly name: string;
  readonly dir: string;
  readonly hosts: readonly LabHost[];
  readonly privateKey: string;
  readonly knownHosts: string;
  /** Runs a program inside the lab's network namespace, where hosts are reached without a proxy. */
  inside(words: readonly string[]): readonly string[];
  run(words: readonly string[], options?: ProgramOptions): Promise<Timed>;
  /** Writes an inventory of k8sup for these endpoints and gives its path. */
  inventory(name: string, endpoints: readonly Endpoint[]): Promise<string>;
  /** Runs a script as root on a host, and gives its output. */
  ssh(host: LabHost, script: string): Promise<string>;
}

/** Boots a lab whose hosts are all reached as root. */
export async function bootBenchLab(count: number, dir: string, signal: AbortSignal): Promise<BenchLab> {
  const name = 'bench';
  const progress = (text: string): void => void process.stderr.write(`  ${text}\n`);
  const context = { signal, progress };
  await labDown({ name }, context).catch(() => undefined);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const lab = await labUp(
    { name, hosts: count, dir, network: plainNetwork, packages, inventory: { profile: 'newest' } },
    context,
  );
  const files = labFiles(dir);
  const inside = (words: readonly string[]): readonly string[] => ['nsenter', `--net=${netnsPath(name)}`, ...words];
  return {
    name,
    dir,
    hosts: lab.hosts,
    privateKey: files.privateKey,
    knownHosts: files.knownHosts,
    inside,
    run: (words, options) => timed(inside(words), options),
    inventory: (file, endpoints) => writeInventory({ name, dir, count }, file, endpoints),
    ssh: async (host, script) => (await reach(inside([...sshWords(files, host), script]))).output,
    [Symbol.asyncDispose]: async () => {
      await labDown({ name }, { signal: AbortSignal.timeout(300_000), progress });
    },
  };
}

/** Hosts as they are. */
export function straight(hosts: readonly LabHost[]): readonly Endpoint[] {
  return hosts.map(({ name, address }) => ({ name, address, hostName: address, port: 22 }));
}

/** Lets hosts be known under the names and ports of a relay too. */
export async function knowRelay(lab: BenchLab, endpoints: readonly Endpoint[]): Promise<void> {
  const lines = await Promise.all(
    endpoints.map(async (endpoint) =>
      (await hostKeysOf(lab, endpoint)).map((key) => `[${endpoint.hostName}]:${endpoint.port} ${key}\n`),
    ),
  );
  await appendFile(lab.knownHosts, lines.flat().join(''));
}

/** Host keys as known_hosts has them: `TYPE BASE64`. */
export async function hostKeysOf(lab: BenchLab, { address }: Pick<Endpoint, 'address'>): Promise<readonly string[]> {
  const lines = (await readFile(lab.knownHosts, 'utf8')).split('\n').map((line) => line.split(' '));
  return lines.flatMap(([names = '', ...key]) => (names.split(',').includes(address) ? [key.join(' ')] : []));
}

async function writeInventory(
  lab: { readonly name: string; readonly dir: string; readonly count: number },
  file: string,
  endpoints: readonly Endpoint[],
): Promise<string> {
  const input: InventoryInput = labInventoryInput({
    lab: lab.name,
    cluster: lab.name,
    hosts: endpoints.length,
    dir: lab.dir,
    profile: 'newest',
  });
  const { privateKey, knownHosts } = labFiles(lab.dir);
  const hosts = endpoints.map(({ name, address, hostName, port }, index) => ({
    ...input.hosts[index],
    name,
    address,
    ssh: { user: 'root', hostName, port },
  }));
  const path = join(lab.dir, `${file}.yaml`);
  // The usual /16 has room for 256 nodes, and it cannot change from one run to the next.
  const network = { ...input.cluster.network, podCIDR: '10.128.0.0/12' };
  await writeFile(path, stringify({ cluster: { ...input.cluster, network }, ssh: { privateKey, knownHosts }, hosts }));
  return path;
}

/** A host that has just booted may drop a connection; ssh says 255 for that alone. */
async function reach(words: readonly string[]): Promise<Timed> {
  const limitMs = 60_000;
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const result = await timed(words, { limitMs });
    if (result.status === 0) return result;
    if (result.status !== 255) break;
    await pause(attempt * 500);
  }
  return mustRun(words, { limitMs });
}

function sshWords(files: ReturnType<typeof labFiles>, host: LabHost): readonly string[] {
  const options = ['BatchMode=yes', `UserKnownHostsFile=${files.knownHosts}`].flatMap((option) => ['-o', option]);
  return ['ssh', '-i', files.privateKey, ...options, `root@${host.address}`];
}
