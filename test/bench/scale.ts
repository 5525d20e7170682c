import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { straight } from './lab.ts';
import type { BenchLab, Endpoint } from './lab.ts';
import { mustRun, repeat } from './measure.ts';
import { k8supTool } from './peers/tools.ts';
import { runWithPeak } from './peak.ts';
import type { Finding, Row } from './result.ts';

const firstPort = 30_000;
const limitMs = 180_000;

/** Peak memory in MiB that k8sup may need, by the number of hosts. */
const goals = [
  { hosts: 100, peakMiB: 150 },
  { hosts: 1000, peakMiB: 300 },
] as const;

/** Many hosts: servers in a process of their own that answer as a real host did, so that it is k8sup that is measured. */
export async function benchScale(lab: BenchLab, say: (text: string) => void): Promise<Finding> {
  const rows: Row[] = [];
  await begin(lab);
  for (const { hosts } of goals) {
    say(`${hosts} simulated hosts`);
    rows.push(await benchSize(lab, hosts));
  }
  return {
    id: 'scale',
    title: 'Many hosts',
    about:
      'k8sup stage prepare with nothing to change, against simulated hosts: ssh2 servers in one process of their own, which give the answers of a real host. Both processes share the machine’s cores, so much of the time is the servers’ own.',
    rows,
    goals: goals.map((goal) => {
      const peak = rows.find(({ hosts }) => hosts === goal.hosts)?.peakMiB ?? Infinity;
      const text = `peak memory of k8sup at ${goal.hosts} hosts: at most ${goal.peakMiB} MiB`;
      return { text, measured: `${peak} MiB`, met: peak <= goal.peakMiB };
    }),
    missing: [],
  };
}

/** A cluster is begun only where all its hosts can say that they are of no other, which simulated ones cannot yet: so by the real one alone. */
async function begin(lab: BenchLab): Promise<void> {
  const alone = await k8supTool({ lab, endpoints: straight(lab.hosts), id: 'scale-begun' });
  await alone.run(limitMs);
  // What it was applied to may not shrink or lose its etcd members; these hosts are another inventory's.
  await rm(join(lab.dir, '.k8sup', lab.name, 'applied.json'));
}

async function benchSize(lab: BenchLab, count: number): Promise<Row> {
  const [real] = lab.hosts;
  if (real === undefined) throw new Error('the lab has no host');
  const endpoints = simulated(count, real.address);
  await knowSimulated(lab, endpoints);
  const recording = join(lab.dir, `scale-${count}.recording`);
  const machineId = (await lab.ssh(real, 'cat /etc/machine-id')).trim();
  const job = { recording, machineId, hosts: endpoints, hostKey: await readFile(hostKeyOf(lab), 'utf8') };
  const [first = real.name] = endpoints.map(({ name }) => name);
  const here = { ...job, real: { host: real.address, privateKey: lab.privateKey } };
  const limited = await k8supTool({ lab, endpoints, id: `scale-${count}`, flags: ['--limit', first] });
  await simulate(lab, here, () => limited.run(limitMs));
  // The second run finds nothing to do: that is what the others answer.
  await simulate(lab, here, () => limited.run(limitMs));
  const all = await k8supTool({ lab, endpoints, id: `scale-${count}` });
  let peakMiB = 0;
  const spread = await simulate(lab, job, () =>
    repeat({ runs: 2, budgetMs: 60_000 }, async () => {
      const run = await runWithPeak(lab, all.words, { limitMs });
      if (!all.unchanged(run.output)) throw new Error(`it changed something:\n${run.output.slice(-3000)}`);
      peakMiB = Math.max(peakMiB, run.peakMiB);
      return run;
    }),
  );
  return { what: 'nothing to change', hosts: count, tool: 'k8sup', peakMiB, ...spread };
}

/** The first one has the address of the real host, which looks at itself. */
function simulated(count: number, address: string): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `simulated-${String(index + 1).padStart(4, '0')}`,
    address: index === 0 ? address : `10.88.${100 + Math.floor(index / 250)}.${(index % 250) + 1}`,
    hostName: '127.0.0.1',
    port: firstPort + index,
  }));
}

const hostKeyOf = (lab: BenchLab): string => join(lab.dir, 'simulated-host-key');

/** One key for all of them: ssh2 makes its own signature for each handshake all the same. */
async function knowSimulated(lab: BenchLab, endpoints: readonly Endpoint[]): Promise<void> {
  const file = hostKeyOf(lab);
  for (const path of [file, `${file}.pub`]) await rm(path, { force: true });
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  const key = (await readFile(`${file}.pub`, 'utf8')).trim();
  const known = await readFile(lab.knownHosts, 'utf8');
  const kept = known.split('\n').filter((line) => !line.startsWith('[127.0.0.1]:3'));
  const lines = endpoints.map(({ hostName, port }) => `[${hostName}]:${port} ${key}`);
  await writeFile(lab.knownHosts, `${[...kept.filter((line) => line !== ''), ...lines].join('\n')}\n`);
}

/** Runs something while the servers are there. */
async function simulate<T>(lab: BenchLab, job: object, work: () => Promise<T>): Promise<T> {
  const file = join(lab.dir, 'simulated-hosts.json');
  await writeFile(file, JSON.stringify(job), { mode: 0o600 });
  await lab.run(['ip', 'link', 'set', 'lo', 'up']);
  const script = fileURLToPath(new URL('simulated-hosts.mjs', import.meta.url));
  const [program = '', ...args] = lab.inside([process.execPath, script, file]);
  const servers = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await Promise.race([
      once(servers.stdout, 'data', { signal: AbortSignal.timeout(60_000) }),
      once(servers, 'exit').then(() => Promise.reject(new Error('the simulated hosts did not start'))),
    ]);
    return await work();
  } finally {
    await end(servers);
  }
}

async function end(servers: ChildProcess): Promise<void> {
  if (servers.exitCode !== null) return;
  const ended = once(servers, 'exit');
  servers.kill();
  await ended;
}
