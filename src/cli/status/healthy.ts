import type { ClusterStatus } from '../../engine/events.ts';

/**
 * Whether all that should run does: every host answers, every component and etcd member is healthy, every node of the inventory is there and Ready, and
 * every container host's Docker has the subnet that etcd leases to it.
 */
export function isHealthy(status: ClusterStatus): boolean {
  return (
    status.hosts.every((host) => host.unreachable === undefined && host.components.every(({ healthy }) => healthy)) &&
    status.members.every(({ healthy }) => healthy) &&
    status.unreachable === undefined &&
    status.nodes.every(({ ready }) => ready) &&
    status.containers.every(({ wrong }) => wrong.length === 0)
  );
}
