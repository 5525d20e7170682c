import { addressesOf } from '../addresses.ts';
import type { Draft, DraftHost, Report } from '../findings.ts';
import { parseEndpoint } from '../endpoint.ts';
import { rolesOf } from '../resolve.ts';
import { formatAddress, parseAddress } from '../cidr.ts';
import { kubeletRoles } from '../model.ts';
import type { ComponentName, Role } from '../model.ts';

/** Who is what: etcd's quorum, masters and the address in front of them. */
export function checkRoles(draft: Draft, report: Report): void {
  checkEndpointForm(draft, report);
  checkUnusedSettings(draft, report);
  if (rolesUnknown(draft)) return;
  const members = withRole(draft, 'etcd');
  if (members.length === 0) {
    const message = 'no host has the role etcd';
    report({ code: 'NO_ETCD', path: ['hosts'], message, fix: 'add etcd to the roles of one, three or five hosts' });
  } else if (members.length % 2 === 0) {
    const message = `${members.length} etcd members bear no more failures than ${members.length - 1}, and a split in halves stops them all`;
    report({ code: 'ETCD_EVEN', path: ['hosts'], message, fix: 'use one, three or five members' });
  } else if (members.length > 5) {
    const message = `${members.length} etcd members: each write waits for more of them than with five, which bear the loss of two already`;
    report({ code: 'ETCD_TOO_MANY', path: ['hosts'], message, fix: 'use one, three or five members' });
  }
  if (!draft.kubernetes) return;
  checkMasters(draft, report);
  if (withRole(draft, 'node').length === 0) {
    const message = 'no host has the role node: no pod but those that tolerate masters can run, not even CoreDNS';
    report({ code: 'NO_NODE', severity: 'warning', path: ['hosts'], message });
  }
}

function checkMasters(draft: Draft, report: Report): void {
  const masters = withRole(draft, 'master');
  const path = ['cluster', 'controlPlaneEndpoint'];
  const endpoint = draft.cluster.controlPlaneEndpoint;
  if (masters.length === 0) {
    report({
      code: 'NO_MASTER',
      path: ['hosts'],
      message: 'no host has the role master',
      fix: 'add master to the roles of a host',
    });
  }
  if (masters.length < 2) return;
  if (endpoint === undefined) {
    const message = `${masters.length} masters need one address in front of them`;
    const fix = 'set cluster.controlPlaneEndpoint to host:port of a load balancer or a virtual address';
    report({ code: 'CONTROL_PLANE_ENDPOINT_MISSING', path, message, fix });
    return;
  }
  const owner = masters.find(({ host }) => addressesOf(host).includes(usual(parseEndpoint(endpoint)?.host ?? '')));
  if (owner === undefined) return;
  const message = `${endpoint} is the address of ${owner.host.name} alone: without that master nothing reaches the others`;
  report({ code: 'CONTROL_PLANE_ENDPOINT_SINGLE', severity: 'warning', path, message });
}

function checkEndpointForm(draft: Draft, report: Report): void {
  const text = draft.cluster.controlPlaneEndpoint;
  if (text === undefined || parseEndpoint(text) !== undefined) return;
  const message = `${JSON.stringify(text)} is not host:port`;
  const fix =
    'write a DNS name or an address and a port, for example "k8s.example.com:6443" or "[fd00::10]:6443", without https://';
  report({ code: 'CONTROL_PLANE_ENDPOINT_INVALID', path: ['cluster', 'controlPlaneEndpoint'], message, fix });
}

function usual(host: string): string {
  const address = parseAddress(host);
  return address.kind === 'none' ? host : formatAddress(address);
}

const rolesOfComponent: Readonly<Record<ComponentName, readonly Role[]>> = {
  etcd: ['etcd'],
  apiserver: ['master'],
  controllerManager: ['master'],
  scheduler: ['master'],
  kubelet: kubeletRoles,
  kubeProxy: kubeletRoles,
  containerd: [...kubeletRoles, 'container'],
  docker: [...kubeletRoles, 'container'],
};

/** Settings of a component that the host does not run are most likely at the wrong host. */
function checkUnusedSettings(draft: Draft, report: Report): void {
  for (const { index, host } of draft.hosts) {
    const roles = rolesOf(host, draft.onlyHost);
    const runs = (wanted: readonly Role[]): boolean => wanted.some((role) => roles.has(role));
    const unused = Object.entries(rolesOfComponent).filter(
      ([name, wanted]) => host[name as ComponentName] !== undefined && !runs(wanted),
    );
    const labelled = (['labels', 'taints'] as const).filter((key) => host[key] !== undefined && !runs(kubeletRoles));
    for (const key of [...unused.map(([name]) => name), ...labelled]) {
      const message = `${host.name} has the roles ${[...roles].join(', ')} alone: this has no effect`;
      const basedOn = [['hosts', index, 'roles']];
      report({
        code: 'SETTING_WITHOUT_EFFECT',
        severity: 'warning',
        path: ['hosts', index, key],
        basedOn,
        message,
        atKey: true,
      });
    }
  }
}

function withRole(draft: Draft, role: Role): readonly DraftHost[] {
  return draft.hosts.filter(({ host }) => rolesOf(host, draft.onlyHost).has(role));
}

/** Where a host or its roles could not be read, nothing can be said about the whole. */
function rolesUnknown(draft: Draft): boolean {
  return draft.broken.some((path) => path[0] === 'hosts' && (path.length <= 2 || path[2] === 'roles'));
}
