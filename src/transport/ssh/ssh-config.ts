import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { K8supError } from '../../errors/k8sup-error.ts';
import { parseProxyJump } from '../../inventory/ssh-settings.ts';
import type { JumpText } from '../../inventory/ssh-settings.ts';
import type { Target, TargetSsh } from './target.ts';

/** OpenSSH's configuration, read by OpenSSH itself, so that Include, Match and tokens mean what they mean there. */
export interface SshConfig extends Disposable {
  /**
   * The target with what the configuration says and the inventory does not; the same one where there is no configuration, or no ssh.
   *
   * @throws K8supError `SSH_CONFIG_INVALID` where ssh cannot make sense of it.
   */
  complete(target: Target, signal: AbortSignal): Promise<Completed>;
}

export interface Completed {
  readonly target: Target;
  /** Hops that the configuration names; the inventory's own are in the target. */
  readonly jumps: readonly JumpText[];
}

/** `Match exec` may ask the network. */
const limitMs = 20_000;

export function openSshConfig(program = 'ssh'): SshConfig {
  const wrappers = new Map<string, string>();
  let folder: string | undefined;
  let missing = false;
  /** The user of whom nobody says anything is not ssh's default but ours, which therefore stands behind all else; the first value counts. */
  const wrapperOf = ({ ssh }: Target, file: string): string => {
    const system = ssh.written.has('config') ? '' : 'Include /etc/ssh/ssh_config\n';
    const text = `Include "${file}"\n${system}Match all\nUser ${ssh.user}\n`;
    folder ??= mkdtempSync(join(tmpdir(), 'k8sup-ssh-'));
    const path = wrappers.get(text) ?? join(folder, `config-${String(wrappers.size)}`);
    if (!wrappers.has(text)) writeFileSync(path, text, { mode: 0o600 });
    wrappers.set(text, path);
    return path;
  };
  return {
    complete: async (target, signal) => {
      const { config } = target.ssh;
      if (missing || config === undefined || !existsSync(config)) return { target, jumps: [] };
      const words = wordsFor(target, wrapperOf(target, config));
      const { execa } = await import('execa');
      signal.throwIfAborted();
      const result = await execa(program, words, {
        stdin: 'ignore',
        timeout: limitMs,
        cancelSignal: signal,
        reject: false,
      });
      signal.throwIfAborted();
      missing = result.code === 'ENOENT';
      if (missing) return { target, jumps: [] };
      if (result.failed) throw invalid(target, config, result.timedOut ? 'ssh -G did not end' : result.stderr);
      return apply(target, valuesOf(result.stdout));
    },
    [Symbol.dispose]: () => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function wordsFor({ ssh }: Target, wrapper: string): readonly string[] {
  const user = ssh.written.has('user') ? ['-l', ssh.user] : [];
  const port = ssh.written.has('port') ? ['-p', String(ssh.port)] : [];
  return ['-G', '-F', wrapper, ...user, ...port, '--', ssh.hostName];
}

type Values = ReadonlyMap<string, readonly string[]>;

function valuesOf(text: string): Values {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

function apply(target: Target, values: Values): Completed {
  const { ssh } = target;
  const one = (key: string): string | undefined => values.get(key)?.[0];
  const unsaid = (key: string): boolean => !ssh.written.has(key);
  const seconds = (key: string): number | undefined => (Number(one(key)) > 0 ? Number(one(key)) : undefined);
  const [known, ...more] = filesOf(one('userknownhostsfile'));
  const way = unsaid('proxyJump') && unsaid('proxyCommand') && ssh.proxyJump === undefined;
  const command = one('proxycommand');
  const checking = one('stricthostkeychecking');
  const alias = one('hostkeyalias');
  const agent = one('identityagent');
  const changed: TargetSsh = {
    ...ssh,
    hostName: one('hostname') ?? ssh.hostName,
    user: one('user') ?? ssh.user,
    port: Number(one('port') ?? ssh.port),
    ...(unsaid('connectTimeout')
      ? { connectTimeoutSeconds: seconds('connecttimeout') ?? ssh.connectTimeoutSeconds }
      : {}),
    ...(unsaid('keepalive') ? { keepaliveSeconds: seconds('serveraliveinterval') ?? ssh.keepaliveSeconds } : {}),
    ...(unsaid('knownHosts') && known !== undefined
      ? { knownHosts: known, moreKnownHosts: [...more, ...filesOf(one('globalknownhostsfile'))] }
      : {}),
    // Whatever else is said there, nothing is let through that `strict` would stop.
    ...(unsaid('hostKeyChecking') ? { hostKeyChecking: checking === 'accept-new' ? checking : 'strict' } : {}),
    ...(way && command !== undefined && command !== 'none' ? { proxyCommand: command } : {}),
    ...(alias === undefined || alias === 'none' ? {} : { hostKeyAlias: alias }),
    ...(agent === undefined ? {} : { identityAgent: fromHome(agent) }),
    identityFiles: [...(ssh.identityFiles ?? []), ...(values.get('identityfile') ?? []).map(fromHome)].filter(
      existsSync,
    ),
    identitiesOnly: one('identitiesonly') === 'yes',
    certificateFiles: values.get('certificatefile') ?? [],
    hashKnownHosts: one('hashknownhosts') === 'yes',
  };
  const jumps = way ? (parseProxyJump(one('proxyjump') ?? '') ?? []) : [];
  return { target: { ...target, ssh: changed }, jumps };
}

function filesOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(' ')
    .filter((file) => file !== '' && file !== 'none')
    .map(fromHome);
}

function fromHome(path: string): string {
  return path.replace(/^(~(?=\/)|%d)/, homedir());
}

function invalid(target: Target, file: string, said: string): K8supError {
  return new K8supError({
    code: 'SSH_CONFIG_INVALID',
    kind: 'connection',
    host: target.name,
    what: `${target.name}: ssh cannot make sense of ${file}`,
    why: said.trim(),
    fix: `try  ssh -G ${target.ssh.hostName}  by hand; ssh.config: none makes k8sup pass over the file`,
  });
}
