import type ssh2 from 'ssh2';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { RunOptions, RunResult } from '../../host/connection.ts';
import { runScript } from '../run-script.ts';
import type { Pipe, ScriptHost } from '../run-script.ts';

/**
 * Runs one script in one channel of a connection.
 *
 * @throws K8supError `CHANNEL_REFUSED` where sshd has no session left, and what {@link runScript} throws.
 */
export function runInChannel(
  client: ssh2.Client,
  host: ScriptHost,
  script: string,
  options: RunOptions,
): Promise<RunResult> {
  return runScript(host, (stop) => openChannel(client, host, stop), script, options);
}

function openChannel(client: ssh2.Client, host: ScriptHost, stop: AbortSignal): Promise<Pipe> {
  stop.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = (error: Error): void => {
      client.off('close', lost);
      stop.removeEventListener('abort', end);
      reject(error);
    };
    const lost = (): void => leave(host.lost());
    const end = (): void => leave(new Error('stopped'));
    client.once('close', lost);
    stop.addEventListener('abort', end, { once: true });
    try {
      client.exec(host.root.command, (error, channel) => {
        if (error !== undefined) leave(refusedError(host.name, error));
        // Nobody waits for it any more.
        else if (stop.aborted) channel.close();
        else {
          client.off('close', lost);
          stop.removeEventListener('abort', end);
          resolve(pipeOf(channel));
        }
      });
    } catch {
      leave(host.lost());
    }
  });
}

function pipeOf(channel: ssh2.ClientChannel): Pipe {
  return {
    input: channel,
    output: channel,
    errors: channel.stderr,
    ended: new Promise((resolve) => {
      let exitCode: number | undefined;
      channel.on('exit', (code: number | null) => (exitCode = code ?? 255));
      channel.on('close', () => resolve(exitCode));
    }),
    close: () => {
      channel.close();
      channel.destroy();
    },
  };
}

/** sshd refuses to open a channel beyond MaxSessions; that it refuses to run a command in one is of another kind and does not pass. */
function refusedError(host: string, error: Error): K8supError {
  const full = 'reason' in error && typeof error.reason === 'number';
  return new K8supError({
    code: full ? 'CHANNEL_REFUSED' : 'EXEC_REFUSED',
    kind: 'connection',
    host,
    what: full ? `${host}: sshd opens no session` : `${host}: sshd runs no command`,
    why: error.message,
    fix: 'look at MaxSessions, ForceCommand and DenyUsers in sshd_config on the host',
    cause: error,
  });
}
