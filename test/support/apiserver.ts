import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { defaultCacheDir } from '../../src/artifacts/cache.ts';
import { K8supError } from '../../src/errors/k8sup-error.ts';
import type { KubeRunner } from '../../src/engine/stage.ts';

/** A real kube-apiserver with an etcd of its own, and nothing else of a cluster: what it accepts, a cluster of that release accepts. */
export interface TestApiServer extends AsyncDisposable {
  /** Runs scripts as on a master. */
  readonly kube: KubeRunner;
  kubectl(...args: readonly string[]): Promise<string>;
}

const etcdVersion = '3.6.5';
const startLimitMs = 120_000;

/** Why no apiserver of a release can be run here; undefined where one can. */
export function noApiServer(version: string): string | undefined {
  const missing = [program('etcd', etcdVersion, 'etcd'), program('kubernetes', version, 'kube-apiserver')].find(
    (path) => !existsSync(path),
  );
  return missing === undefined ? undefined : `${missing} is not in the cache`;
}

/** Starts both on free ports of this machine; resolves when the apiserver is ready. */
export async function startApiServer(version: string): Promise<TestApiServer> {
  const dir = mkdtempSync(join(tmpdir(), 'k8sup-apiserver-'));
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  const etcd = startEtcd(dir, client, peer);
  const apiserver = startServer(dir, version, client, secure);
  const children = [apiserver, etcd];
  const run = runner(dir, version, secure);
  const server: TestApiServer = {
    kube: { run: async (script, options) => run(script.sh, options?.contents ?? []) },
    kubectl: async (...args) => run('kubectl "$@"', [], args),
    [Symbol.asyncDispose]: async () => {
      for (const child of children) await ended(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await untilReady(server, dir, children);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function startEtcd(dir: string, client: number, peer: number): ChildProcess {
  const url = (port: number): string => `http://127.0.0.1:${String(port)}`;
  const args = [
    `--data-dir=${dir}/etcd`,
    `--listen-client-urls=${url(client)}`,
    `--advertise-client-urls=${url(client)}`,
    `--listen-peer-urls=${url(peer)}`,
    `--initial-advertise-peer-urls=${url(peer)}`,
    `--initial-cluster=default=${url(peer)}`,
    '--unsafe-no-fsync',
  ];
  return started(dir, 'etcd', program('etcd', etcdVersion, 'etcd'), args);
}

function startServer(dir: string, version: string, etcd: number, secure: number): ChildProcess {
  execFileSync('openssl', ['genrsa', '-out', join(dir, 'sa.key'), '2048'], { stdio: 'ignore' });
  writeFileSync(join(dir, 'tokens'), 'secret,admin,admin,system:masters\n', { mode: 0o600 });
  const args = [
    `--etcd-servers=http://127.0.0.1:${String(etcd)}`,
    `--secure-port=${String(secure)}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--cert-dir=${dir}/certificates`,
    `--token-auth-file=${dir}/tokens`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${dir}/sa.key`,
    `--service-account-signing-key-file=${dir}/sa.key`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--disable-admission-plugins=ServiceAccount',
    '--allow-privileged=true',
  ];
  return started(dir, 'apiserver', program('kubernetes', version, 'kube-apiserver'), args);
}

function started(dir: string, name: string, file: string, args: readonly string[]): ChildProcess {
  const log = join(dir, `${name}.log`);
  return spawn('/bin/sh', ['-c', 'exec "$0" "$@" >>"$LOG" 2>&1', file, ...args], {
    stdio: 'ignore',
    env: { ...process.env, LOG: log },
  });
}

/** Like the function that a script finds on a master. */
function runner(dir: string, version: string, port: number) {
  const kubectl = program('kubernetes', version, 'kubectl');
  return async (script: string, contents: readonly Buffer[], args: readonly string[] = []): Promise<string> => {
    const preamble = `k8sup_d=$(mktemp -d ${dir}/run.XXXXXX); trap 'rm -rf "$k8sup_d"' EXIT
kubectl() { ${kubectl} --kubeconfig /dev/null --server https://127.0.0.1:${String(port)} --token secret --insecure-skip-tls-verify --cache-dir "$k8sup_d/cache" "$@"; }
${contents.length === 0 ? '' : `set -- ${contents.map((bytes) => String(bytes.length)).join(' ')}`}
${script}`;
    const options = { input: Buffer.concat(contents), reject: false, maxBuffer: 1 << 28 };
    const result = await execa('/bin/sh', ['-c', preamble, 'sh', ...args], options);
    if (result.exitCode === 0) return result.stdout;
    throw new K8supError({
      code: 'KUBE_COMMAND',
      kind: 'kubernetes',
      what: `kubectl ${version} failed`,
      why: `${result.stderr}\n${result.stdout.slice(-2000)}`,
    });
  };
}

async function untilReady(server: TestApiServer, dir: string, children: readonly ChildProcess[]): Promise<void> {
  const limit = Date.now() + startLimitMs;
  for (;;) {
    try {
      await server.kubectl('get', '--raw', '/readyz');
      await server.kubectl('get', 'namespace', 'kube-system');
      return;
    } catch (error) {
      const isOver = Date.now() > limit || children.some(({ exitCode }) => exitCode !== null);
      if (isOver) throw new Error(readFileSync(join(dir, 'apiserver.log'), 'utf8').slice(-3000), { cause: error });
      await sleep(300);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // Nothing of theirs is needed any more, and a graceful end takes a minute.
  child.kill('SIGKILL');
  await gone;
}

function program(component: string, version: string, file: string): string {
  return join(defaultCacheDir(), component, version, `linux-${arch() === 'arm64' ? 'arm64' : 'amd64'}`, file);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
