import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import type { RunEvent, Summary } from '../../src/engine/events.ts';
import { labHosts, netnsPath } from '../../src/lab/model.ts';
import { parseEventLines } from './event-schema.ts';
import { plainNetwork, type LabNetwork } from '../../src/lab/topology.ts';

const root = new URL('../..', import.meta.url).pathname;
const program = join(root, 'dist/src/main.js');

/** Why end-to-end tests cannot run here; undefined where they can. */
export const noLab = process.env['K8SUP_NO_LAB'];

/** What one run of k8sup gave. */
export interface K8supRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly RunEvent[];
  readonly summary: Summary | undefined;
}

/** A booted lab, and k8sup as a user runs it there. */
export interface LabHandle {
  readonly name: string;
  readonly dir: string;
  readonly inventory: string;
  /** Runs k8sup; `-o json` and the inventory are the caller's. */
  k8sup(...args: readonly string[]): Promise<K8supRun>;
  /** Runs a script on a host as root, and gives its standard output. */
  ssh(host: string, script: string): Promise<string>;
  host(name: string): LabTestHost;
  /** Runs a script in the lab's network namespace, which is the hosts' router, and gives its standard output. */
  onRouter(script: string): Promise<string>;
  /** Runs kubectl by k8sup. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** The same, with a text on its standard input. */
  kubectlWithInput(input: string, ...args: readonly string[]): Promise<string>;
  /** Edits the inventory as plain data. */
  edit(change: (inventory: EditableInventory) => void): void;
  down(): Promise<void>;
}

/** A host of a lab. */
export interface LabTestHost {
  readonly name: string;
  readonly address: string;
  readonly address6?: string;
  readonly secondAddress?: string;
  /** Runs a script as root, and gives its standard output. */
  run(script: string): Promise<string>;
}

/** The written inventory, loosely typed: tests also write what the schema refuses. */
export interface EditableInventory {
  cluster: Record<string, Record<string, unknown>>;
  ssh: Record<string, unknown>;
  hosts: { name: string; address: string; roles: string[]; [key: string]: unknown }[];
}

/** Boots a lab of its own, in a scratch folder. */
export async function bootLab(
  name: string,
  hosts: number,
  profile: 'newest' | 'classic',
  network: Partial<LabNetwork> = {},
): Promise<LabHandle> {
  const dir = await mkdtemp(join(tmpdir(), `k8sup-${name}-`));
  // A run that was killed may have left its lab.
  await run(['lab', 'down', '--name', name]);
  const flags = ['--name', name, '--hosts', String(hosts), '--dir', dir, '--profile', profile, ...flagsOf(network)];
  const up = await run(['lab', 'up', ...flags]);
  if (up.exitCode !== 0) throw new Error(`the lab did not boot:\n${up.stdout}${up.stderr}`);
  const inventory = join(dir, 'inventory.yaml');
  return {
    name,
    dir,
    inventory,
    k8sup: (...args) => run(args),
    ssh: (host, script) => ssh(name, host, script),
    host: (host) => hostOf({ name, hosts, network }, host),
    onRouter: (script) => onRouter(name, script),
    kubectl: (...args) => kubectl(inventory, args),
    kubectlWithInput: (input, ...args) => kubectl(inventory, args, input),
    edit: (change) => {
      const data = parse(readFileSync(inventory, 'utf8')) as EditableInventory;
      change(data);
      writeFileSync(inventory, stringify(data));
    },
    down: async () => {
      const result = await run(['lab', 'down', '--name', name]);
      rmSync(dir, { recursive: true, force: true });
      if (result.exitCode !== 0) throw new Error(`the lab did not go down:\n${result.stdout}${result.stderr}`);
    },
  };
}

/** The summary of a run that must have been good; the run's whole output is in the error otherwise. */
export function good(result: K8supRun): Summary {
  if (result.exitCode !== 0 || result.summary === undefined)
    throw new Error(`exit code ${String(result.exitCode)}\n${tail(result)}`);
  return result.summary;
}

/** `host resource` of each change that a run told, without the cluster's own when a host is asked for. */
export function changesOf(result: K8supRun): readonly string[] {
  return result.events.flatMap((event) => (event.type === 'change' ? [`${event.host} ${event.resource}`] : []));
}

async function kubectl(inventory: string, args: readonly string[], input?: string): Promise<string> {
  const result = await run(['kubectl', '-i', inventory, '--', ...args], input);
  if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** Runs the built program as a user does, without a terminal. */
export function k8sup(...args: readonly string[]): Promise<K8supRun> {
  return run(args);
}

async function run(args: readonly string[], input?: string): Promise<K8supRun> {
  const stdin = input === undefined ? ({ stdin: 'ignore' } as const) : { input };
  const result = await execa(process.execPath, [program, ...args], { reject: false, ...stdin, env: { CI: '1' } });
  const events =
    args[0] !== 'kubectl' && args.includes('json')
      ? result.stdout
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .flatMap((line) => parseEventLines(line) as readonly RunEvent[])
      : [];
  const last = events.at(-1);
  return {
    exitCode: result.exitCode ?? 255,
    stdout: result.stdout,
    stderr: result.stderr,
    events,
    summary: last?.type === 'summary' ? last : undefined,
  };
}

async function ssh(lab: string, host: string, script: string): Promise<string> {
  const result = await execa(process.execPath, [program, 'lab', 'exec', host, '--name', lab, '--', 'sh', '-s'], {
    input: script,
    reject: false,
  });
  if (result.exitCode !== 0)
    throw new Error(`${host}: exit code ${String(result.exitCode)}: ${result.stdout}\n${result.stderr}\nof: ${script}`);
  return result.stdout;
}

function hostOf(lab: { name: string; hosts: number; network: Partial<LabNetwork> }, name: string): LabTestHost {
  const host = labHosts(lab.name, lab.hosts, { ...plainNetwork, ...lab.network }).find((one) => one.name === name);
  if (host === undefined) throw new Error(`the lab has no host ${name}`);
  return { ...host, run: (script) => ssh(lab.name, name, script) };
}

async function onRouter(lab: string, script: string): Promise<string> {
  const result = await execa('nsenter', [`--net=${netnsPath(lab)}`, 'sh', '-s'], { input: script, reject: false });
  if (result.exitCode !== 0) throw new Error(`on the router: ${result.stdout}\n${result.stderr}\nof: ${script}`);
  return result.stdout;
}

/** `{ ipv6: true, mtu: 1400 }` as `--ipv6 --mtu 1400`. */
function flagsOf(network: Partial<LabNetwork>): readonly string[] {
  return Object.entries(network).flatMap(([key, value]: [string, number | boolean]) => {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return typeof value === 'boolean' ? (value ? [flag] : []) : [flag, String(value)];
  });
}

function tail(result: K8supRun): string {
  return [...result.stdout.split('\n').slice(-40), result.stderr].join('\n');
}
