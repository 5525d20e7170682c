import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { Connection } from '../../host/connection.ts';
import type { Host } from '../../inventory/model.ts';
import { rootLogin } from '../root-login.ts';
import type { RootLogin } from '../root-login.ts';
import { runScript } from '../run-script.ts';
import type { Pipe, ScriptHost } from '../run-script.ts';
import type { Secrets } from '../secrets.ts';

export interface LocalOptions {
  readonly signal: AbortSignal;
  /** Default: who runs k8sup. */
  readonly user?: { readonly username: string; readonly uid: number };
}

/**
 * A connection to the machine that k8sup runs on: the same loader as over SSH, in a process of its own.
 *
 * @throws K8supError where the password of sudo cannot be had.
 */
export async function connectLocal(
  host: Host,
  secrets: Secrets,
  { signal, user = userInfo() }: LocalOptions,
): Promise<Connection> {
  const root = await localRoot(host, secrets, { signal, user });
  let bytesSent = 0;
  const scriptHost: ScriptHost = {
    name: host.name,
    root,
    onSent: (bytes) => void (bytesSent += bytes),
    lost: () => lostError(host.name),
  };
  const run: Connection['run'] = (script, options) =>
    runScript(scriptHost, () => Promise.resolve(start(root.command)), script, options);
  return {
    hostName: host.name,
    run,
    read: run,
    get bytesSent() {
      return bytesSent;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** How the user who runs k8sup becomes root. */
export function localRoot(
  host: Host,
  secrets: Secrets,
  { signal, user = userInfo() }: LocalOptions,
): Promise<RootLogin> {
  const ssh = { ...host.ssh, user: user.username };
  return rootLogin({ name: host.name, ssh, isRoot: user.uid === 0 }, secrets, signal);
}

/** As over SSH: a group of its own, so that Ctrl-C leaves it, and little of our environment, which is none of the host's. */
function start(command: string): Pipe {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: homedir(),
    detached: true,
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], HOME: homedir(), USER: userInfo().username },
  });
  return {
    input: child.stdin,
    output: child.stdout,
    errors: child.stderr,
    ended: new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('close', (code) => resolve(code ?? 255));
    }),
    close: () => letGo(child),
  };
}

/** A script that is given up runs to its end, as one over SSH does. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  child.unref();
}

function lostError(host: string): K8supError {
  return new K8supError({
    code: 'NO_SHELL',
    kind: 'connection',
    host,
    what: `${host}: no process can be started on this machine`,
    fix: 'look at its memory and its limits on processes',
  });
}
