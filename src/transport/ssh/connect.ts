import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import type { Connection } from '../../host/connection.ts';
import { loaderCommand } from '../../host/loader.ts';
import type { Host } from '../../inventory/model.ts';
import { runInChannel } from './channel.ts';
import { connectError } from './connect-error.ts';
import { hostKeyCheck } from './host-key.ts';
import type { HostKeyCheck } from './host-key.ts';
import { limitTo } from './limit.ts';
import { startProxyCommand } from './proxy-command.ts';
import type { ProxySocket } from './proxy-command.ts';

/** sshd refuses the eleventh session of a connection (MaxSessions); one whose script still ends after its channel was closed counts there too. */
const maxChannels = 8;

/**
 * Opens the one SSH connection that a host keeps for a whole run.
 *
 * @throws K8supError of kind `connection` or `hostKey`.
 */
export async function connectSsh(host: Host, signal: AbortSignal): Promise<Connection> {
  const check = hostKeyCheck(host);
  const options = await connectOptions(host, check);
  const proxy = host.ssh.proxyCommand === undefined ? undefined : startProxyCommand(host.ssh.proxyCommand, host);
  const client = new ssh2.Client();
  // An error after `ready` without a listener would end the whole process; the channels in use learn of it by `close`.
  client.on('error', () => undefined);
  let connected = false;
  try {
    await ready(client, proxy === undefined ? options : { ...options, sock: proxy.stream }, signal);
    connected = true;
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    throw check.refusal() ?? connectError(host, error, (await proxy?.errors()) ?? '');
  } finally {
    if (!connected) proxy?.end();
  }
  return connection(host, client, proxy);
}

function connection(host: Host, client: ssh2.Client, proxy: ProxySocket | undefined): Connection {
  let bytesSent = 0;
  const channelHost = {
    name: host.name,
    command: loaderCommand(host.ssh.user),
    onSent: (bytes: number) => void (bytesSent += bytes),
  };
  const limit = limitTo(maxChannels);
  const run: Connection['run'] = (script, options) =>
    limit(options.signal, () => runInChannel(client, channelHost, script, options));
  return {
    hostName: host.name,
    run,
    read: run,
    get bytesSent() {
      return bytesSent;
    },
    [Symbol.asyncDispose]: () => closed(client, proxy),
  };
}

async function connectOptions(host: Host, check: HostKeyCheck): Promise<ssh2.ConnectConfig> {
  const { ssh } = host;
  return {
    host: ssh.hostName,
    port: ssh.port,
    username: ssh.user,
    readyTimeout: ssh.connectTimeoutSeconds * 1000,
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer) => check.verify(key),
    ...(check.algorithms === undefined
      ? {}
      : { algorithms: { serverHostKey: check.algorithms as ssh2.ServerHostKeyAlgorithm[] } }),
    ...(await credentials(host)),
  };
}

async function credentials(host: Host): Promise<Pick<ssh2.ConnectConfig, 'privateKey' | 'agent'>> {
  if (host.ssh.privateKey === undefined) {
    const agent = process.env['SSH_AUTH_SOCK'];
    if (agent !== undefined) return { agent };
    throw new K8supError({
      code: 'SSH_NO_KEY',
      kind: 'connection',
      host: host.name,
      what: `${host.name}: there is no key to log in with`,
      why: 'the inventory names no ssh.privateKey and no SSH agent is running',
      fix: 'set ssh.privateKey in the inventory, or start ssh-agent and ssh-add a key',
    });
  }
  try {
    const privateKey = await readFile(host.ssh.privateKey);
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) throw parsed;
    return { privateKey };
  } catch (error) {
    throw new K8supError({
      code: 'SSH_KEY_UNREADABLE',
      kind: 'connection',
      host: host.name,
      what: `the private key ${host.ssh.privateKey} cannot be used`,
      why: messageOf(error),
      fix: 'check ssh.privateKey; a key with a passphrase goes through ssh-agent',
      cause: error,
    });
  }
}

function ready(client: ssh2.Client, options: ssh2.ConnectConfig, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('cancelled'));
    signal.addEventListener('abort', abort, { once: true });
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', abort);
      act();
    };
    client.once('ready', () => settle(resolve));
    client.once('error', (error) => settle(() => reject(error)));
    client.once('close', () => settle(() => reject(new Error('the connection was closed before the login'))));
    client.connect(options);
  });
}

/** Says good-bye, and gives the other side a second before the socket is dropped. */
function closed(client: ssh2.Client, proxy: ProxySocket | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      client.destroy();
      proxy?.end();
      resolve();
    };
    const timer = setTimeout(finish, 1000);
    client.once('close', finish);
    client.end();
  });
}
