import pMap from 'p-map';
import type { ClusterLock } from '../engine/cluster-lock.ts';
import { errorJson, hostsFailedError, placed } from '../engine/error-json.ts';
import type { Emit, RunEvent } from '../engine/events.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Connection } from '../host/connection.ts';
import type { Facts } from '../host/facts/model.ts';
import { factsScript, parseFacts } from '../host/facts/index.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { lines } from '../shell/sh.ts';
import type { Transport } from '../transport/transport.ts';

/** Open connections to the hosts of an inventory, and what each host is. */
export interface Session extends AsyncDisposable {
  /** For a host of `unreachable` one whose every use fails with the reason. */
  connection(host: Host): Connection;
  /** @throws K8supError with the reason, for a host of `unreachable`. */
  facts(host: Host): Facts;
  /** Of the hosts that were reached. */
  readonly allFacts: ReadonlyMap<string, Facts>;
  /** Hosts that the session goes on without, by name. */
  readonly unreachable: ReadonlyMap<string, K8supError>;
  bytesSent(): number;
}

export interface SessionOptions {
  /** Ends with the session. */
  readonly transport: Transport;
  readonly signal: AbortSignal;
  readonly concurrency: number;
  readonly emit: Emit;
  /** True for a host that is only to be read: that it cannot be reached is a warning, not a failure. */
  readonly optional: (host: Host) => boolean;
  /** Taken in the same round trip as the facts, and released with the session. */
  readonly lock?: ClusterLock | undefined;
  /** Called once, when as many hosts as may be at once were connected to, or were not to be: from here on their looks are waited for. */
  readonly onLooking?: (() => void) | undefined;
}

/**
 * Connects to every host and reads its facts, one round trip each. A host that cannot be reached is told and kept as `unreachable`; whether to go on
 * without it is the caller's to say, see {@link refuseUnreachable}.
 */
export async function openSession(inventory: Inventory, options: SessionOptions): Promise<Session> {
  const { hosts } = inventory;
  const { transport } = options;
  const connections = new Map<string, Connection>();
  const allFacts = new Map<string, Facts>();
  const unreachable = new Map<string, K8supError>();
  let tried = 0;
  const tell = (): void => {
    tried += 1;
    if (tried === Math.min(hosts.length, options.concurrency)) options.onLooking?.();
  };
  const connect = async (host: Host): Promise<void> => {
    const begun = performance.now();
    try {
      const connection = await transport.connect(host, options.signal).finally(tell);
      connections.set(host.name, connection);
      allFacts.set(host.name, await readFacts(inventory, host, connection, options).catch(inLook));
      const durationMs = Math.round(performance.now() - begun);
      options.emit({ type: 'looked', stage, host: host.name, durationMs });
    } catch (error) {
      if (!(error instanceof K8supError)) throw error;
      unreachable.set(host.name, error);
      options.emit(missed(host, error, options.optional(host)));
    }
  };
  const session = sessionOf({ transport, connections, allFacts, unreachable, lock: options.lock });
  await prepared(session, () => transport.prepare(hosts, options.signal));
  options.emit({ type: 'stage-start', stage, title: 'connect and look', hosts: hosts.map(({ name }) => name) });
  const started = performance.now();
  try {
    await pMap(hosts, connect, { concurrency: options.concurrency, stopOnError: false });
    options.signal.throwIfAborted();
    await options.lock?.settle(options.signal);
  } catch (error) {
    await session[Symbol.asyncDispose]();
    options.signal.throwIfAborted();
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
  const ok = hosts.every((host) => !unreachable.has(host.name) || options.optional(host));
  options.emit({ type: 'stage-end', stage, ok, changed: 0, durationMs: Math.round(performance.now() - started) });
  return session;
}

/**
 * Ends a run that cannot go on without some hosts, before it changes anything.
 *
 * @throws K8supError of the host that cannot be reached, or `HOSTS_FAILED` for several.
 */
export function refuseUnreachable({ unreachable }: Session, hosts: readonly Host[]): void {
  const missing = hosts.flatMap(({ name }) => {
    const error = unreachable.get(name);
    return error === undefined ? [] : [[name, error] as const];
  });
  if (missing.length > 0) throw hostsFailedError(stage, new Map(missing));
}

/** Why a host could not be reached, on one line. */
export function whyUnreachable(error: K8supError): string {
  return (error.why ?? error.message).trim().replaceAll('\n', '; ');
}

const stage = '00.connect';

/** That the way to a host is cut is told with the place. */
function inLook(error: unknown): never {
  throw placed(error, stage, 'look at the host');
}

function missed(host: Host, error: K8supError, optional: boolean): RunEvent {
  if (!optional) return { type: 'host-failed', stage, host: host.name, error: errorJson(error) };
  const text = `cannot be reached and is left out: ${whyUnreachable(error)}`;
  return { type: 'warning', host: host.name, text };
}

/** Whatever fails while a session opens, it is closed. */
async function prepared(session: Session, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

interface SessionParts {
  readonly transport: Transport;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly allFacts: ReadonlyMap<string, Facts>;
  readonly unreachable: ReadonlyMap<string, K8supError>;
  readonly lock: ClusterLock | undefined;
}

function sessionOf({ transport, connections, allFacts, unreachable, lock }: SessionParts): Session {
  const all = (): readonly Connection[] => [...connections.values()];
  return {
    connection: (host) => {
      const reason = unreachable.get(host.name);
      return reason === undefined ? known(connections, host) : noConnection(host, reason);
    },
    facts: (host) => {
      const reason = unreachable.get(host.name);
      if (reason !== undefined) throw reason;
      return known(allFacts, host);
    },
    allFacts,
    unreachable,
    bytesSent: () => all().reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    [Symbol.asyncDispose]: async () => {
      await lock?.release();
      await Promise.all(all().map((connection) => connection[Symbol.asyncDispose]()));
      await transport[Symbol.asyncDispose]();
    },
  };
}

/** Of kind `connection` whatever the reason was (a key, facts that could not be read): to those who could ask another host it is one that is gone. */
function noConnection(host: Host, reason: K8supError): Connection {
  const refuse: Connection['run'] = () =>
    Promise.reject(
      new K8supError({
        code: reason.code,
        kind: 'connection',
        host: host.name,
        what: reason.message,
        ...(reason.why === undefined ? {} : { why: reason.why }),
        ...(reason.fix === undefined ? {} : { fix: reason.fix }),
        cause: reason,
      }),
    );
  return {
    hostName: host.name,
    run: refuse,
    read: refuse,
    bytesSent: 0,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function readFacts(
  inventory: Inventory,
  host: Host,
  connection: Connection,
  { signal, lock }: SessionOptions,
): Promise<Facts> {
  const script = factsScript(inventory, host);
  const claim = lock?.claim(host);
  const limit = { signal, timeoutMs: 60_000 };
  const result =
    claim === undefined
      ? await connection.read(script.sh, limit)
      : await connection.run(lines([claim, script]).sh, limit);
  if (claim !== undefined) lock?.claimed(host, connection, result.stdout);
  if (result.exitCode === 0) return parseFacts(result.stdout, Date.now());
  throw new K8supError({
    code: 'FACTS_FAILED',
    kind: 'command',
    host: host.name,
    what: `${host.name}: the host could not be looked at`,
    why: result.stderr.trim() || `exit code ${result.exitCode}`,
    fix: 'a POSIX shell, coreutils and systemd are needed on the host',
  });
}

function known<T>(map: ReadonlyMap<string, T>, host: Host): T {
  const value = map.get(host.name);
  if (value === undefined) throw new Error(`${host.name} is not part of this session`);
  return value;
}
