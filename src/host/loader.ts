import { randomBytes } from 'node:crypto';

/**
 * The one command that is ever sent as an argument: it holds no secret and stays far below the 128 KiB that one argument may have.
 * It reads a length, then the script of that many bytes, from standard input, and leaves the rest of standard input to the script.
 * `read` takes single bytes from a pipe and `head -c` never reads past its count, so nothing of what follows is lost.
 */
export const loader = `IFS= read -r k8sup_n && k8sup_s=$(head -c "$k8sup_n") && eval "$k8sup_s"`;

/** The loader as a command line for a login shell, with sudo for a user who is not root. */
export function loaderCommand(user: string): string {
  const quoted = `/bin/sh -c '${loader}'`;
  return user === 'root' ? `exec ${quoted}` : `exec sudo -n -- ${quoted}`;
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
