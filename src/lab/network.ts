import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { netnsName, netnsPath } from './model.ts';
import { attempt, run } from './run.ts';
import { labBridges, type LabBridge, type LabNetwork } from './topology.ts';

/**
 * Makes the lab's network namespace with the bridges for its hosts. The controller's side is their default gateway and routes between the bridges. To
 * whatever else they send it answers "unreachable": there is no way out, and no program waits for a timeout to learn so.
 */
export async function makeNetwork(lab: string, network: LabNetwork, signal: AbortSignal): Promise<void> {
  const options = { signal, timeoutMs: 20_000 };
  await run('ip', ['netns', 'add', netnsName(lab)], options);
  // Not "ip netns exec": that one mounts a new /sys, which hides the cgroup tree.
  await run('nsenter', [`--net=${netnsPath(lab)}`, 'sh', '-c', networkScript(network)], options);
}

/** Shell that fills an empty network namespace. Pure. */
export function networkScript(network: LabNetwork): string {
  return [
    'set -e',
    'ip link set lo up',
    ...labBridges(network).flatMap((bridge) => bridgeLines(bridge, network.mtu)),
    'echo 1 >/proc/sys/net/ipv4/ip_forward',
    'ip route add unreachable default',
    ...(network.ipv6 ? ['echo 1 >/proc/sys/net/ipv6/conf/all/forwarding', 'ip -6 route add unreachable default'] : []),
  ].join('\n');
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

function bridgeLines({ name, addresses }: LabBridge, mtu: number | undefined): readonly string[] {
  return [
    `ip link add ${name} type bridge`,
    // Not as it is made: a bridge keeps an MTU that was set, and otherwise takes its ports'.
    ...(mtu === undefined ? [] : [`ip link set ${name} mtu ${mtu}`]),
    ...addresses.map((address) => `ip address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`),
    `ip link set ${name} up`,
  ];
}
