import pMap from 'p-map';
import { errorJson, hostsFailedError } from '../engine/error-json.ts';
import type { Emit } from '../engine/events.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Connection } from '../host/connection.ts';
import type { Facts } from '../host/facts/model.ts';
import { factsScript, parseFacts } from '../host/facts/index.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { connectSsh } from '../transport/ssh/connect.ts';

/** Open connections to all hosts of an inventory, and what each host is. */
export interface Session extends AsyncDisposable {
  connection(host: Host): Connection;
  facts(host: Host): Facts;
  readonly allFacts: ReadonlyMap<string, Facts>;
  bytesSent(): number;
}

export interface SessionOptions {
  readonly signal: AbortSignal;
  readonly concurrency: number;
  readonly emit: Emit;
}

/**
 * Connects to every host and reads its facts, one round trip each. All hosts that cannot be reached are told, not only the first.
 *
 * @throws K8supError of the host, or `HOSTS_FAILED` for several; nothing was changed then.
 */
export async function openSession(inventory: Inventory, options: SessionOptions): Promise<Session> {
  const connections = new Map<string, Connection>();
  const allFacts = new Map<string, Facts>();
  const failed = new Map<string, unknown>();
  const close = async (): Promise<void> => {
    await Promise.all([...connections.values()].map((connection) => connection[Symbol.asyncDispose]()));
  };
  options.emit({
    type: 'stage-start',
    stage: connectStage,
    title: 'connect and look',
    hosts: inventory.hosts.map((host) => host.name),
  });
  const started = performance.now();
  await pMap(
    inventory.hosts,
    async (host) => {
      try {
        const connection = await connectSsh(host, options.signal);
        connections.set(host.name, connection);
        allFacts.set(host.name, await readFacts(inventory, host, connection, options.signal));
      } catch (error) {
        failed.set(host.name, error);
        options.emit({ type: 'host-failed', stage: connectStage, host: host.name, error: errorJson(error) });
      }
    },
    { concurrency: options.concurrency },
  );
  const durationMs = Math.round(performance.now() - started);
  options.emit({ type: 'stage-end', stage: connectStage, ok: failed.size === 0, changed: 0, durationMs });
  if (failed.size > 0) {
    await close();
    options.signal.throwIfAborted();
    throw hostsFailedError(connectStage, failed);
  }
  return {
    connection: (host) => known(connections, host),
    facts: (host) => known(allFacts, host),
    allFacts,
    bytesSent: () => [...connections.values()].reduce((sum, connection) => sum + connection.bytesSent, 0),
    [Symbol.asyncDispose]: close,
  };
}

const connectStage = '00.connect';

async function readFacts(
  inventory: Inventory,
  host: Host,
  connection: Connection,
  signal: AbortSignal,
): Promise<Facts> {
  const script = factsScript(inventory, host);
  const result = await connection.read(script.sh, { signal, timeoutMs: 60_000 });
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
