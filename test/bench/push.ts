import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pMap from 'p-map';
import { loadInventory } from '../../src/inventory/load.ts';
import { networkPlugins } from '../../src/network/network.ts';
import { straight } from './lab.ts';
import type { BenchLab } from './lab.ts';
import { mustRun, repeat } from './measure.ts';
import type { Timed } from './measure.ts';
import { runWithPeak } from './peak.ts';
import { goalBetween, rowOf } from './result.ts';
import type { Finding, Goal, Row } from './result.ts';

/** About 100 MiB. */
const file = 'kube-apiserver';
const platform = 'linux-amd64';
const directory = '/opt/k8sup-bench';
const what = '100 MiB to each host';
const limitMs = 180_000;
/** Of a process that sends 100 MiB to 20 hosts at once: a whole file for each would be 2 GiB. */
const peakMiB = 250;

/** One program of Kubernetes to all hosts: by k8sup's own way, and by what people use. */
export async function benchPush(lab: BenchLab, say: (text: string) => void): Promise<Finding> {
  const inventory = await lab.inventory('push', straight(lab.hosts));
  const { kubernetes: version } = (await loadInventory(inventory, networkPlugins)).cluster.versions;
  const source = join(artifactsIn(cacheFolder()), 'kubernetes', version, platform, file);
  const sha256 = await hashOf(source);
  const rows: Row[] = [];
  const hosts = lab.hosts.length;
  const ways = { k8sup: await k8supWay(lab, inventory, version), ...copyWays(lab, source) };
  // As the lab's own packages are: rsync is not on every machine.
  await mustRun([
    '/bin/bash',
    '-c',
    'command -v rsync || { apt-get update -qq && apt-get install -qq -y --no-install-recommends rsync; }',
  ]);
  for (const [tool, once] of Object.entries(ways)) {
    let peak = 0;
    const spread = await repeat({ runs: 2, budgetMs: 60_000, warm: false }, async () => {
      await pMap(lab.hosts, (host) => lab.ssh(host, `rm -rf ${directory}; mkdir ${directory}`), { concurrency: 10 });
      const run = await once();
      peak = Math.max(peak, run.peakMiB ?? 0);
      assert(run.cut || run.status === 0, `${tool}: ${run.output.slice(-2000)}`);
      if (!run.cut) await check(lab, sha256);
      return run;
    });
    rows.push({ what, hosts, tool, ...spread, ...(peak === 0 ? {} : { peakMiB: peak }) });
    say(`${hosts} hosts, ${tool}: ${(spread.medianMs / 1000).toFixed(1)} s`);
  }
  return {
    id: 'push',
    title: 'Push of binaries',
    about: `Wall time until ${file} of Kubernetes ${version} is on every host, 20 at a time; no copy of it is compressed before. k8sup compresses it once, sends that (zstd, as the hosts have it), unpacks it there and checks its sha256 on the host; scp and rsync run once a host, and check no sum. The hosts unpack, decrypt and write on the same cores.`,
    rows,
    goals: goalsOf(rows, hosts),
    missing: [],
  };
}

type Once = () => Promise<Timed & { readonly peakMiB?: number }>;

const cacheFolder = (): string => process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const artifactsIn = (cache: string): string => join(cache, 'k8sup/artifacts');

/** With a cache of its own, in which no compressed copy lies. */
async function k8supWay(lab: BenchLab, inventory: string, version: string): Promise<Once> {
  const cache = join(lab.dir, 'cache');
  const artifacts = artifactsIn(cache);
  await cp(join(artifactsIn(cacheFolder()), 'kubernetes', version), join(artifacts, 'kubernetes', version), {
    recursive: true,
  });
  const script = fileURLToPath(new URL('peers/push-k8sup.mjs', import.meta.url));
  const words = [process.execPath, script, inventory, version, file, directory];
  return async () => {
    const compressed = join(artifacts, '.compressed');
    await rm(compressed, { recursive: true, force: true });
    const run = await runWithPeak(lab, words, { env: { XDG_CACHE_HOME: cache }, limitMs });
    assert.equal((await readdir(compressed)).length, 1, 'it was compressed more than once');
    return run;
  };
}

function copyWays(lab: BenchLab, source: string): Readonly<Record<string, Once>> {
  const ssh = `ssh -i ${lab.privateKey} -o BatchMode=yes -o UserKnownHostsFile=${lab.knownHosts}`;
  const addresses = lab.hosts.map(({ address }) => address).join(' ');
  const each = (command: string): Once => {
    const script = `printf '%s\\n' ${addresses} | xargs -P 20 -I {} ${command} ${source} root@{}:${directory}/${file}`;
    return () => lab.run(['/bin/bash', '-c', script], { limitMs, cpu: true });
  };
  const scp = ssh.replace(/^ssh/, 'scp -q');
  return {
    scp: each(scp),
    'scp -C': each(`${scp} -C`),
    rsync: each(`rsync -e '${ssh}'`),
    'rsync -z': each(`rsync -z -e '${ssh}'`),
  };
}

async function check(lab: BenchLab, sha256: string): Promise<void> {
  await pMap(
    lab.hosts,
    async (host) => {
      const [sum] = (await lab.ssh(host, `sha256sum ${directory}/${file}`)).split(' ');
      assert.equal(sum, sha256, `${host.name} has another file`);
    },
    { concurrency: 4 },
  );
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function goalsOf(rows: readonly Row[], hosts: number): readonly Goal[] {
  const row = (tool: string): Row | undefined => rowOf(rows, { what, hosts, tool });
  const mine = row('k8sup');
  const peak = mine?.peakMiB ?? Infinity;
  return [
    ...['scp', 'rsync'].map((tool) =>
      goalBetween(
        `${what}, ${hosts} hosts: at most as long as ${tool}`,
        { more: mine, less: row(tool), times: 1, by: 'most' },
        () =>
          'On one machine the network is as fast as its memory, so compressing, unpacking and checking the sum cost more than they save; over a line they do not.',
      ),
    ),
    {
      text: `peak memory of k8sup: at most ${peakMiB} MiB`,
      measured: `${peak} MiB`,
      met: peak <= peakMiB,
    },
  ];
}
