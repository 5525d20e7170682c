import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { stateDir } from './ownership.ts';

/** Seconds a script waits for another one that still holds the host. */
export const hostLockSeconds = 120;

/** Prints who holds the host. */
export const hostHolder: Sh = sh`cat /run/k8sup/holder`;

/** What to do without the lock; each must end the script. */
export interface WithoutLock {
  /** The wait for another script was for nothing. */
  readonly taken: Sh;
  /** There is no flock, or one without -w as busybox has it. */
  readonly impossible: Sh;
}

/**
 * Takes the host's lock until the script ends, on descriptor 9. A script outlives a controller that was killed, and the next run must not work
 * beside it.
 *
 * @param holder - shown to another run that finds the host locked.
 */
export function takeHostLock(holder: string, seconds: number, otherwise: WithoutLock): Sh {
  // The trial is on the folder, which nobody locks: a flock that does not know -w would look like a held lock.
  return sh`mkdir -p -m 0700 /run/k8sup ${stateDir}; exec 9>>/run/k8sup/lock
if ! flock -w 1 /run/k8sup true; then ${otherwise.impossible}; fi
if ! flock -w ${seconds} 9; then ${otherwise.taken}; fi
printf '%s\\n' ${holder} > /run/k8sup/holder`;
}
