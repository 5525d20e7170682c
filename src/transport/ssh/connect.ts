import { setTimeout as delay } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { Connection, RunOptions, RunResult } from '../../host/connection.ts';
import type { Host } from '../../inventory/model.ts';
import { rootLogin } from '../root-login.ts';
import type { RootLogin } from '../root-login.ts';
import type { ScriptHost } from '../run-script.ts';
import type { Secrets } from '../secrets.ts';
import { runInChannel } from './channel.ts';
import { forwardError } from './connect-error.ts';
import { dial, forward } from './dial.ts';
import type { Dialled } from './dial.ts';
import { DroppedError } from './dropped-error.ts';
import { openKeys } from './keys.ts';
import { limitTo } from './limit.ts';
import type { Limit } from './limit.ts';
import { loginOf } from './login.ts';
import { routeTo } from './route.ts';
import type { Route } from './route.ts';
import { openSshConfig } from './ssh-config.ts';
import type { Target } from './target.ts';

/** sshd refuses the eleventh session of a connection (MaxSessions); one whose script still ends after its channel was closed counts there too. */
const maxChannels = 8;

/** Logins at once to one sshd: from the eleventh on it drops some of them (MaxStartups 10:30:100). */
const maxLogins = 8;

/** Before each new attempt, in milliseconds: where sshd drops logins, and where it has no session left. */
const retryMs = [500, 1000, 2000, 4000, 8000] as const;
const channelRetryMs = [50, 100, 200, 400, 800, 1600, 3200] as const;

/** All that connections of one run share. */
export interface Ssh extends AsyncDisposable {
  /** Asks for and reads all that a connection will need. */
  prepare(host: Host, signal: AbortSignal): Promise<void>;
  /** @throws K8supError of kind `connection` or `hostKey`. */
  connect(host: Host, signal: AbortSignal): Promise<Connection>;
}

export interface SshOptions {
  readonly secrets: Secrets;
  readonly env: NodeJS.ProcessEnv;
  /** Told what is tried again. */
  readonly warn: (host: string, text: string) => void;
  /** Between 0 and 1: hosts that were dropped together do not come back together. */
  readonly random?: () => number;
}

export function openSsh(options: SshOptions): Ssh {
  const config = openSshConfig();
  const keys = openKeys(options.secrets);
  const logins = new Map<string, Limit>();
  const jumps = new Map<string, Promise<Dialled>>();
  const routes = new Map<string, Promise<Route>>();
  const parts = { ...options, keys };

  const route = (host: Host, signal: AbortSignal): Promise<Route> => {
    const found = routes.get(host.name) ?? routeTo({ name: host.name, ssh: host.ssh }, config, signal);
    routes.set(host.name, found);
    return found;
  };
  const rootOf = ({ name }: Host, { ssh }: Target, signal: AbortSignal): Promise<RootLogin> =>
    rootLogin({ name, ssh, isRoot: ssh.user === 'root' }, options.secrets, signal);

  const logIn = async (target: Target, way: Way, signal: AbortSignal): Promise<Dialled> => {
    const place = placeOf(target, way.key);
    const limit = logins.get(place) ?? limitTo(maxLogins);
    logins.set(place, limit);
    const attempt = () => limit(signal, async () => dial(target, await way.open(target), { ...parts, signal }));
    return await retried(
      attempt,
      (why, ms) => {
        options.warn(target.name, `${why}; trying again in ${(ms / 1000).toFixed(1)} s`);
      },
      { signal, random: options.random ?? Math.random },
    );
  };

  /** Each jump host is connected to once for all hosts behind it: a session of sshd's is not needed for what goes through. */
  const through = async (hops: readonly Target[], signal: AbortSignal): Promise<Way> => {
    const last = hops.at(-1);
    if (last === undefined) return { key: '', open: () => Promise.resolve(undefined) };
    const before = await through(hops.slice(0, -1), signal);
    const key = `${before.key} ${last.ssh.user}@${last.ssh.hostName}:${String(last.ssh.port)}`;
    const dialled =
      jumps.get(key) ??
      logIn(last, before, signal).then((jump) => {
        // A jump host that was rebooted is there again for the next host.
        jump.client.once('close', () => jumps.delete(key));
        return jump;
      });
    jumps.set(key, dialled);
    const { client } = await dialled;
    const open = (target: Target): Promise<Duplex> =>
      within(forward(client, target.ssh), target.ssh.connectTimeoutSeconds * 1000).catch((error: unknown) => {
        throw forwardError(target, last, error);
      });
    return { key, open };
  };

  return {
    prepare: async (host, run) => {
      const signal = ofOne(run);
      const { target, jumps: hops } = await route(host, signal);
      for (const hop of [...hops, target]) await loginOf(hop, { ...parts, signal, pause: () => undefined });
      await rootOf(host, target, signal);
    },
    connect: async (host, run) => {
      const signal = ofOne(run);
      const { target, jumps: hops } = await route(host, signal);
      const root = await rootOf(host, target, signal);
      const way = await through(hops, signal).catch((error: unknown) => {
        throw ofHost(host.name, error);
      });
      return connection(host.name, root, await logIn(target, way, signal), target.ssh.keepaliveSeconds);
    },
    [Symbol.asyncDispose]: async () => {
      config[Symbol.dispose]();
      // The last hop first: its connection goes through the others.
      for (const jump of [...jumps.values()].reverse())
        await jump.then((dialled) => dialled.close()).catch(() => undefined);
    },
  };
}

/** A signal for one host: Node warns of more than ten listeners on one, and a run has hosts enough. */
function ofOne(run: AbortSignal): AbortSignal {
  return AbortSignal.any([run]);
}

/** How the next connection gets to its sshd; `key` names what it goes through. */
interface Way {
  readonly key: string;
  readonly open: (target: Target) => Promise<Duplex | undefined>;
}

/** Which sshd a login burdens first; a proxy command that is no ssh leads to the host itself. */
function placeOf({ ssh }: Target, through: string): string {
  if (through === '' && /\bssh\b/.test(ssh.proxyCommand ?? '')) return ssh.proxyCommand ?? '';
  return `${through} ${ssh.hostName}:${String(ssh.port)}`;
}

async function retried(
  attempt: () => Promise<Dialled>,
  told: (why: string, ms: number) => void,
  { signal, random }: { readonly signal: AbortSignal; readonly random: () => number },
): Promise<Dialled> {
  for (const wait of retryMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof DroppedError)) throw error;
      const ms = Math.round(wait * (0.5 + random()));
      told(`sshd closed the connection before the login (${error.why ?? error.message})`, ms);
      await delay(ms, undefined, { signal });
    }
  }
  return await attempt();
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const stop = new AbortController();
  const late = delay(ms, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`no answer within ${String(ms / 1000)} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}

/** The failure of a jump host is one of each host behind it. */
function ofHost(host: string, error: unknown): unknown {
  if (!(error instanceof K8supError) || error.host === host) return error;
  const what = error.message.replace(`${error.host ?? ''}:`, `${host}:`);
  return error.with({ host, what, cause: error });
}

function connection(name: string, root: RootLogin, dialled: Dialled, keepalive: number): Connection {
  let bytesSent = 0;
  const host: ScriptHost = {
    name,
    root,
    onSent: (bytes) => void (bytesSent += bytes),
    lost: () => lostError(name, dialled.trouble(), keepalive),
  };
  const limit = limitTo(maxChannels);
  const run: Connection['run'] = (script, options) =>
    runWhenFree(limit, options, () => runInChannel(dialled.client, host, script, options));
  return {
    hostName: name,
    run,
    read: run,
    get bytesSent() {
      return bytesSent;
    },
    [Symbol.asyncDispose]: () => dialled.close(),
  };
}

/** An sshd with fewer sessions than ours (MaxSessions) says so by refusing one: then fewer run at a time. */
async function runWhenFree(limit: Limit, options: RunOptions, work: () => Promise<RunResult>): Promise<RunResult> {
  const alone = [...channelRetryMs];
  for (;;) {
    try {
      return await limit(options.signal, async () => {
        try {
          return await work();
        } catch (error) {
          if (isFull(error)) limit.lower(limit.running - 1);
          throw error;
        }
      });
    } catch (error) {
      if (!isFull(error)) throw error;
      // With others on the connection it waits for its turn; alone, a script that was given up may still run.
      const wait = limit.running > 0 ? 0 : alone.shift();
      if (wait === undefined) throw error;
      await delay(wait, undefined, { signal: ofOne(options.signal) });
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof K8supError && error.code === 'CHANNEL_REFUSED';
}

function lostError(host: string, trouble: string | undefined, keepalive: number): K8supError {
  const silent = `the host answered nothing for ${String(3 * keepalive)} s`;
  return new K8supError({
    code: 'CONNECTION_LOST',
    kind: 'connection',
    host,
    what: `${host}: the SSH connection was lost`,
    why: trouble === undefined ? 'the other side closed it' : trouble === 'Keepalive timeout' ? silent : trouble,
    fix: 'look whether the host hangs, was rebooted or the network cut; then run the same command again: it goes on where it stopped',
  });
}
