import type { SshSettings } from '../../inventory/ssh-settings.ts';

/** Where a connection goes: a host, or a jump host on the way to one. */
export interface Target {
  /** The host that all this is for. */
  readonly name: string;
  /** The jump host's name, where it is one. */
  readonly jump?: string;
  readonly ssh: TargetSsh;
}

/** The inventory's settings with those of OpenSSH's configuration, which has some more. */
export interface TargetSsh extends SshSettings {
  /** Keys to try besides: those that are there. */
  readonly identityFiles?: readonly string[];
  /** Only the keys that are named, although an agent has more. */
  readonly identitiesOnly?: boolean;
  /** IdentityAgent: a socket's path, `SSH_AUTH_SOCK` or `none`. */
  readonly identityAgent?: string;
  readonly certificateFiles?: readonly string[];
  /** Name under which the host key is recorded. */
  readonly hostKeyAlias?: string;
  /** known_hosts files that are only read. */
  readonly moreKnownHosts?: readonly string[];
  readonly hashKnownHosts?: boolean;
}

/** For messages: `h1 (ops@192.0.2.11:22)`, or `h1: jump host gate (ops@192.0.2.1:22)`. */
export function targetTitle({ name, jump, ssh }: Target): string {
  const place = `(${ssh.user}@${ssh.hostName}:${String(ssh.port)})`;
  return jump === undefined ? `${name} ${place}` : `${name}: jump host ${jump} ${place}`;
}
