import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { controllerAddress, netnsName, netnsPath, prefixLength } from './model.ts';
import { attempt, run } from './run.ts';

/** Name of the bridge inside the lab's namespace. */
export const bridgeName = 'lab0';

/**
 * Makes the lab's network namespace with a bridge for its hosts. The controller's side is their default gateway, and answers "unreachable" to whatever
 * they send elsewhere: there is no way out, and no program waits for a timeout to learn so.
 */
export async function makeNetwork(lab: string, signal: AbortSignal): Promise<void> {
  const options = { signal, timeoutMs: 20_000 };
  await run('ip', ['netns', 'add', netnsName(lab)], options);
  const script = [
    'set -e',
    'ip link set lo up',
    `ip link add ${bridgeName} type bridge`,
    `ip address add ${controllerAddress}/${prefixLength} dev ${bridgeName}`,
    `ip link set ${bridgeName} up`,
    'echo 1 >/proc/sys/net/ipv4/ip_forward',
    'ip route add unreachable default',
  ].join('\n');
  // Not "ip netns exec": that one mounts a new /sys, which hides the cgroup tree.
  await run('nsenter', [`--net=${netnsPath(lab)}`, 'sh', '-c', script], options);
}

/** Removes the namespace; the bridge and the hosts' links go with it. */
export async function removeNetwork(netns: string, signal: AbortSignal): Promise<void> {
  const path = `/run/netns/${netns}`;
  if (!existsSync(path)) return;
  const options = { signal, timeoutMs: 20_000 };
  const { exitCode } = await attempt('ip', ['netns', 'delete', netns], options);
  // A crash between its two steps leaves a plain file, which ip refuses to delete.
  if (exitCode !== 0) await rm(path, { force: true });
}
