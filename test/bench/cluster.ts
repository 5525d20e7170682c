import { strict as assert } from 'node:assert';
import { homedir } from 'node:os';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openArtifacts } from '../../src/artifacts/index.ts';
import { messageOf } from '../../src/errors/k8sup-error.ts';
import { labImages } from '../../src/lab/images/build.ts';
import { imageNames } from '../../src/lab/images/names.ts';
import { labCorednsVersion } from '../../src/lab/inventory.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { networkPlugins } from '../../src/network/network.ts';
import { takeBundle } from './cluster-bundle.ts';
import { lastJournal, spansOf, stageRows } from './journal.ts';
import { straight } from './lab.ts';
import type { BenchLab } from './lab.ts';
import { mustRun, spreadOf } from './measure.ts';
import { goalBetween, rowOf } from './result.ts';
import type { Finding, Row } from './result.ts';

const whole = 'whole cluster';
const script = 'script';
const limitMs = 300_000;
const units = [
  ...['etcd', 'containerd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  ...['kubelet', 'kube-proxy', 'flanneld'],
];

/** A whole cluster of the newest profile, by k8sup and by a script that is given everything but the work itself. */
export async function benchCluster(lab: BenchLab, say: (text: string) => void, signal: AbortSignal): Promise<Finding> {
  await ensureImages(say, signal);
  const hosts = lab.hosts.length;
  const inventory = await lab.inventory('cluster', straight(lab.hosts));
  const k8sup = (...words: readonly string[]) =>
    mustRun(lab.inside([process.execPath, 'dist/src/main.js', ...words]), { limitMs, cpu: true });
  const run = await k8sup('apply', '--no-verify', inventory, '-o', 'json');
  say(`k8sup: ${(run.ms / 1000).toFixed(1)} s`);
  const events = await lastJournal(lab.dir, lab.name, 'apply');
  const rows: Row[] = [...stageRows(events, hosts), { what: whole, hosts, tool: 'k8sup', ...spreadOf([run]) }];
  const missing: string[] = [];
  try {
    rows.push(...(await byScript(lab, inventory, k8sup)));
  } catch (error) {
    missing.push(`the script: ${messageOf(error).slice(0, 300).replaceAll(/\s+/g, ' ')}`);
    say(messageOf(error));
  }
  const row = (tool: string): Row | undefined => rowOf(rows, { what: whole, hosts, tool });
  const goal = goalBetween(
    `${whole}: at most 1.5 times the script`,
    { more: row('k8sup'), less: row(script), times: 1.5, by: 'most' },
    () =>
      'k8sup also makes the certificates, lets each kubelet join by a token and an approved request, looks at each host before and after every step, and keeps barriers between stages; the timeline shows where it waits.',
  );
  return {
    id: 'cluster',
    title: 'A whole cluster',
    about:
      'From empty hosts to Ready nodes and a CoreDNS that has rolled out: k8sup apply --no-verify, with a warm cache, beside a script that pushes one bundle to each host at once, starts the units in order and waits. The script has the same programs, images, configuration and units, and the certificates, kubelets’ own among them, that k8sup made in the run before: it issues nothing, looks at nothing and joins nobody, so it is less work. After both, the same units run, all nodes are Ready, and a pod finds the apiserver by its name.',
    rows,
    goals: [goal],
    missing,
    timeline: spansOf(events),
  };
}

type K8sup = (...words: readonly string[]) => ReturnType<typeof mustRun>;

async function byScript(lab: BenchLab, inventory: string, k8sup: K8sup): Promise<readonly Row[]> {
  const folder = join(lab.dir, 'bundle');
  await mkdir(folder);
  const { kubernetes } = (await loadInventory(inventory, networkPlugins)).cluster.versions;
  const cached = join('k8sup/artifacts/kubernetes', kubernetes, 'linux-amd64/kubectl');
  await symlink(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), cached), join(folder, 'kubectl'));
  const kubeconfig = await k8sup('kubeconfig', inventory);
  const file = join(folder, 'admin.kubeconfig');
  await writeFile(file, kubeconfig.output.slice(kubeconfig.output.indexOf('apiVersion:')), { mode: 0o600 });
  await takeBundle(lab, inventory, folder);
  const wanted = await stateOf(lab, folder);
  await k8sup('clean', '--yes', inventory);
  const program = fileURLToPath(new URL('peers/cluster.sh', import.meta.url));
  const words = ['/bin/bash', program, folder, ...lab.hosts.map(({ address }) => address)];
  const names = lab.hosts.map(({ name }) => name).join(' ');
  const run = await mustRun(lab.inside(words), { limitMs, cpu: true, env: { NODES: names } });
  assert.deepEqual(await stateOf(lab, folder), wanted, 'the script made another cluster than k8sup');
  const hosts = lab.hosts.length;
  return [...phaseRows(run.output, hosts), { what: whole, hosts, tool: script, ...spreadOf([run]) }];
}

function phaseRows(output: string, hosts: number): readonly Row[] {
  const phases = [...output.matchAll(/^@@phase (\d+) (\w+)$/gm)].map(([, at, name = '']) => ({ at: Number(at), name }));
  return phases.flatMap(({ at, name }, index) => {
    const next = phases[index + 1];
    if (next === undefined) return [];
    const ms = next.at - at;
    return [{ what: name, hosts, tool: script, runs: 1, minMs: ms, medianMs: ms, maxMs: ms }];
  });
}

/** What both must have made: units that run, nodes that are Ready, and a pod that finds a Service by its name. */
async function stateOf(lab: BenchLab, folder: string): Promise<unknown> {
  const kubectl = (...words: readonly string[]) =>
    mustRun(lab.inside([join(folder, 'kubectl'), '--kubeconfig', join(folder, 'admin.kubeconfig'), ...words]), {
      limitMs: 120_000,
    });
  const active = await Promise.all(
    lab.hosts.map((host) => lab.ssh(host, `systemctl is-active ${units.join(' ')} || :`)),
  );
  const ready = await kubectl(
    ...[
      'get',
      'nodes',
      '-o',
      'jsonpath={.items[*].metadata.name} {.items[*].status.conditions[?(@.type=="Ready")].status}',
    ],
  );
  const pod = ['run', 'bench-dns', `--image=${imageNames.busybox}`, '--image-pull-policy=Never', '--restart=Never'];
  await kubectl(...pod, '--command', '--', 'nslookup', 'kubernetes.default.svc.cluster.local');
  await kubectl('wait', '--timeout=90s', '--for=jsonpath={.status.phase}=Succeeded', 'pod/bench-dns');
  await kubectl('delete', 'pod', 'bench-dns', '--wait=false');
  return { active, ready: ready.output };
}

async function ensureImages(say: (text: string) => void, signal: AbortSignal): Promise<void> {
  const version = labCorednsVersion('newest');
  const id = { component: 'coredns', version, architecture: 'amd64', file: 'coredns' } as const;
  const { path } = await openArtifacts({ source: 'auto', mirrors: [] }, { progress: say }).get(id, signal);
  await labImages({ corednsBinary: path, corednsVersion: version, signal });
}
