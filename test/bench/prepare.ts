import { strict as assert } from 'node:assert';
import { delay } from './delay.ts';
import type { Delayed } from './delay.ts';
import { straight } from './lab.ts';
import type { BenchLab, Endpoint } from './lab.ts';
import { mustRun, repeat, spreadOf } from './measure.ts';
import type { PeerPrograms } from './peers/environment.ts';
import { ansibleTool, floorTool, k8supTool, pyinfraTool } from './peers/tools.ts';
import type { Tool } from './peers/tools.ts';
import { ratio } from './result.ts';
import type { Goal, Row, Section } from './result.ts';
import { endState, readWork } from './work.ts';
import type { EndState, Work } from './work.ts';

const roundTripMs = 100;
const noChange = 'nothing to change';
const far = `nothing to change, ${roundTripMs} ms away`;
const first = 'first apply';

/** Runs of a tool that changes nothing: the slow ones are measured less often, as their spread is small against the difference. */
const runsOf: Readonly<Record<string, number>> = { k8sup: 5, floor: 5, Ansible: 2, pyinfra: 3 };

export interface PrepareSpec {
  readonly lab: BenchLab;
  readonly programs: PeerPrograms;
  readonly sizes: readonly number[];
  readonly say: (text: string) => void;
}

/** 01.prepare's work, by each tool in turn on the same hosts: first on fresh ones, then with nothing left to do. */
export async function benchPrepare(spec: PrepareSpec): Promise<Section> {
  const rows: Row[] = [];
  for (const size of spec.sizes) rows.push(...(await benchSize(spec, size)));
  return {
    id: 'prepare',
    title: 'The work of 01.prepare',
    about:
      'Wall time of the whole process, started inside the lab’s network, over SSH as root. Each tool makes the same end state, which is compared; Ansible has pipelining, a fork for each host and no facts; pyinfra all hosts in parallel; the floor is one ssh2 connection and one hand-written script a host.',
    rows,
    goals: goalsOf(rows, spec.sizes),
    missing: [],
  };
}

async function benchSize({ lab, programs, say }: PrepareSpec, size: number): Promise<readonly Row[]> {
  const hosts = lab.hosts.slice(0, size);
  const near = straight(hosts);
  await using delayed = await delay(lab, hosts, roundTripMs);
  say(`${size} hosts: k8sup`);
  const k8sup = await benchTool({ lab, near, delayed }, (endpoints, id) => k8supTool({ lab, endpoints, id }));
  const work = await readWork(lab);
  const wanted = await statesOf(lab, work, hosts);
  const inventory = await lab.inventory(idOf(near, 'near'), near);
  await mustRun(lab.inside([process.execPath, 'dist/src/main.js', 'clean', '--yes', inventory]));
  const rows = [...k8sup];
  for (const make of [floorTool, ansibleTool, pyinfraTool]) {
    const tool = (endpoints: readonly Endpoint[], id: string): Promise<Tool> =>
      make({ lab, endpoints, work, programs, id });
    const measured = await benchTool({ lab, near, delayed }, tool);
    say(`${size} hosts: ${measured[0]?.tool ?? ''}`);
    assert.deepEqual(await statesOf(lab, work, hosts), wanted, 'another end state than that of k8sup');
    await Promise.all(hosts.map((host) => lab.ssh(host, resetScript(work))));
    rows.push(...measured);
  }
  return rows;
}

interface Ways {
  readonly lab: BenchLab;
  readonly near: readonly Endpoint[];
  readonly delayed: Delayed;
}

async function benchTool(
  { near, delayed }: Ways,
  make: (endpoints: readonly Endpoint[], id: string) => Promise<Tool>,
): Promise<readonly Row[]> {
  const tool = await make(near, idOf(near, 'near'));
  const distant = await make(delayed.endpoints, idOf(near, 'far'));
  const about = { tool: tool.name, hosts: near.length };
  const firstRun = await tool.run();
  assert(
    !tool.unchanged(firstRun.output),
    `the first run of ${tool.name} changed nothing:\n${firstRun.output.slice(-4000)}`,
  );
  const once = async (which: Tool) => {
    const run = await which.run();
    assert(which.unchanged(run.output), `a later run of ${which.name} changed something:\n${run.output.slice(-3000)}`);
    return run;
  };
  const runs = runsOf[tool.name] ?? 3;
  return [
    { ...about, what: first, ...spreadOf([firstRun.ms]) },
    { ...about, what: noChange, ...(await repeat(runs, () => once(tool))) },
    { ...about, what: far, ...(await repeat(Math.min(runs, 3), () => once(distant))) },
  ];
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

function goalsOf(rows: readonly Row[], sizes: readonly number[]): readonly Goal[] {
  const goal = (hosts: number, other: string, limit: number, better: 'at most' | 'at least'): Goal => {
    const about = { what: noChange, hosts };
    const value = better === 'at most' ? ratio(rows, about, 'k8sup', other) : ratio(rows, about, other, 'k8sup');
    const text =
      better === 'at most'
        ? `${noChange}, ${hosts} hosts: at most ${limit} times the floor`
        : `${noChange}, ${hosts} hosts: at least ${limit} times as fast as ${other}`;
    return { text, measured: value.toFixed(2), met: better === 'at most' ? value <= limit : value >= limit };
  };
  return [
    ...sizes.map((size) => goal(size, 'floor', 1.3, 'at most')),
    ...sizes
      .filter((size) => size !== 20)
      .flatMap((size) => [goal(size, 'Ansible', 100, 'at least'), goal(size, 'pyinfra', 10, 'at least')]),
  ];
}
