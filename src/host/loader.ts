import { randomBytes } from 'node:crypto';

/**
 * The one command that is ever sent as an argument: it holds no secret and stays far below the 128 KiB that one argument may have.
 * It reads a length, then the script of that many bytes, from standard input, and leaves the rest of standard input to the script.
 * `read` takes single bytes from a pipe and `head -c` never reads past its count, so nothing of what follows is lost.
 */
export const loader = `IFS= read -r k8sup_n && k8sup_s=$(head -c "$k8sup_n") && eval "$k8sup_s"`;

/** sudo's question, as it stands in standard error. */
export const passwordPrompt = '@@k8sup-password:';

/** Printed once root's shell runs: from then on standard input is its own. */
export const rootMark = '@@k8sup-root';

/** Ends what may be left of the password on standard input. */
export const goLine = '@@k8sup-go';

/** How a login becomes root. */
export interface BecomeRoot {
  readonly with: 'sudo' | 'su';
  /** Whether a password is sent ahead of the script. */
  readonly password: boolean;
}

/**
 * sudo and su take the first line of standard input where they ask for a password, and leave it where they do not (NOPASSWD, a ticket that still
 * counts): so root's shell throws away what stands before {@link goLine}. Both read byte by byte from what is no terminal, so nothing behind that line is lost.
 */
const patientLoader = `echo ${rootMark}; while IFS= read -r k8sup_l && [ "$k8sup_l" != ${goLine} ]; do :; done; ${loader}`;

/** The loader as a command line for a login shell; `become` is undefined for a login as root. */
export function loaderCommand(become?: BecomeRoot): string {
  const shell = `/bin/sh -c '${become?.password === true ? patientLoader : loader}'`;
  if (become === undefined) return `exec ${shell}`;
  if (become.with === 'su') return `exec su -s /bin/sh ${shell.slice('/bin/sh '.length)} root`;
  return become.password ? `exec sudo -S -p ${passwordPrompt} -- ${shell}` : `exec sudo -n -- ${shell}`;
}

/** A script made ready to be sent: its framed bytes, and the mark behind which its own output begins. */
export interface FramedScript {
  readonly frame: Buffer;
  readonly startMark: string;
}

/** Frames a script with its length; a random mark tells its output from what login files print. */
export function frameScript(script: string): FramedScript {
  const startMark = `@@k8sup-start-${randomBytes(9).toString('hex')}`;
  const body = Buffer.from(`${prelude}echo ${startMark}\n${script}\n`);
  return { frame: Buffer.concat([Buffer.from(`${String(body.length)}\n`), body]), startMark };
}

/** One locale and a full path, whatever the login environment says: probes parse what programs print. */
const prelude = `LC_ALL=C; export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
umask 022
unset KUBECONFIG CDPATH ENV
`;
