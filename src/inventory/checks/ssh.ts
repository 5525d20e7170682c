import type { Draft, Report } from '../findings.ts';
import type { Path } from '../path.ts';
import { sshOf } from '../resolve-ssh.ts';
import type { SshInput } from '../schema.ts';
import { parseProxyJump } from '../ssh-settings.ts';

/** How hosts are reached: one source for each secret, one way to each host, and nothing that would have no effect. */
export function checkSsh(draft: Draft, report: Report): void {
  const sections: readonly (readonly [Path, SshInput | undefined])[] = [
    [['ssh'], draft.ssh],
    ...draft.jumpHosts.map((jump, index) => [['jumpHosts', index], jump] as const),
    ...draft.hosts.map(({ index, host }) => [['hosts', index, 'ssh'], host.ssh] as const),
  ];
  for (const [path, ssh] of sections) {
    if (ssh === undefined) continue;
    checkSources(path, ssh, report);
    if (way(ssh.proxyJump) && way(ssh.proxyCommand)) {
      const message = 'a host is reached by proxyJump or by proxyCommand, not by both';
      report({ code: 'TWO_PROXIES', path: [...path, 'proxyCommand'], message, fix: 'take one of them out' });
    }
  }
  checkJumpHosts(draft, report);
  checkLocal(draft, report);
  checkTargets(draft, report);
}

const sources = [
  ['askPassword', 'passwordFile', 'passwordCommand'],
  ['askBecomePassword', 'becomePasswordFile', 'becomePasswordCommand'],
] as const;

function checkSources(path: Path, ssh: SshInput, report: Report): void {
  for (const keys of sources) {
    const [first, second] = keys.filter((key) => ssh[key] !== undefined && ssh[key] !== false);
    if (first === undefined || second === undefined) continue;
    const message = `a password has one source: ${first} says another one already`;
    report({ code: 'TWO_PASSWORD_SOURCES', path: [...path, second], message, fix: `keep one of ${keys.join(', ')}` });
  }
}

function way(written: string | undefined): boolean {
  return written !== undefined && written !== 'none';
}

function checkJumpHosts({ jumpHosts, ssh, hosts }: Draft, report: Report): void {
  const texts = [ssh.proxyJump, ...hosts.map(({ host }) => host.ssh?.proxyJump)];
  const used = new Set(texts.flatMap((text) => parseProxyJump(text ?? '') ?? []).map(({ hostName }) => hostName));
  const seen = new Set<string>();
  for (const [index, { name }] of jumpHosts.entries()) {
    const path = ['jumpHosts', index, 'name'];
    if (seen.has(name)) report({ code: 'DUPLICATE_JUMP_HOST', path, message: `there is a jump host ${name} already` });
    else if (!used.has(name)) {
      const message = `no proxyJump goes over ${name}`;
      report({ code: 'JUMP_HOST_UNUSED', path, message, severity: 'warning', basedOn: [['ssh'], ['hosts']] });
    }
    seen.add(name);
  }
}

/** What else a host's own section ssh may say is about becoming root, which a local host needs too. */
const remoteKeys = ['hostName', 'hostKey', 'port', 'privateKey', 'proxyJump', 'proxyCommand'] as const;

function checkLocal({ hosts }: Draft, report: Report): void {
  const local = hosts.filter(({ host }) => host.connection === 'local');
  const [first] = local;
  for (const { index, host } of local) {
    for (const key of remoteKeys.filter((name) => host.ssh?.[name] !== undefined)) {
      const message = `${key} has no effect: the host is this machine and is reached without SSH`;
      report({ code: 'LOCAL_WITH_SSH', path: ['hosts', index, 'ssh', key], message, fix: 'take it out' });
    }
    if (index === first?.index) continue;
    const message = `this machine is one host, and ${first?.host.name ?? ''} is it already`;
    report({ code: 'DUPLICATE_LOCAL', path: ['hosts', index, 'connection'], message });
  }
}

/** Two entries that reach one machine would install two hosts over each other. */
function checkTargets(draft: Draft, report: Report): void {
  const seen = new Map<string, string>();
  for (const { index, host } of draft.hosts) {
    if (host.ssh?.hostName === undefined) continue;
    const ssh = sshOf(host, draft, (path) => path);
    const jumps = ssh.proxyJump?.map((jump) => [jump.ssh.hostName, jump.ssh.port]);
    const target = JSON.stringify([ssh.hostName, ssh.port, ssh.proxyCommand ?? '', jumps]);
    const first = seen.get(target);
    if (first === undefined) seen.set(target, host.name);
    else {
      const message = `SSH goes to the same place as for ${first}: ${ssh.hostName} port ${ssh.port}`;
      report({ code: 'DUPLICATE_SSH_TARGET', path: ['hosts', index, 'ssh', 'hostName'], message });
    }
  }
}
