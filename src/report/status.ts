import type { CertificateStatus, ClusterStatus, ContainerStatus, NodeStatus } from '../engine/events.ts';
import { escapeControl } from '../shell/escape.ts';
import { table } from './table.ts';

/** The status of a cluster as tables for people. */
export function renderStatus(status: ClusterStatus, columns: number): string {
  const draw: Draw = (rows) =>
    table(
      rows.map((row) => row.map(escapeControl)),
      { columns, indent: 2 },
    );
  const sections = [
    `Cluster ${status.cluster}, ${status.kubernetesVersion === undefined ? 'no Kubernetes' : `Kubernetes ${status.kubernetesVersion}`}`,
    `Hosts\n${draw(status.hosts.map((host) => [host.name, host.address, host.roles.join(','), host.unreachable === undefined ? host.system : `unreachable: ${host.unreachable}`]))}`,
    `Components\n${draw(status.hosts.flatMap((host) => host.components.map((one) => [host.name, one.unit, one.state, one.healthy ? 'healthy' : `NOT HEALTHY ${one.said ?? ''}`])))}`,
    `etcd members\n${draw(status.members.map((member) => [member.name, member.healthy ? 'healthy' : 'NOT HEALTHY', member.version, member.leader ? 'leader' : '', `${String(member.dbMiB)} MiB`]))}`,
    ...nodes(status, draw),
    `Certificates\n${draw(certificates(status.certificates))}`,
    ...(status.pendingRequests.length === 0
      ? []
      : [
          `Certificate requests left pending\n${draw(status.pendingRequests.map(({ name, requester, reason }) => [name, requester, reason]))}`,
        ]),
  ];
  return sections.join('\n\n');
}

type Draw = (rows: readonly (readonly string[])[]) => string;

/** Nodes where there is Kubernetes, container hosts where there is none. */
function nodes(status: ClusterStatus, draw: Draw): readonly string[] {
  if (status.kubernetesVersion === undefined) return [`Leases\n${draw(status.containers.flatMap(lease))}`];
  if (status.unreachable !== undefined) return [`Nodes: no apiserver answers\n  ${escapeControl(status.unreachable)}`];
  return [
    `Nodes\n${draw(status.nodes.map((node) => [node.name, readiness(node), node.kubelet, node.runtime, node.podCIDR]))}`,
  ];
}

/** A line for each thing that is wrong, as a table cuts what is too long. */
function lease({ name, lease: leased, bridge, bridgeMtu, wrong }: ContainerStatus): readonly (readonly string[])[] {
  const about = [name, leased, bridge === '' ? 'no docker0' : `docker0 ${bridge}, MTU ${bridgeMtu}`];
  if (wrong.length === 0) return [[...about, 'as leased']];
  return wrong.map((text, index) => [...(index === 0 ? about : about.map(() => '')), `WRONG ${text}`]);
}

function readiness({ registered, ready }: NodeStatus): string {
  if (!registered) return 'NOT REGISTERED';
  return ready ? 'Ready' : 'NotReady';
}

/** One line for all hosts' certificates of a kind: the one that ends first decides. */
function certificates(all: readonly CertificateStatus[]): readonly (readonly string[])[] {
  const names = [...new Set(all.map(({ name }) => name))];
  return names.map((name) => {
    const mine = all.filter((one) => one.name === name);
    const first = mine.reduce((least, one) => (one.daysLeft < least.daysLeft ? one : least));
    return [
      name,
      `${String(first.daysLeft)} days left${first.nearEnd ? ', NEAR ITS END' : ''}`,
      mine.length > 1 ? `${String(mine.length)} of them; the first to end is on ${first.where}` : first.where,
    ];
  });
}
