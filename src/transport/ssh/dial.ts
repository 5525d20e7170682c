import type { Duplex, Readable } from 'node:stream';
import ssh2 from 'ssh2';
import { connectError } from './connect-error.ts';
import { hostKeyCheck } from './host-key.ts';
import type { HostKeyCheck } from './host-key.ts';
import { loginOf } from './login.ts';
import type { LoginParts } from './login.ts';
import { startProxyCommand } from './proxy-command.ts';
import type { ProxySocket } from './proxy-command.ts';
import type { Target } from './target.ts';

/** A client that is logged in. */
export interface Dialled {
  readonly client: ssh2.Client;
  /** The first thing that went wrong on it, for the message of a connection that was lost: what follows, as of its proxy, only follows. */
  readonly trouble: () => string | undefined;
  close(): Promise<void>;
}

export type DialParts = Omit<LoginParts, 'pause'>;

/**
 * Logs in to one sshd.
 *
 * @param sock - the way through the jump host before it.
 * @throws K8supError of kind `connection` or `hostKey`; DroppedError where trying again is of use.
 */
export async function dial(target: Target, sock: Readable | undefined, parts: DialParts): Promise<Dialled> {
  const { signal } = parts;
  const check = hostKeyCheck(target);
  const clock = deadline(target.ssh.connectTimeoutSeconds * 1000);
  const login = await loginOf(target, { ...parts, pause: clock.pause });
  // Behind a jump host the way is that one.
  const proxyCommand = sock === undefined ? target.ssh.proxyCommand : undefined;
  const proxy = proxyCommand === undefined ? undefined : startProxyCommand(proxyCommand, target);
  const client = new ssh2.Client();
  let trouble: string | undefined;
  // An error after `ready` without a listener would end the whole process; the channels in use learn of it by `close`.
  client.on('error', (error) => (trouble ??= error.message));
  const through = proxy?.stream ?? sock;
  const options = {
    ...optionsFor(target, check),
    authHandler: login.handler,
    ...(through === undefined ? {} : { sock: through }),
  };
  const progress = progressOf(client, through !== undefined);
  try {
    await ready(client, options, { signal, clock, progress });
    return { client, trouble: () => trouble, close: () => closed(client, proxy) };
  } catch (error) {
    client.destroy();
    const said = (await proxy?.errors()) ?? '';
    proxy?.end();
    signal.throwIfAborted();
    throw (
      check.refusal() ??
      connectError(target, error, { proxyErrors: said, login: login.story, dropped: isDropped(error, progress, said) })
    );
  } finally {
    clock.end();
  }
}

function optionsFor({ ssh }: Target, check: HostKeyCheck): ssh2.ConnectConfig {
  return {
    host: ssh.hostName,
    port: ssh.port,
    username: ssh.user,
    // A limit of our own stands still while a person is asked.
    readyTimeout: 0,
    keepaliveInterval: ssh.keepaliveSeconds * 1000,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer) => check.verify(key),
    ...(check.algorithms === undefined
      ? {}
      : { algorithms: { serverHostKey: check.algorithms as ssh2.ServerHostKeyAlgorithm[] } }),
  };
}

/** How far an attempt has come: what is said of one that gets no further. */
interface Progress {
  connected: boolean;
  agreed: boolean;
}

function progressOf(client: ssh2.Client, connected: boolean): Progress {
  const progress = { connected, agreed: false };
  client.once('connect', () => (progress.connected = true));
  client.once('handshake', () => (progress.agreed = true));
  return progress;
}

interface Clock {
  readonly over: Promise<void>;
  readonly pause: (paused: boolean) => void;
  readonly start: () => void;
  readonly end: () => void;
  readonly ms: number;
}

function deadline(ms: number): Clock {
  let timer: NodeJS.Timeout | undefined;
  let tell: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (tell = resolve));
  const end = (): void => clearTimeout(timer);
  const start = (): void => void (timer = setTimeout(tell, ms));
  const pause = (paused: boolean): void => {
    end();
    if (!paused) start();
  };
  return { over, pause, start, end, ms };
}

interface Attempt {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly progress: Progress;
}

async function ready(
  client: ssh2.Client,
  options: ssh2.ConnectConfig,
  { signal, clock, progress }: Attempt,
): Promise<void> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const outcome = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true, signal: stop.signal });
    void clock.over.then(() => reject(new Error(slowness(progress, clock.ms))));
    client.once('ready', resolve);
    client.on('error', (error) => {
      // An agent that is not there, or has a key that cannot sign, is one of several means.
      if (!('level' in error) || error.level !== 'agent') reject(error);
    });
    client.on('change password', () => {
      reject(
        Object.assign(new Error('the password has expired and must be changed: log in once with ssh'), authentication),
      );
    });
    client.once('close', () => reject(new Error('the connection was closed before the login')));
  });
  clock.start();
  client.connect(options);
  try {
    await outcome;
  } finally {
    stop.abort();
  }
}

const authentication = { level: 'client-authentication' };

function slowness({ connected, agreed }: Progress, ms: number): string {
  const limit = `within ${String(Math.round(ms / 1000))} s`;
  if (!connected) return `no TCP connection ${limit}`;
  return agreed
    ? `the host took the connection, but did not end the login ${limit}`
    : `the connection is up, but no SSH server spoke ${limit}`;
}

/** Before the keys were agreed on nothing of ours was judged: sshd has no place for one more at this moment (MaxStartups), or is just starting. */
function isDropped(error: unknown, { connected, agreed }: Progress, proxyErrors: string): boolean {
  if (!connected || agreed || !(error instanceof Error)) return false;
  const bySsh = /kex_exchange_identification|banner exchange|MaxStartups|Connection (closed|reset)/i;
  if (proxyErrors !== '' && !bySsh.test(proxyErrors)) return false;
  return /lost before handshake|ECONNRESET|EPIPE|closed before the login/i.test(error.message);
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

/** A way through a client that is logged in, as `ssh -W` makes it. */
export function forward(client: ssh2.Client, { hostName, port }: { hostName: string; port: number }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Error('the connection to it was lost'));
    client.once('close', lost);
    client.forwardOut('127.0.0.1', 0, hostName, port, (error, channel) => {
      client.off('close', lost);
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });
}
