import { strict as assert } from 'node:assert';
import { performance } from 'node:perf_hooks';
import pMap from 'p-map';
import { delay } from './delay.ts';
import type { Delayed } from './delay.ts';
import { straight } from './lab.ts';
import type { BenchLab, Endpoint } from './lab.ts';
import { mustRun, repeat, spreadOf } from './measure.ts';
import type { Timed } from './measure.ts';
import type { PeerPrograms } from './peers/environment.ts';
import { ansibleTool, floorTool, k8supTool, pyinfraTool } from './peers/tools.ts';
import type { Tool } from './peers/tools.ts';
import { prepareGoals } from './prepare-goals.ts';
import { endMarked } from './processes.ts';
import type { Finding, Row } from './result.ts';
import { endState, readWork } from './work.ts';
import type { EndState, Work } from './work.ts';

const roundTripMs = 100;
export const noChange = 'nothing to change';
const far = `nothing to change, ${roundTripMs} ms away`;
const first = 'first apply';

/** The slow ones are measured less often: their spread is small against the difference. */
const effort: Readonly<Record<Tool['name'], { near: number; far: number }>> = {
  k8sup: { near: 7, far: 3 },
  floor: { near: 7, far: 3 },
  Ansible: { near: 2, far: 1 },
  pyinfra: { near: 2, far: 1 },
};
/** For all measured runs of one kind of one tool; the first is always made, up to its own limit. */
const budgetMs = 60_000;
const limitMs = 300_000;

export interface PrepareSpec {
  readonly lab: BenchLab;
  readonly programs: PeerPrograms;
  readonly sizes: readonly number[];
  readonly say: (text: string) => void;
  /** When no further tool is begun, by `performance.now()`. */
  readonly deadline: number;
}

/** 01.prepare's work, by each tool in turn on the same hosts: first on fresh ones, then with nothing left to do. */
export async function benchPrepare(spec: PrepareSpec): Promise<Finding> {
  const rows: Row[] = [];
  const missing: string[] = [];
  for (const size of spec.sizes) await benchSize(spec, size, { rows, missing });
  return {
    id: 'prepare',
    title: 'The work of 01.prepare',
    about:
      'Wall time of the whole process, started inside the lab’s network, over SSH as root. Each tool makes the same end state, which is compared; Ansible has pipelining, a fork for each host and no facts; pyinfra all hosts in parallel; the floor is one ssh2 connection and one hand-written script a host, 20 at a time as with k8sup. The hosts share this machine’s cores with the tool that is measured.',
    rows,
    goals: prepareGoals(rows, spec.sizes),
    missing,
  };
}

interface Found {
  readonly rows: Row[];
  readonly missing: string[];
}

async function benchSize(spec: PrepareSpec, size: number, found: Found): Promise<void> {
  const { lab, programs, say } = spec;
  const hosts = lab.hosts.slice(0, size);
  const near = straight(hosts);
  await using delayed = await delay(lab, hosts, roundTripMs);
  const ways = { near, delayed, say };
  await benchTool(ways, (endpoints, id) => k8supTool({ lab, endpoints, id }), found);
  const work = await readWork(lab);
  const wanted = await statesOf(lab, work, hosts);
  const inventory = await lab.inventory(idOf(near, 'near'), near);
  await mustRun(lab.inside([process.execPath, 'dist/src/main.js', 'clean', '--yes', inventory]));
  for (const [name, make] of Object.entries({ floor: floorTool, pyinfra: pyinfraTool, Ansible: ansibleTool })) {
    if (performance.now() > spec.deadline) {
      found.missing.push(`${name} at ${size} hosts: the time for this part was over.`);
      continue;
    }
    const tool = (endpoints: readonly Endpoint[], id: string): Promise<Tool> =>
      make({ lab, endpoints, work, programs, id });
    if (await benchTool(ways, tool, found))
      assert.deepEqual(await statesOf(lab, work, hosts), wanted, `${name} made another end state than k8sup`);
    await endMarked();
    await pMap(hosts, (host) => lab.ssh(host, resetScript(work)), { concurrency: 10 });
  }
}

interface Ways {
  readonly near: readonly Endpoint[];
  readonly delayed: Delayed;
  readonly say: (text: string) => void;
}

/** False where the tool did not come to the end of its first run. */
async function benchTool(
  { near, delayed, say }: Ways,
  make: (endpoints: readonly Endpoint[], id: string) => Promise<Tool>,
  { rows, missing }: Found,
): Promise<boolean> {
  const tool = await make(near, idOf(near, 'near'));
  const distant = await make(delayed.endpoints, idOf(near, 'far'));
  const add = (what: string, spread: ReturnType<typeof spreadOf>): void => {
    rows.push({ what, tool: tool.name, hosts: near.length, ...spread });
    const seconds = (spread.medianMs / 1000).toFixed(2);
    say(`${near.length} hosts, ${tool.name}, ${what}: ${seconds} s${spread.cut === true ? ' (ended)' : ''}`);
  };
  const firstRun = await tool.run(limitMs);
  add(first, spreadOf([firstRun]));
  if (firstRun.cut) {
    missing.push(`${tool.name} at ${near.length} hosts with nothing to change: its first run had to be ended.`);
    return false;
  }
  assert(!tool.unchanged(firstRun.output), `a first ${tool.name} changed nothing:\n${firstRun.output.slice(-4000)}`);
  const once = async (which: Tool): Promise<Timed> => {
    const run = await which.run(limitMs);
    assert(
      run.cut || which.unchanged(run.output),
      `a later ${which.name} changed something:\n${run.output.slice(-3000)}`,
    );
    return run;
  };
  const { near: runs, far: distantRuns } = effort[tool.name];
  const warm = runs > 2;
  add(noChange, await repeat({ runs, budgetMs, warm }, () => once(tool)));
  add(far, await repeat({ runs: distantRuns, budgetMs, warm }, () => once(distant)));
  return true;
}

const idOf = (endpoints: readonly Endpoint[], way: string): string => `bench-${endpoints.length}-${way}`;

async function statesOf(lab: BenchLab, work: Work, hosts: BenchLab['hosts']): Promise<readonly EndState[]> {
  const [one, other] = [hosts.at(0), hosts.at(-1)];
  return Promise.all([one, other].flatMap((host) => (host === undefined ? [] : [endState(lab, work, host)])));
}

/** Back to a fresh host, for the next tool: the lab's hosts have none of this when they boot. */
function resetScript({ files, sysctlFiles }: Work): string {
  const paths = [...files, ...sysctlFiles].map(({ path }) => path).join(' ');
  return `rm -f ${paths}
sed -i '/^10\\.88\\./d; /BEGIN ANSIBLE/d; /END ANSIBLE/d; /BEGIN PYINFRA/d; /END PYINFRA/d' /etc/hosts
echo 0 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter`;
}
