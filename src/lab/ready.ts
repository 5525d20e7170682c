import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import { escapeControl } from '../shell/escape.ts';
import type { LabHost } from './model.ts';
import { consoleOf, endedWith } from './record.ts';
import { attempt, lastLines } from './run.ts';
import { sshCommand, type LabAccess } from './ssh.ts';
import type { LabNetwork } from './topology.ts';

type NewLab = LabAccess & { readonly network: LabNetwork };

/** Hosts that boot at the same time share the machine's cores. */
const limitMs = (hosts: number): number => 60_000 + hosts * 5_000;

/**
 * Waits until every host has booted and lets in whoever holds the lab's key.
 *
 * @throws {@link K8supError} `LAB_BOOT` with the end of a host's console, when it stops or after a minute and some seconds for each host.
 */
export async function waitForHosts(lab: NewLab, hosts: readonly LabHost[], signal: AbortSignal): Promise<void> {
  // The first failure ends the waits for the others: the lab is taken down then.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  try {
    // One of its own for each: Node warns of more than ten listeners on one signal.
    const wait = (host: LabHost): Promise<void> =>
      waitForHost(lab, host, { signal: AbortSignal.any([either]), limitMs: limitMs(hosts.length) });
    await Promise.all(hosts.map(wait));
  } finally {
    failed.abort();
  }
}

async function waitForHost(
  lab: NewLab,
  host: LabHost,
  { signal, limitMs }: { readonly signal: AbortSignal; readonly limitMs: number },
): Promise<void> {
  const deadline = Date.now() + limitMs;
  const [program = '', ...args] = sshCommand(lab, host, ['sh', '-c', readyScript(lab.network)]);
  let last = '';
  while (Date.now() < deadline) {
    const status = await endedWith(host);
    if (status !== undefined) throw await bootError(host, `systemd-nspawn ended with ${status}`);
    const result = await attempt(program, args, { signal, timeoutMs: 10_000 });
    if (result.exitCode === 0) return;
    last = result.exitCode === 255 ? lastLines(result.stderr, 3) : result.stdout;
    await pause(200, undefined, { signal });
  }
  throw await bootError(host, `no answer within ${limitMs / 1000} s: ${last}`);
}

/** Says what a host still lacks. Pure. */
export function readyScript(network: LabNetwork): string {
  const need = (condition: string, what: string): string => `${condition} || { echo '${what}'; exit 1; }`;
  return [
    // Once this target is reached sshd runs, and users other than root may log in as well.
    need('systemctl is-active --quiet multi-user.target', 'systemd has not finished to boot'),
    ...(network.secondInterface
      ? [need('[ "$(cat /sys/class/net/host1/carrier)" = 1 ]', 'host1 is not connected')]
      : []),
    ...(network.routerAdvertisements
      ? [need('[ -n "$(ip -6 route show default proto ra)" ]', 'no router advertisement has come')]
      : []),
  ].join('\n');
}

async function bootError(host: LabHost, cause: string): Promise<K8supError> {
  const output = escapeControl(lastLines(await consoleOf(host), 15).replaceAll('\r', ''));
  return new K8supError({
    code: 'LAB_BOOT',
    kind: 'lab',
    what: `lab host ${host.name} does not come up`,
    why: `${cause}\n${output === '' ? 'Its console is empty.' : `The end of its console:\n${output}`}`,
    fix: 'Run "k8sup lab up" again; the last lines above name what failed.',
    host: host.name,
    log: join(host.directory, 'console.log'),
  });
}
