import { findLock, lockHosts, removeLock } from '../../engine/cluster-lock.ts';
import { findStateLock, removeStateLock } from '../../engine/lock.ts';
import type { FoundLock } from '../../engine/lock-holder.ts';
import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { escapeControl } from '../../shell/escape.ts';
import { confirm } from '../confirm.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';
import type { Run } from '../run.ts';
import { whyUnreachable } from '../session.ts';
import type { Session } from '../session.ts';

export interface UnlockRequest {
  readonly inventory: string;
  /** Also what somebody seems to work under. */
  readonly force: boolean;
  readonly yes: boolean;
}

/** `k8sup unlock`: shows the locks of a cluster, and takes away those of runs that died. */
export function unlock({ inventory, force, yes }: UnlockRequest, io: Io): Promise<number> {
  const flags = { concurrency: 20, output: 'plain' } as const;
  const spec = {
    command: 'unlock',
    inventory,
    flags,
    writes: false,
    quiet: true,
    partial: true,
    keyless: true,
  } as const;
  return onHosts(spec, io, async (run, session) => {
    const locks = await findLocks(run, session);
    const missed = lockHosts(run.inventory).flatMap(({ name }) => {
      const error = session.unreachable.get(name);
      return error === undefined
        ? []
        : [`${name}: cannot be reached, so it was not looked at: ${whyUnreachable(error)}`];
    });
    for (const text of missed) say(io, escapeControl(text));
    // That nobody holds a lock is only known where each place was looked at.
    const done = missed.length === 0 ? exitCodes.ok : exitCodes.connection;
    for (const { where, found } of locks) say(io, `${where}: ${states[found.state]}: ${escapeControl(found.about)}`);
    if (locks.length === 0) {
      say(io, `${missed.length === 0 ? '' : 'elsewhere '}nobody holds the lock of this cluster`);
      return done;
    }
    if (!force) refuseLiving(locks);
    if (!yes) {
      const about = `This takes away ${String(locks.length)} locks. Two runs at once can break the cluster.`;
      await confirm({ command: 'unlock', about, word: 'yes', called: 'yes' }, io);
    }
    for (const { where, remove } of locks) {
      await remove();
      say(io, `${where}: taken away`);
    }
    return done;
  });
}

interface Lock {
  readonly where: string;
  readonly found: FoundLock;
  readonly remove: () => Promise<void>;
}

const states = { live: 'held', gone: 'left by a run that died', silent: 'held without a sign of life' } as const;

/** Those of hosts that can be reached. */
async function findLocks({ inventory, paths, signal }: Run, session: Session): Promise<readonly Lock[]> {
  const here = await findStateLock(paths.lock);
  const hosts = lockHosts(inventory).filter(({ name }) => !session.unreachable.has(name));
  const onHosts = await Promise.all(
    hosts.map(async (host): Promise<readonly Lock[]> => {
      const connection = session.connection(host);
      const found = await findLock(connection, signal);
      return found === undefined
        ? []
        : [{ where: host.name, found, remove: () => removeLock(connection, found, signal) }];
    }),
  );
  const own: readonly Lock[] =
    here === undefined ? [] : [{ where: paths.lock, found: here, remove: () => removeStateLock(paths.lock, here) }];
  return [...own, ...onHosts.flat()];
}

function refuseLiving(locks: readonly Lock[]): void {
  const living = locks.filter(({ found }) => found.state === 'live');
  if (living.length === 0) return;
  throw new K8supError({
    code: 'LOCK_ALIVE',
    kind: 'lock',
    what: 'somebody is at work on this cluster; no lock was taken away',
    why: living.map(({ where, found }) => `${where}: ${found.about}`).join('\n'),
    fix: 'wait for it to end; where it surely has, use --force',
  });
}
