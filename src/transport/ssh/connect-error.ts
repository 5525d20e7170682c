import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import type { Host } from '../../inventory/model.ts';

/** Turns what ssh2 or the network said into an error that tells the user the cause and the way out. */
export function connectError(host: Host, error: unknown, proxyErrors: string): K8supError {
  const where = `${host.name} (${host.ssh.user}@${host.ssh.hostName}:${String(host.ssh.port)})`;
  const said = [messageOf(error), proxyErrors].filter((text) => text !== '').join('; ');
  if (isAuthentication(error)) {
    return new K8supError({
      code: 'SSH_AUTHENTICATION',
      kind: 'connection',
      host: host.name,
      what: `${where}: the host does not let us log in`,
      why: said,
      fix: `check ssh.user and ssh.privateKey, and that the key is in ~${host.ssh.user}/.ssh/authorized_keys on the host`,
      cause: error,
    });
  }
  return new K8supError({
    code: 'HOST_UNREACHABLE',
    kind: 'connection',
    host: host.name,
    what: `${where} cannot be reached`,
    why: said,
    fix: hintFor(said, host),
    cause: error,
  });
}

function isAuthentication(error: unknown): boolean {
  return error instanceof Error && 'level' in error && error.level === 'client-authentication';
}

function hintFor(said: string, host: Host): string {
  if (host.ssh.proxyCommand !== undefined) return `try the proxy command by hand: ${host.ssh.proxyCommand}`;
  if (/no matching|handshake failed/i.test(said))
    return 'the host and k8sup share no algorithm: see what sshd on the host is set to offer';
  if (/ECONNREFUSED/.test(said)) return 'is sshd running there, and is ssh.port right?';
  if (/ENOTFOUND|EAI_AGAIN/.test(said)) return 'the name does not resolve: check address or ssh.hostName';
  return 'check the address, the route to it and any firewall between';
}
