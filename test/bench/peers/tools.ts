import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostKeysOf } from '../lab.ts';
import type { BenchLab, Endpoint } from '../lab.ts';
import type { ProgramOptions, Timed } from '../measure.ts';
import type { Work } from '../work.ts';
import type { PeerPrograms } from './environment.ts';
import { floorScript } from './floor-script.ts';

/** One tool, made ready to do the work on some endpoints. */
export interface Tool {
  readonly name: 'k8sup' | 'floor' | 'Ansible' | 'pyinfra';
  /** Runs it once; fails unless it ended well, or was ended after these milliseconds. */
  run(limitMs: number): Promise<Timed>;
  /** Reads off a run's output whether it changed nothing. */
  unchanged(output: string): boolean;
}

export interface ToolSpec {
  readonly lab: BenchLab;
  readonly endpoints: readonly Endpoint[];
  readonly work: Work;
  readonly programs: PeerPrograms;
  /** Names the files of this set of endpoints. */
  readonly id: string;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const k8supProgram = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));

/** k8sup, as a user runs the stage. */
export async function k8supTool({
  lab,
  endpoints,
  id,
  flags = [],
}: Omit<ToolSpec, 'work' | 'programs'> & { readonly flags?: readonly string[] }): Promise<
  Tool & { readonly words: readonly string[] }
> {
  const inventory = await lab.inventory(id, endpoints);
  const words = [process.execPath, k8supProgram, 'stage', 'prepare', inventory, '-o', 'json', ...flags];
  return {
    words,
    name: 'k8sup',
    run: (limitMs) => good(lab, words, { limitMs }),
    unchanged: (output) => /"type":"summary".*"changed":0\b/.test(output),
  };
}

/** The least that the same protocol and language need. */
export async function floorTool({ lab, endpoints, work, id }: Omit<ToolSpec, 'programs'>): Promise<Tool> {
  const job = join(lab.dir, `${id}.floor.json`);
  const hosts = await Promise.all(
    endpoints.map(async (endpoint) => ({
      name: endpoint.name,
      host: endpoint.hostName,
      port: endpoint.port,
      keys: (await hostKeysOf(lab, endpoint)).map((key) => key.split(' ')[1] ?? ''),
    })),
  );
  const script = floorScript(work);
  await writeFile(job, JSON.stringify({ privateKey: lab.privateKey, concurrency: 20, script, hosts }));
  return {
    name: 'floor',
    run: (limitMs) => good(lab, [process.execPath, here('floor.mjs'), job], { limitMs }),
    unchanged: (output) => output.includes(', 0 changed'),
  };
}

/** ansible-playbook with pipelining, a fork for each host and no facts. */
export async function ansibleTool(spec: ToolSpec): Promise<Tool> {
  const { lab, endpoints, programs } = spec;
  const folder = await peerFolder(spec, 'ansible');
  await copyFile(here('prepare.ansible.yaml'), join(folder, 'prepare.yaml'));
  const lines = endpoints.map(
    ({ name, hostName, port }) => `${name} ansible_host=${hostName} ansible_port=${port} ansible_user=root`,
  );
  await writeFile(join(folder, 'hosts.ini'), `${lines.join('\n')}\n`);
  const config = `[defaults]
forks = ${endpoints.length}
host_key_checking = True
private_key_file = ${lab.privateKey}
interpreter_python = /usr/bin/python3
retry_files_enabled = False
[ssh_connection]
pipelining = True
ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${lab.knownHosts}
control_path_dir = ${join(lab.dir, 'cp')}
`;
  await writeFile(join(folder, 'ansible.cfg'), config);
  const env = { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), ANSIBLE_NOCOLOR: '1' };
  return {
    name: 'Ansible',
    run: (limitMs) =>
      good(lab, [programs.ansible, '-i', join(folder, 'hosts.ini'), join(folder, 'prepare.yaml')], { env, limitMs }),
    unchanged: (output) => [...output.matchAll(/changed=(\d+)/g)].every(([, count]) => count === '0'),
  };
}

/** pyinfra with all hosts at once. */
export async function pyinfraTool(spec: ToolSpec): Promise<Tool> {
  const { lab, endpoints, programs } = spec;
  const folder = await peerFolder(spec, 'pyinfra');
  await copyFile(here('prepare.pyinfra.py'), join(folder, 'prepare.py'));
  const hosts = endpoints.map(({ name, hostName, port }) => [
    name,
    {
      ssh_hostname: hostName,
      ssh_port: port,
      ssh_user: 'root',
      ssh_key: lab.privateKey,
      ssh_known_hosts_file: lab.knownHosts,
    },
  ]);
  await writeFile(join(folder, 'hosts.json'), JSON.stringify(hosts));
  const inventory =
    "import json, os\nbench = [tuple(host) for host in json.load(open(os.path.join(os.path.dirname(__file__), 'hosts.json')))]\n";
  await writeFile(join(folder, 'inventory.py'), inventory);
  const words = [programs.pyinfra, '-y', join(folder, 'inventory.py'), join(folder, 'prepare.py')];
  return {
    name: 'pyinfra',
    run: (limitMs) => good(lab, [...words, '--parallel', String(endpoints.length)], { limitMs }),
    unchanged: (output) => /^ *Grand total( +\S+)* *$/m.exec(output)?.[0].split(/ {2,}/)[3] === '-',
  };
}

async function peerFolder({ lab, work, id }: ToolSpec, tool: string): Promise<string> {
  const folder = join(lab.dir, `${id}.${tool}`);
  await mkdir(folder, { recursive: true });
  const files = work.files.map((file, index) => ({ ...file, local: `file-${index}` }));
  for (const { local, text } of files) await writeFile(join(folder, local), text);
  await writeFile(join(folder, 'work.json'), JSON.stringify({ ...work, files }));
  return folder;
}

async function good(lab: BenchLab, words: readonly string[], options: ProgramOptions): Promise<Timed> {
  const result = await lab.run(words, { ...options, cpu: true });
  if (result.status === 0 || result.cut) return result;
  throw new Error(`${words.join(' ')}: exit code ${result.status}\n${result.output.slice(-6000)}`);
}
