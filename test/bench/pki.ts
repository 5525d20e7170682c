import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { checkInventory } from '../../src/inventory/load.ts';
import type { Inventory } from '../../src/inventory/model.ts';
import { networkPlugins } from '../../src/network/network.ts';
import { gencert, openClusterPki } from '../../src/pki/index.ts';
import { realCfssl } from '../support/cfssl.ts';
import { mustRun, repeat, spreadOf, timed, type Timed } from './measure.ts';
import { goalBetween, rowOf, type Finding, type Goal, type Row } from './result.ts';

const keys = [
  { what: 'leaf, EC P-256', key: { algo: 'ecdsa', size: 256 }, runs: 101, limit: 2 },
  { what: 'leaf, RSA 2048', key: { algo: 'rsa', size: 2048 }, runs: 41, limit: 1.2 },
] as const;
const tools = {
  inside: 'k8sup, inside an apply',
  program: 'k8sup pki gencert',
  cfssl: 'cfssl gencert',
  library: "cfssl's library, in Go",
} as const;
const blockLimitMs = 50;

/** Certificates: how long one takes beside cfssl, and how long 500 hosts' keep everything else waiting. */
export async function benchPki(): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), 'k8sup-bench-pki-'));
  try {
    const real = await realCfssl();
    const missing = 'missing' in real ? [real.missing] : [];
    const rows: Row[] = [];
    for (const one of keys) {
      rows.push(...(await leafRows(folder, one, 'missing' in real ? undefined : real.cfssl)));
    }
    const block = await longestBlock(folder);
    rows.push(block.row);
    return {
      id: 'pki',
      title: 'Certificates',
      about: `A key, a request and a certificate. An apply makes them in its own process; cfssl is run once for each. Whole programs are there for comparison: Node's own start is most of k8sup's. RSA keys are OpenSSL's, whose search for primes takes longer than Go's.`,
      rows,
      goals: [...('missing' in real ? [] : keys.map((one) => leafGoal(rows, one))), block.goal],
      missing,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Kind = (typeof keys)[number];

async function leafRows(folder: string, { what, key, runs }: Kind, cfssl: string | undefined): Promise<Row[]> {
  const csr = { name: 'csr.json', text: JSON.stringify({ CN: 'web', hosts: ['web.example', '10.0.0.1'], key }) };
  const ca = await gencert({ initCa: true, csr: { name: 'ca.json', text: '{ "CN": "ca" }' } });
  const at = (name: string): string => join(folder, name);
  await Promise.all([
    writeFile(at('csr.json'), csr.text),
    writeFile(at('ca.pem'), ca.cert),
    writeFile(at('ca-key.pem'), ca.key, { mode: 0o600 }),
  ]);
  const words = ['gencert', '-ca', at('ca.pem'), '-ca-key', at('ca-key.pem'), at('csr.json')];
  const inside = await repeat({ runs }, async () => {
    const started = performance.now();
    await gencert({ ca: ca.cert, caKey: ca.key, csr });
    return timeOf(performance.now() - started);
  });
  const program = await repeat({ runs: 11 }, () => timed([process.execPath, 'dist/src/main.js', 'pki', ...words]));
  const rows: Row[] = [
    { what, hosts: 0, tool: tools.inside, ...inside },
    { what, hosts: 0, tool: tools.program, ...program },
  ];
  if (cfssl === undefined) return rows;
  const theirs = await repeat({ runs }, () => timed([cfssl, ...words]));
  const library = await libraryTimes(folder, key, runs);
  return [
    ...rows,
    { what, hosts: 0, tool: tools.cfssl, ...theirs },
    { what, hosts: 0, tool: tools.library, ...library },
  ];
}

async function libraryTimes(folder: string, key: Kind['key'], runs: number): Promise<ReturnType<typeof spreadOf>> {
  const program = join(folder, 'leaves');
  const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
  await copyFile(fileURLToPath(new URL('peers/leaves.go', import.meta.url)), join(folder, 'main.go'));
  await writeFile(join(folder, 'go.mod'), 'module leaves\n\ngo 1.21\n\nrequire github.com/cloudflare/cfssl v1.6.5\n');
  await mustRun(['go', 'build', '-o', program, '.'], { cwd: folder, env });
  const { output } = await mustRun([program, key.algo, String(key.size), String(runs)]);
  return spreadOf(
    output
      .trim()
      .split('\n')
      .map((line) => timeOf(Number(line))),
  );
}

function leafGoal(rows: readonly Row[], { what, limit }: Kind): Goal {
  const row = (tool: string): Row | undefined => rowOf(rows, { what, hosts: 0, tool });
  const text = `${what}: at most ${limit} times as long as cfssl`;
  return goalBetween(text, { more: row(tools.inside), less: row(tools.cfssl), times: limit, by: 'most' }, () => {
    const library = row(tools.library);
    return library === undefined
      ? 'see the rows'
      : `the search for a key takes most of it; cfssl's library in Go: ${library.medianMs.toFixed(1)} ms`;
  });
}

/** What was timed inside of this process. */
function timeOf(ms: number): Timed {
  return { ms, status: 0, output: '', cut: false };
}

/** The certificates of a cluster with 500 nodes, from nothing, each file synced to the disk. */
async function longestBlock(folder: string): Promise<{ readonly row: Row; readonly goal: Goal }> {
  const inventory = clusterOf(500);
  // What is loaded and compiled at the first time is not what is measured.
  await openClusterPki(join(folder, 'warm'), clusterOf(1));
  const clock = monitorEventLoopDelay({ resolution: 1 });
  clock.enable();
  const work = watchTurns();
  const started = performance.now();
  const { leaves } = await openClusterPki(join(folder, 'store'), inventory);
  const ms = performance.now() - started;
  const longest = work.end();
  clock.disable();
  return {
    row: {
      what: `${leaves.length} certificates of a cluster`,
      hosts: 501,
      tool: tools.inside,
      ...spreadOf([timeOf(ms)]),
    },
    goal: {
      text: `longest turn of the event loop while 501 hosts get theirs: at most ${blockLimitMs} ms of work`,
      measured: `${longest.toFixed(1)} ms (${(clock.max / 1e6).toFixed(1)} ms by the clock)`,
      met: longest <= blockLimitMs,
    },
  };
}

/** The longest turn of the event loop in CPU time of its thread: on a busy machine the clock tells of other programs too. */
function watchTurns(): { readonly end: () => number } {
  const cpuMs = (): number => {
    const [ns] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(ns) / 1e6;
  };
  let [last, longest, on] = [cpuMs(), 0, true];
  const turn = (): void => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (on) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    end: () => {
      on = false;
      return longest;
    },
  };
}

function clusterOf(nodes: number): Inventory {
  const hosts = [
    { name: 'm1', address: '10.0.0.1', roles: ['etcd', 'master'] },
    ...Array.from({ length: nodes }, (_, index) => ({
      name: `n${index + 1}`,
      address: `10.1.${index >> 8}.${index & 255}`,
      roles: ['node'],
    })),
  ];
  const checked = checkInventory(
    JSON.stringify({ cluster: { name: 'bench', network: { podCIDR: '10.128.0.0/14' } }, hosts }),
    '/inventory.yaml',
    networkPlugins,
  );
  if ('inventory' in checked) return checked.inventory;
  throw new Error(JSON.stringify(checked.problems));
}
