import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/**
 * The lock on a host: the holder, and the host's uptime when it was taken. Straight in /run, so that no folder is to be made and removed by several at
 * once; a restart of the host ends it.
 */
export const clusterLockPath = '/run/k8sup-holder';

const mark = '@@lock';

/** What a host says of the cluster's lock on it. */
export type LockSight =
  | { readonly state: 'free' }
  /** It is ours. */
  | { readonly state: 'taken' }
  | {
      readonly state: 'held';
      /** The holder as it wrote itself. */
      readonly text: string;
      readonly heldSeconds: number;
      /** Seconds since its last sign of life, by a clock that nobody sets. */
      readonly silentSeconds: number;
      /** A script of an apply runs on the host, whoever began it. */
      readonly busy: boolean;
    }
  | { readonly state: 'failed' };

/**
 * Takes the lock, or gives a sign of life where it is ours already, and prints what {@link parseLock} reads. It does not end the script that it is part of.
 *
 * @param text - one line that nobody else has.
 * @param instead - the text of a lock that is known to be nobody's: it is replaced, if it is still that one.
 */
export function claimLock(text: string, instead?: string): Sh {
  const path = clusterLockPath;
  return sh`echo ${mark}
( umask 077
${helpers()}
own=${path}.$$
beat() { up > ${path}.beat && echo taken || echo failed; }
if mine ${text}; then beat; exit; fi
trap 'rm -f "$own"' EXIT
{ printf '%s\\n' ${text} && up; } > "$own" || { echo failed; exit; }
${instead === undefined ? sh`` : sh`under_flock && mine ${instead} && mv -f "$own" ${path} && { beat; exit; }`}
for try in 1 2 3; do
  if ln "$own" ${path}; then beat; exit; fi
  show && exit
done
echo failed ) 2>/dev/null </dev/null`;
}

/** Removes the lock if it is still that one. */
export function releaseLock(text: string): Sh {
  return sh`( ${helpers()}
if under_flock && mine ${text}; then rm -f ${clusterLockPath} ${clusterLockPath}.beat; fi ) 2>/dev/null`;
}

/** Only looks. */
export const lookAtLock: Sh = sh`echo ${mark}
( ${helpers()}
show || echo free ) 2>/dev/null`;

/** Undefined where the script did not come to it. */
export function parseLock(stdout: string): LockSight | undefined {
  const lines = stdout.split('\n');
  const at = lines.indexOf(mark);
  const [state = '', text = ''] = at < 0 ? [] : lines.slice(at + 1);
  const [word, held, silent, busy] = state.split('\t');
  if (word === 'free' || word === 'taken' || word === 'failed') return { state: word };
  if (word !== 'held') return undefined;
  const seconds = (number: string | undefined): number => Math.max(0, Number(number ?? 0));
  return {
    state: 'held',
    text,
    heldSeconds: seconds(held),
    silentSeconds: seconds(silent),
    busy: busy === 'busy',
  };
}

/**
 * `under_flock` holds the lock's own file until the subshell ends: who replaces or removes it does so alone, and then looks whether it is still the one that
 * was judged. A sign of life that is just being written reads as empty and counts as one of now.
 */
function helpers(): Sh {
  const path = clusterLockPath;
  return sh`up() { read -r u _ < /proc/uptime && echo "\${u%%.*}"; }
mine() { [ "$(head -n 1 ${path})" = "$1" ]; }
under_flock() { exec 9< ${path} || return 1; ! command -v flock >/dev/null || flock 9; }
show() {
  { IFS= read -r text && IFS= read -r since; } < ${path} || return 1
  now=$(up); last=$(cat ${path}.beat); busy=
  [ ! -e /run/k8sup/lock ] || flock -n /run/k8sup/lock true || busy=busy
  printf 'held\\t%s\\t%s\\t%s\\n%s\\n' $((now - since)) $((now - \${last:-$now})) "$busy" "$text"
}`;
}
