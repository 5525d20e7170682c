import { setTimeout as delay } from 'node:timers/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Connection, Executor, Reader } from '../host/connection.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { Sh } from '../shell/sh.ts';
import { claimLock, clusterLockPath, lookAtLock, parseLock, releaseLock } from './cluster-lock-script.ts';
import type { LockSight } from './cluster-lock-script.ts';
import { ago, describe, isElsewhere, mayLive, parseHolder } from './lock-holder.ts';
import type { FoundLock, HolderState, LockHolder } from './lock-holder.ts';

/** A holder of whom nothing was seen for so long is gone: a connection that is cut, or a machine that is slow, is back before. */
const leaseSeconds = 300;

/** The lock that one run takes on the hosts of a cluster, so that nobody else works on it from another machine or another state folder. */
export interface ClusterLock {
  /** To run before all else on a host; undefined for one that carries no lock. */
  claim(host: Host): Sh | undefined;
  /** What the host answered to {@link claim}. */
  claimed(host: Host, connection: Connection, stdout: string): void;
  /**
   * After all hosts have answered. Locks of runs that died are taken over; from here on the lock is kept alive.
   *
   * @throws K8supError `CLUSTER_LOCKED` naming the holder.
   */
  settle(signal: AbortSignal): Promise<void>;
  /** Gives back what was taken, as far as hosts can be reached. */
  release(): Promise<void>;
}

export interface ClusterLockOptions {
  readonly inventory: Inventory;
  readonly holder: LockHolder;
  readonly warn: (host: string, text: string) => void;
  /** Called if somebody has taken the lock away. */
  readonly onLost: (error: K8supError) => void;
  /** Milliseconds between two signs of life; default half a minute. */
  readonly beatMs?: number;
}

interface Place {
  readonly host: Host;
  readonly connection: Connection;
  sight: LockSight;
}

export function openClusterLock(options: ClusterLockOptions): ClusterLock {
  const hosts = lockHosts(options.inventory);
  const text = JSON.stringify(options.holder);
  const places = new Map<string, Place>();
  const inOrder = (): readonly Place[] => hosts.flatMap(({ name }) => places.get(name) ?? []);
  let stopBeating: (() => Promise<void>) | undefined;
  let begun: number | undefined;
  return {
    claim: (host) => {
      begun ??= performance.now();
      return hosts.includes(host) ? claimLock(text) : undefined;
    },
    claimed: (host, connection, stdout) => {
      places.set(host.name, { host, connection, sight: parseLock(stdout) ?? { state: 'failed' } });
    },
    settle: async (signal) => {
      await takeAll(inOrder(), { text, begun: begun ?? performance.now() }, signal);
      for (const { host, sight } of inOrder()) {
        if (sight.state === 'failed')
          options.warn(host.name, `the cluster's lock cannot be written to ${clusterLockPath}`);
      }
      stopBeating = keepAlive(inOrder(), text, options);
    },
    release: async () => {
      await stopBeating?.();
      const script = releaseLock(text).sh;
      const limit = { signal: AbortSignal.timeout(10_000), timeoutMs: 5000 };
      // A host that is gone keeps its lock, which whoever comes next tells from a living one.
      await Promise.allSettled(inOrder().map(({ connection }) => connection.run(script, limit)));
    },
  };
}

/** Who carries the lock: what makes it one cluster, or all hosts where there is no such thing. */
export function lockHosts(inventory: Inventory): readonly Host[] {
  const members = inventory.hosts.filter(({ roles }) => roles.has('etcd') || roles.has('master'));
  return members.length === 0 ? inventory.hosts : members;
}

/** The lock of one host, if there is one. */
export async function findLock(reader: Reader, signal: AbortSignal): Promise<FoundLock | undefined> {
  const { stdout } = await reader.read(lookAtLock.sh, { signal, timeoutMs: 30_000 });
  const sight = parseLock(stdout);
  if (sight?.state !== 'held') return undefined;
  try {
    const holder = parseHolder(clusterLockPath, sight.text);
    return { text: sight.text, state: await judge(holder, sight), about: aboutLock(holder, sight) };
  } catch (error) {
    if (!(error instanceof K8supError)) throw error;
    return { text: sight.text, state: 'live', about: error.message };
  }
}

/** Takes a found lock away, unless it is another by now. */
export async function removeLock(executor: Executor, { text }: FoundLock, signal: AbortSignal): Promise<void> {
  await executor.run(releaseLock(text).sh, { signal, timeoutMs: 30_000 });
}

type Held = Extract<LockSight, { state: 'held' }>;

async function judge(holder: LockHolder, { silentSeconds, busy }: Held): Promise<HolderState> {
  if (!(await isElsewhere(holder))) return (await mayLive(holder)) ? 'live' : 'gone';
  return silentSeconds > leaseSeconds && !busy ? 'silent' : 'live';
}

function aboutLock(holder: LockHolder, { heldSeconds, silentSeconds }: Held): string {
  return `${describe(holder)} (${ago(heldSeconds)}; its last sign of life came ${ago(silentSeconds)})`;
}

/** Who has held a lock for so much longer than we are at it did not come at the same time as we did. */
const togetherSeconds = 5;

/** Our own claim, and the moment at which we began, by `performance.now`. */
interface Claim {
  readonly text: string;
  readonly begun: number;
}

/**
 * Of several that come at once the one goes on that has the first host: it waits for the others to give back what they have, while these see that they
 * have lost. They do once they have looked at all hosts, which takes them about as long as it took us.
 */
async function takeAll(places: readonly Place[], { text, begun }: Claim, signal: AbortSignal): Promise<void> {
  const looked = performance.now();
  for (let attempt = 0; ; attempt += 1) {
    const refusals = (await Promise.all(places.map((place) => again(place, text, signal)))).filter(
      (one) => one !== undefined,
    );
    const [first] = refusals;
    if (first === undefined) return;
    const now = performance.now();
    const together = togetherSeconds + (now - begun) / 1000;
    const earlier = places.some(({ sight }) => sight.state === 'held' && sight.heldSeconds > together);
    const waited = attempt >= 5 && now - looked > looked - begun;
    if (places[0]?.sight.state !== 'taken' || earlier || waited) throw first;
    await delay(500, undefined, { signal });
  }
}

/** Takes the place of a holder that is gone, or of none. */
async function again(place: Place, text: string, signal: AbortSignal): Promise<K8supError | undefined> {
  const { host, connection, sight } = place;
  if (sight.state !== 'held') return undefined;
  const holder = parseHolder(`${host.name}:${clusterLockPath}`, sight.text);
  const state = await judge(holder, sight);
  const script = claimLock(text, state === 'gone' ? sight.text : undefined);
  const { stdout } = await connection.run(script.sh, { signal, timeoutMs: 30_000 });
  place.sight = parseLock(stdout) ?? { state: 'failed' };
  return place.sight.state === 'held' ? await lockedError(host, place.sight) : undefined;
}

async function lockedError(host: Host, sight: Held): Promise<K8supError> {
  const holder = parseHolder(`${host.name}:${clusterLockPath}`, sight.text);
  const silent = (await judge(holder, sight)) === 'silent';
  return new K8supError({
    code: 'CLUSTER_LOCKED',
    kind: 'lock',
    what: `another k8sup is at work on this cluster, as ${host.name} has it`,
    why: aboutLock(holder, sight),
    fix: silent
      ? 'it seems to be gone: make sure of that, then  k8sup unlock'
      : 'wait for it to end; if it is surely gone, see  k8sup unlock',
  });
}

/**
 * A host that does not answer is the run's own to tell.
 *
 * @returns what ends it. A sign of life that is under way must not come after the release: it would take the lock again.
 */
function keepAlive(
  places: readonly Place[],
  text: string,
  { onLost, beatMs = 30_000 }: ClusterLockOptions,
): () => Promise<void> {
  const running = new Map<Place, Promise<void>>();
  const late = new AbortController();
  const one = async (place: Place): Promise<void> => {
    try {
      const limit = { signal: late.signal, timeoutMs: 30_000 };
      const { stdout } = await place.connection.run(claimLock(text).sh, limit);
      const sight = parseLock(stdout);
      if (sight?.state !== 'held') return;
      place.sight = sight;
      onLost(await lockedError(place.host, sight));
    } catch {
      // Nothing is known then; the lease goes on.
    } finally {
      running.delete(place);
    }
  };
  const beat = setInterval(() => {
    for (const place of places)
      if (place.sight.state === 'taken' && !running.has(place)) running.set(place, one(place));
  }, beatMs).unref();
  return async () => {
    clearInterval(beat);
    const patience = setTimeout(() => late.abort(), 3000);
    await Promise.all(running.values());
    clearTimeout(patience);
  };
}
