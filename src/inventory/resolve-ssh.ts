import { addressesOf } from './addresses.ts';
import { standard } from './defaults.ts';
import { given } from './given.ts';
import type { LocalPath } from './local-path.ts';
import type { HostInput, JumpHostInput, SshInput } from './schema.ts';
import { parseProxyJump } from './ssh-settings.ts';
import type { JumpHost, JumpText, SecretSource, SshSettings } from './ssh-settings.ts';

/** What is said for all hosts. */
export interface CommonSsh {
  readonly ssh: SshInput;
  readonly jumpHosts: readonly JumpHostInput[];
}

/** The settings of the section ssh with the host's own over them. */
export function sshOf(host: HostInput, common: CommonSsh, local: LocalPath): SshSettings {
  const own = host.ssh ?? {};
  // A host has one way: its own proxyJump takes the place of a common proxyCommand too.
  const way = own.proxyJump ?? own.proxyCommand ?? '';
  const below = way === '' ? common.ssh : without(common.ssh, ['proxyJump', 'proxyCommand']);
  const { proxyJump, proxyCommand } = { ...given(below), ...given(own) };
  const settings = settingsOf(below, own, { address: addressesOf(host)[0] ?? host.address, local });
  const jumps = jumpsOf(proxyJump, common, local);
  return {
    ...settings,
    ...(jumps.length === 0 ? {} : { proxyJump: jumps }),
    ...(proxyCommand === undefined || proxyCommand === 'none' ? {} : { proxyCommand }),
  };
}

function jumpsOf(text: string | undefined, common: CommonSsh, local: LocalPath): readonly JumpHost[] {
  return (parseProxyJump(text ?? '') ?? []).map((hop) => jumpOf(hop, common, local));
}

/** A hop has the settings of the section ssh, but neither its port nor its way: those are the hosts' behind it. */
function jumpOf(hop: JumpText, common: CommonSsh, local: LocalPath): JumpHost {
  const { name, ...known } = common.jumpHosts.find(({ name }) => name === hop.hostName) ?? { name: hop.hostName };
  const own = { ...known, ...given({ user: hop.user, port: hop.port }) };
  const below = without(common.ssh, ['port', 'proxyJump', 'proxyCommand']);
  return { name, ssh: settingsOf(below, own, { address: name, local }) };
}

function settingsOf(
  below: SshInput,
  own: SshInput,
  { address, local }: { readonly address: string; readonly local: LocalPath },
): SshSettings {
  const written = { ...given(below), ...given(own) };
  const all = { ...standard.ssh, ...written };
  const password = secretOf(passwordKeys(own), passwordKeys(below), local);
  const becomePassword = secretOf(becomeKeys(own), becomeKeys(below), local);
  return {
    hostName: all.hostName ?? address,
    port: all.port,
    user: all.user,
    become: all.become,
    knownHosts: local(all.knownHosts),
    hostKeyChecking: all.hostKeyChecking,
    connectTimeoutSeconds: all.connectTimeout,
    keepaliveSeconds: all.keepalive,
    written: new Set(Object.keys(written)),
    ...(all.config === 'none' ? {} : { config: local(all.config) }),
    ...(all.hostKey === undefined ? {} : { hostKey: all.hostKey }),
    ...(all.privateKey === undefined ? {} : { privateKey: local(all.privateKey) }),
    ...(password === undefined ? {} : { password }),
    ...(becomePassword === undefined ? {} : { becomePassword }),
  };
}

interface SecretKeys {
  readonly ask: boolean | undefined;
  readonly file: string | undefined;
  readonly command: string | undefined;
}

function passwordKeys(ssh: SshInput): SecretKeys {
  return { ask: ssh.askPassword, file: ssh.passwordFile, command: ssh.passwordCommand };
}

function becomeKeys(ssh: SshInput): SecretKeys {
  return { ask: ssh.askBecomePassword, file: ssh.becomePasswordFile, command: ssh.becomePasswordCommand };
}

/** What is nearer counts as a whole: a host's own file takes the place of a question to all. */
function secretOf(own: SecretKeys, common: SecretKeys, local: LocalPath): SecretSource | undefined {
  const isOwn = Object.values(own).some((value) => value !== undefined);
  const { ask, file, command } = isOwn ? own : common;
  if (file !== undefined) return { file: local(file) };
  if (command !== undefined) return { command };
  return ask === true ? { ask: isOwn ? 'host' : 'once' } : undefined;
}

function without<T extends object>(value: T, keys: readonly string[]): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as T;
}
