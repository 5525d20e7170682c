import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { KubeObject } from '../../../src/engine/stage.ts';
import type { Executor, RunOptions, RunResult } from '../../../src/host/connection.ts';
import { frameScript, loader } from '../../../src/host/loader.ts';
import type { Host, Inventory } from '../../../src/inventory/model.ts';
import { kubeRunner } from '../../../src/kube/index.ts';
import type { RawKubeRunner } from '../../../src/kube/index.ts';
import { kubeconfig, leafOf, openClusterPki } from '../../../src/pki/index.ts';
import type { ClusterPki } from '../../../src/pki/index.ts';
import { rawShell, sh } from '../../../src/shell/sh.ts';
import { binaryPath } from '../components/binaries.ts';
import { inventoryOf } from '../components/fixture.ts';

/** A real apiserver with an etcd of its own on this machine's loopback; no controllers run. */
export interface RealApiserver {
  readonly kube: RawKubeRunner;
  readonly inventory: Inventory;
  readonly kubectl: string;
  /** The identity of the approver on masters. */
  readonly approverKubeconfig: string;
  /** Folder in which scripts make their temporary files. */
  readonly folder: string;
  down(): Promise<void>;
}

interface Programs {
  readonly etcd: string;
  readonly apiserver: string;
  readonly kubectl: string;
}

/** The programs of a release, if this machine has all of them. */
export function programsFor(version: string): Programs | undefined {
  const etcd = binaryPath('etcd', '3.6.5', 'etcd', 'server');
  const apiserver = binaryPath('kubernetes', version, 'kube-apiserver');
  const kubectl = binaryPath('kubernetes', version, 'kubectl');
  return etcd === undefined || apiserver === undefined || kubectl === undefined
    ? undefined
    : { etcd, apiserver, kubectl };
}

export async function startApiserver(version: string, programs: Programs): Promise<RealApiserver> {
  const folder = await mkdtemp(join(tmpdir(), 'k8sup-apiserver-'));
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const inventory = inventoryFor(version, port);
  const [master] = inventory.hosts as readonly [Host];
  const pki = await openClusterPki(join(folder, 'pki'), inventory);
  writeFiles(folder, pki, master);
  const children = [
    start(folder, programs.etcd, etcdFlags(client, peer)),
    start(folder, programs.apiserver, apiserverFlags(client, port)),
  ];
  const down = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  const executor = localExecutor(programs.kubectl, folder);
  const kube = kubeRunner(
    inventory,
    [{ host: master, executor }],
    () => pki.adminKubeconfig(),
    new AbortController().signal,
  );
  try {
    await ready(kube, folder);
  } catch (error) {
    await down();
    throw error;
  }
  return { kube, inventory, kubectl: programs.kubectl, approverKubeconfig: approverOf(pki, port), folder, down };
}

function approverOf(pki: ClusterPki, port: number): string {
  const { certPem, keyPem, commonName } = leafOf(pki.leaves, 'csr-approver', 'h1');
  const caPem = pki.authorities.ca['kubernetes-ca'].bundlePem;
  const server = `https://127.0.0.1:${port}`;
  return kubeconfig({ cluster: 'real', server, caPem, user: commonName, credentials: { certPem, keyPem } });
}

/** An inventory whose one master is this machine, with two more nodes that are never asked. */
function inventoryFor(version: string, port: number): Inventory {
  const made = inventoryOf(`
cluster: { name: real, kubernetesVersion: ${version}, network: { plugin: flannel } }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, master] }
  - { name: h2, address: 10.88.0.12, roles: [node], labels: { disk: ssd }, taints: [{ key: gpu, value: a, effect: NoSchedule }] }
  - { name: h3, address: 10.88.0.13, roles: [node] }
`);
  const hosts = made.hosts.map((host) => (host.name === 'h1' ? { ...host, address: '127.0.0.1' } : host));
  return { ...made, hosts, cluster: { ...made.cluster, apiserverPort: port } };
}

function writeFiles(folder: string, pki: ClusterPki, master: Host): void {
  const serving = leafOf(pki.leaves, 'kube-apiserver', master.name);
  const files = {
    'ca.crt': pki.authorities.ca['kubernetes-ca'].certPem,
    'apiserver.crt': serving.certPem,
    'apiserver.key': serving.keyPem,
    'sa.pub': pki.authorities.serviceAccount.publicPem,
    'sa.key': pki.authorities.serviceAccount.keyPem,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
}

function etcdFlags(client: number, peer: number): readonly string[] {
  const [own, others] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  return [
    '--data-dir=etcd',
    `--listen-client-urls=${own}`,
    `--advertise-client-urls=${own}`,
    `--listen-peer-urls=${others}`,
    `--initial-advertise-peer-urls=${others}`,
    `--initial-cluster=default=${others}`,
    '--unsafe-no-fsync',
  ];
}

function apiserverFlags(etcd: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    // Endpoints may not be on the loopback; nobody dials this one.
    '--advertise-address=10.255.255.1',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--tls-cert-file=apiserver.crt',
    '--tls-private-key-file=apiserver.key',
    '--client-ca-file=ca.crt',
    '--service-account-key-file=sa.pub',
    '--service-account-signing-key-file=sa.key',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--enable-admission-plugins=NodeRestriction',
    // Without a controller nobody makes the accounts that pods need; none are made here.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function start(folder: string, path: string, flags: readonly string[]): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a');
  return spawn(path, flags, { cwd: folder, stdio: ['ignore', log, log] });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

async function ready(kube: RawKubeRunner, folder: string): Promise<void> {
  for (const end = Date.now() + 100_000; ; await pause(200)) {
    try {
      // Readiness comes a moment before the namespaces that the apiserver makes by itself.
      await kube.run(rawShell('kubectl get namespace kube-system default >/dev/null'));
      return;
    } catch (error) {
      if (Date.now() < end) continue;
      throw new Error(readFileSync(join(folder, 'log'), 'utf8').slice(-3000), { cause: error });
    }
  }
}

/** Waits until the kinds that these define are served: a busy apiserver says that they are established seconds before. */
export async function served(kube: RawKubeRunner, definitions: readonly KubeObject[]): Promise<void> {
  const kinds = definitions.map(({ metadata }) => metadata.name).join(',');
  const look = sh`n=0; until said=$(kubectl get ${kinds} --all-namespaces -o name 2>&1); do
n=$((n+1)); [ $n -lt 100 ] || { echo "$said"; exit 1; }; sleep 0.3
done`;
  await kube.run(look, { timeoutMs: 90_000 });
}

/** Runs scripts on this machine as they reach a host, with another kubectl, and temporary files in a folder instead of /run. */
function localExecutor(kubectl: string, folder: string): Executor {
  const run = (script: string, options: RunOptions): Promise<RunResult> =>
    runHere(
      script.replaceAll('/opt/k8sup/bin/kubectl', kubectl).replaceAll('/run/k8sup-', `${folder}/k8sup-`),
      options,
    );
  return { hostName: 'h1', run, read: run };
}

function runHere(script: string, { contents = [], signal, timeoutMs, onLine }: RunOptions): Promise<RunResult> {
  const { frame, startMark } = frameScript(script);
  const child = spawn('/bin/sh', ['-c', loader], { signal, timeout: timeoutMs });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // A script may end before it has read all.
  child.stdin.on('error', () => undefined);
  child.stdin.end(
    Buffer.concat([frame, ...contents.map((content) => ('bytes' in content ? content.bytes : Buffer.of()))]),
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const [, own = ''] = stdout.split(`${startMark}\n`);
      if (onLine !== undefined) own.split('\n').slice(0, -1).forEach(onLine);
      resolve({ exitCode: code ?? 255, stdout: own, stderr });
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
