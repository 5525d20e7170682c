import { openClusterLock } from '../engine/cluster-lock.ts';
import { describeSelf } from '../engine/lock-holder.ts';
import type { Host } from '../inventory/model.ts';
import { readPkiEarly } from './early-pki.ts';
import type { Io } from './io.ts';
import { runCommand } from './run.ts';
import type { Run, RunSpec } from './run.ts';
import { openSession, refuseUnreachable } from './session.ts';
import type { Session } from './session.ts';
import { openStore } from '../pki/index.ts';
import type { ClusterPki } from '../pki/index.ts';
import { transportOf } from './transport-of.ts';

export interface HostsSpec extends RunSpec {
  /** What can be judged before any host is reached. */
  readonly before?: (run: Run) => Promise<void>;
  /** True for commands that tell what they can without the hosts that cannot be reached. */
  readonly partial?: boolean;
  /** True for commands that need none of the cluster's keys. */
  readonly keyless?: boolean;
}

/**
 * The frame of every command that works on all hosts: that of {@link runCommand}, with connections that end with it. Hosts that may be changed must all
 * be reached, unless the spec is `partial`; the others may be away.
 *
 * @param work - gives the exit code.
 */
export function onHosts(
  spec: HostsSpec,
  io: Io,
  work: (run: Run, session: Session) => Promise<number>,
): Promise<number> {
  return runCommand(spec, io, async (run) => {
    // First, as what is judged or begun before hosts are reached must not be left by a passphrase that is wrong.
    if (spec.keyless !== true) await unlockStore(run);
    await spec.before?.(run);
    const { inventory, signal, emit, numbers } = run;
    const optional = (host: Host): boolean => !run.hosts.includes(host);
    const transport = transportOf(io, (host, text) => emit({ type: 'warning', host, text }));
    const { concurrency } = run.flags;
    const lost = new AbortController();
    const lock = spec.writes
      ? openClusterLock({
          inventory,
          holder: await describeSelf(spec.command),
          warn: (host, text) => emit({ type: 'warning', host, text }),
          onLost: (error) => lost.abort(error),
        })
      : undefined;
    let earlyPki: Promise<ClusterPki | undefined> | undefined;
    // Not before the hosts are at work: while connections are made, each answer of ours is waited for.
    const onLooking = (): void => void (earlyPki = spec.keyless === true ? undefined : readPkiEarly(run));
    const options = { signal, emit, optional, concurrency, transport, lock, onLooking };
    await using session = await openSession(inventory, options);
    numbers.bytesSent = () => session.bytesSent();
    if (spec.partial !== true) refuseUnreachable(session, run.hosts);
    return await work({ ...run, earlyPki, stop: AbortSignal.any([run.stop, lost.signal]) }, session);
  });
}

/** A passphrase is asked for, and a wrong one told, before any host is reached and locked. */
async function unlockStore({ paths, storeKey }: Run): Promise<void> {
  await (await openStore(paths.pki, storeKey)).read('encryption.key');
}
