import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import { DroppedError } from './dropped-error.ts';
import { targetTitle } from './target.ts';
import type { Target } from './target.ts';

/** What is known of an attempt beside its error. */
export interface Attempted {
  readonly proxyErrors: string;
  /** What was tried to log in. */
  readonly login: () => string;
  /** sshd dropped the connection before it said anything. */
  readonly dropped: boolean;
}

/** Turns what ssh2 or the network said into an error that tells the user the cause and the way out. */
export function connectError(target: Target, error: unknown, { proxyErrors, login, dropped }: Attempted): K8supError {
  const where = targetTitle(target);
  const said = [messageOf(error), proxyErrors].filter((text) => text !== '').join('; ');
  if (isAuthentication(error)) {
    return new K8supError({
      code: 'SSH_AUTHENTICATION',
      kind: 'connection',
      host: target.name,
      what: `${where}: the host does not let us log in`,
      why: `${said}; ${login()}`,
      fix: fixForLogin(target),
      cause: error,
    });
  }
  const details = {
    code: 'HOST_UNREACHABLE',
    kind: 'connection',
    host: target.name,
    what: `${where} cannot be reached`,
    why: said,
    cause: error,
  } as const;
  if (!dropped) return new K8supError({ ...details, fix: hintFor(said, target) });
  const fix =
    'too many logins at once? See MaxStartups and PerSourcePenalties in sshd_config on the host, and its journal';
  return new DroppedError({ ...details, fix });
}

/** A jump host that does not lead on. */
export function forwardError(target: Target, jump: Target, error: unknown): K8supError {
  const said = messageOf(error);
  // SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, 5.1)
  const forbidden = error instanceof Error && 'reason' in error && error.reason === 1;
  return new K8supError({
    code: 'HOST_UNREACHABLE',
    kind: 'connection',
    host: target.name,
    what: `${targetTitle(target)} cannot be reached through ${jump.jump ?? jump.name}`,
    why: said,
    fix: forbidden
      ? `allow it on ${jump.jump ?? jump.name}: AllowTcpForwarding and PermitOpen in its sshd_config`
      : `try on ${jump.jump ?? jump.name}:  ssh -p ${String(target.ssh.port)} ${target.ssh.hostName}`,
    cause: error,
  });
}

function isAuthentication(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('level' in error && error.level === 'client-authentication') || /authentication failures/i.test(error.message)
  );
}

function fixForLogin({ ssh }: Target): string {
  const key = `check ssh.user and ssh.privateKey, and that the key is in ~${ssh.user}/.ssh/authorized_keys on the host`;
  return ssh.password === undefined
    ? key
    : `${key}; a password: where it comes from, and PasswordAuthentication in sshd_config`;
}

function hintFor(said: string, { ssh }: Target): string {
  if (ssh.proxyCommand !== undefined) return `try the proxy command by hand: ${ssh.proxyCommand}`;
  if (/no matching|handshake failed/i.test(said))
    return 'the host and k8sup share no algorithm: see what sshd on the host is set to offer';
  if (/no SSH server spoke/.test(said))
    return 'sshd there hangs, or something else listens: is ssh.port right? Look at the host at its console';
  if (/did not end the login/.test(said))
    return 'sshd there waits for something (PAM, DNS, a full disk): look at its journal, or set ssh.connectTimeout';
  if (/ECONNREFUSED/.test(said)) return 'is sshd running there, and is ssh.port right?';
  if (/ENOTFOUND|EAI_AGAIN/.test(said)) return 'the name does not resolve: check address or ssh.hostName';
  return 'check the address, the route to it and any firewall between';
}
