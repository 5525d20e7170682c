import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Target } from './target.ts';

/** A running ProxyCommand, used as the socket of a connection. */
export interface ProxySocket {
  readonly stream: Duplex;
  /** The last of what it wrote to standard error: usually the reason why it failed. */
  readonly errors: () => Promise<string>;
  readonly end: () => void;
}

/** Replaces OpenSSH's tokens (ssh_config(5), TOKENS): %h %p %r %n %%. */
export function expandTokens(command: string, host: Target): string {
  const values: Readonly<Record<string, string>> = {
    h: host.ssh.hostName,
    p: String(host.ssh.port),
    r: host.ssh.user,
    n: host.name,
    '%': '%',
  };
  return command.replace(/%(.)/g, (token, letter: string) => values[letter] ?? token);
}

/**
 * Starts the command as OpenSSH does: by the shell, with `exec`, in a process group of its own, so that Ctrl-C at the terminal does not cut the
 * connection while a running step ends.
 */
export function startProxyCommand(command: string, host: Target): ProxySocket {
  const child = spawn('/bin/sh', ['-c', `exec ${expandTokens(command, host)}`], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString('utf8')).slice(-2000)));
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (error) => stream.destroy(error));
  // The command may go away while we write: ssh2 learns of it from the stream's end, not from an unhandled EPIPE.
  child.stdin.on('error', () => stream.destroy());
  const end = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  };
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  return { stream, errors: () => Promise.race([ended, afterAWhile()]).then(() => errors.trim()), end };
}

/** The socket breaks a moment before the command's last words have come through; half a second is enough for those. */
function afterAWhile(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 500).unref();
  });
}
