import { userInfo } from 'node:os';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { JumpText } from '../../inventory/ssh-settings.ts';
import type { Completed, SshConfig } from './ssh-config.ts';
import type { Target } from './target.ts';

/** The way to a host. */
export interface Route {
  readonly target: Target;
  /** Jump hosts, the first one first. */
  readonly jumps: readonly Target[];
}

/** More would be a ring: each of the first hops may name others. */
const maxJumps = 8;

/**
 * Finds the way to a target, as OpenSSH does: the first hop of a ProxyJump may itself be behind others, by its own configuration.
 *
 * @throws K8supError `PROXY_JUMP_LOOP`, and what reading the configuration throws.
 */
export async function routeTo(host: Target, config: SshConfig, signal: AbortSignal): Promise<Route> {
  const completed = await config.complete(host, signal);
  return { target: completed.target, jumps: await jumpsTo(completed, config, signal) };
}

async function jumpsTo(
  completed: Completed,
  config: SshConfig,
  signal: AbortSignal,
  depth = 0,
): Promise<readonly Target[]> {
  const wanted = hopsOf(completed);
  const [first, ...rest] = await Promise.all(wanted.map((hop) => config.complete(hop, signal)));
  if (first === undefined) return [];
  const jumps = [first, ...rest].map(({ target }) => target);
  if (depth + jumps.length > maxJumps) throw loop(completed.target);
  return [...(await jumpsTo(first, config, signal, depth + jumps.length)), ...jumps];
}

function hopsOf({ target, jumps }: Completed): readonly Target[] {
  const { name, ssh } = target;
  if (ssh.proxyJump !== undefined) return ssh.proxyJump.map((jump) => ({ name, jump: jump.name, ssh: jump.ssh }));
  return jumps.map((hop) => fromConfig(hop, target));
}

/** As for ssh itself, a hop that only the configuration names has its own settings there, and else ssh's defaults. */
function fromConfig(hop: JumpText, { name, ssh }: Target): Target {
  const { config, knownHosts, hostKeyChecking, connectTimeoutSeconds, keepaliveSeconds, privateKey, written } = ssh;
  const said = [
    ...['config', 'knownHosts', 'hostKeyChecking', 'connectTimeout', 'keepalive'].filter((key) => written.has(key)),
    ...(hop.user === undefined ? [] : ['user']),
    ...(hop.port === undefined ? [] : ['port']),
  ];
  return {
    name,
    jump: hop.hostName,
    ssh: {
      hostName: hop.hostName,
      port: hop.port ?? 22,
      user: hop.user ?? userInfo().username,
      become: 'sudo',
      knownHosts,
      hostKeyChecking,
      connectTimeoutSeconds,
      keepaliveSeconds,
      written: new Set(said),
      ...(config === undefined ? {} : { config }),
      ...(privateKey === undefined ? {} : { identityFiles: [privateKey] }),
    },
  };
}

function loop({ name }: Target): K8supError {
  return new K8supError({
    code: 'PROXY_JUMP_LOOP',
    kind: 'connection',
    host: name,
    what: `${name}: the way to it goes over more than ${String(maxJumps)} jump hosts`,
    why: 'a jump host may name itself, or another one that leads back to it, by ProxyJump',
    fix: `look at  ssh -G  of each jump host, or write the way to ssh.proxyJump`,
  });
}
