import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Content, Executor, RunOptions, RunResult } from '../../src/host/connection.ts';
import { frameScript, loader } from '../../src/host/loader.ts';

/** One script that went to a fake host. */
export interface Call {
  readonly kind: 'read' | 'run';
  readonly host: string;
  readonly script: string;
}

/** A host that is a folder: scripts really run, by the loader, in namespaces of its own, in which some folders are the host's. */
export interface FakeHost extends Disposable {
  readonly executor: Executor;
  readonly calls: readonly Call[];
  /** Where a path of the host lies on this machine. */
  path(onHost: string): string;
  read(onHost: string): string;
  write(onHost: string, text: string, mode?: number): void;
  /** A program in the first folder of PATH. */
  program(name: string, body: string): void;
  /** Runs a script and gives what it printed; throws where it fails. */
  sh(script: string): Promise<string>;
}

export interface FakeHostOptions {
  readonly name?: string;
  /** The shell that is /bin/sh there; default dash's place, `/bin/sh`. */
  readonly shell?: string;
  /** Gets the calls of several hosts in the order in which they came. */
  readonly calls?: Call[];
  /** Shell run in the namespace before each script, for example more mounts. */
  readonly before?: string;
}

/** Of processes and network too: clean ends processes by the file they run, and other tests' clusters may run on this machine. */
const namespaces = ['-m', '-n', '-u', '-p', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];

/** Why no fake host can be made here; undefined where one can. */
export const noFakeHost: string | undefined =
  spawnSync('unshare', [...namespaces, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
    ? undefined
    : 'needs root and the right to mount (CAP_SYS_ADMIN)';

/** Folders of the machine that a fake host has for itself. */
const own = ['/etc', '/opt', '/run', '/srv', '/var/lib', '/usr/local/sbin'];

/** After how long a script of a test hangs: below a test's own limit, so that it is the script that is named, and far above what any needs. */
export const hangMs = 100_000;

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const name = options.name ?? 'h1';
  const root = mkdtempSync(join(tmpdir(), 'k8sup-fake-'));
  const calls = options.calls ?? [];
  const path = (onHost: string): string => join(root, onHost);
  for (const folder of own) mkdirSync(path(folder), { recursive: true });
  // By programs: Node's own functions are ten times slower with many small files, and hosts are made by the thousand.
  spawnSync('cp', [
    '-a',
    ...['passwd', 'group', 'ld.so.cache', 'alternatives'].map((file) => `/etc/${file}`),
    path('/etc'),
  ]);
  const send = (kind: Call['kind'], script: string, given: RunOptions): Promise<RunResult> => {
    given.signal.throwIfAborted();
    calls.push({ kind, host: name, script });
    return runHere(root, options, script, given);
  };
  const host: Omit<FakeHost, typeof Symbol.dispose> = {
    executor: {
      hostName: name,
      read: (script, given) => send('read', script, given),
      run: (script, given) => send('run', script, given),
    },
    calls,
    path,
    read: (onHost) => readFileSync(path(onHost), 'utf8'),
    write: (onHost, text, mode = 0o644) => {
      mkdirSync(dirname(path(onHost)), { recursive: true });
      writeFileSync(path(onHost), text);
      chmodSync(path(onHost), mode);
    },
    program: (program, body) => host.write(`/usr/local/sbin/${program}`, `#!/bin/sh\n${body}\n`, 0o755),
    sh: async (script) => {
      const signal = new AbortController().signal;
      const result = await runHere(root, options, script, { signal, timeoutMs: hangMs });
      if (result.exitCode !== 0) throw new Error(`exit ${result.exitCode}: ${result.stdout}${result.stderr}`);
      return result.stdout;
    },
  };
  return { ...host, [Symbol.dispose]: () => void spawnSync('rm', ['-rf', root]) };
}

function runHere(root: string, host: FakeHostOptions, script: string, options: RunOptions): Promise<RunResult> {
  const mounts = own.map((folder) => `mount --bind ${root}${folder} ${folder}`).join(' && ');
  const shell = host.shell ?? '/bin/sh';
  const enter = `${mounts} && { ${host.before ?? ':'}; } && exec ${shell} -c '${loader}'`;
  const framed = frameScript(script);
  const child = spawn('unshare', [...namespaces, '/bin/sh', '-c', enter], {
    timeout: options.timeoutMs,
    signal: options.signal,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // A script may end before it has read all.
  child.stdin.on('error', () => undefined);
  void feed(child.stdin, framed.frame, options.contents ?? []);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const [, own = ''] = stdout.split(`${framed.startMark}\n`);
      if (options.onLine !== undefined) own.split('\n').slice(0, -1).forEach(options.onLine);
      resolve({ exitCode: code ?? 255, stdout: own, stderr });
    });
  });
}

async function feed(input: NodeJS.WritableStream, frame: Buffer, contents: readonly Content[]): Promise<void> {
  input.write(frame);
  for (const content of contents) {
    if ('bytes' in content) input.write(content.bytes);
    else for await (const chunk of content.open()) input.write(chunk as Buffer);
  }
  input.end();
}
