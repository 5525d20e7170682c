import { expect, it } from 'vitest';
import type { ClusterStatus } from '../../../src/engine/events.ts';
import { renderStatus } from '../../../src/report/index.ts';

const host = { address: '192.0.2.11', roles: ['etcd', 'master'], system: 'Debian 12' };
const status: ClusterStatus = {
  cluster: 'one',
  kubernetesVersion: '1.36.3',
  hosts: [
    { ...host, name: 'h1', components: [{ unit: 'etcd.service', state: 'active', healthy: true }] },
    { ...host, name: 'h2', components: [{ unit: 'etcd.service', state: 'failed', healthy: false, said: 'EOF' }] },
    { ...host, name: 'h3', system: '', components: [], unreachable: 'connect ECONNREFUSED\u001b[2J' },
  ],
  members: [
    { name: 'h1', healthy: true, version: '3.6.0', leader: true, dbMiB: 2.5 },
    { name: 'h2', healthy: false, version: '', leader: false, dbMiB: 0 },
  ],
  nodes: [
    {
      name: 'h1',
      registered: true,
      ready: true,
      kubelet: 'v1.36.3',
      runtime: 'containerd://2.2.0',
      podCIDR: '10.244.0.0/24',
    },
    { name: 'h2', registered: true, ready: false, kubelet: 'v1.36.3', runtime: 'containerd://2.2.0', podCIDR: '' },
    { name: 'h3', registered: false, ready: false, kubelet: '', runtime: '', podCIDR: '' },
  ],
  certificates: [
    { name: 'kubernetes-ca', where: 'authority', daysLeft: 3649, nearEnd: false },
    { name: 'etcd-peer', where: 'h1', daysLeft: 300, nearEnd: false },
    { name: 'etcd-peer', where: 'h2', daysLeft: 20, nearEnd: true },
  ],
  pendingRequests: [],
  containers: [],
};

it('has a table of each part, in which what is not well stands out', () => {
  expect(renderStatus(status, 120)).toBe(`Cluster one, Kubernetes 1.36.3

Hosts
  h1  192.0.2.11  etcd,master  Debian 12
  h2  192.0.2.11  etcd,master  Debian 12
  h3  192.0.2.11  etcd,master  unreachable: connect ECONNREFUSED\\x1b[2J

Components
  h1  etcd.service  active  healthy
  h2  etcd.service  failed  NOT HEALTHY EOF

etcd members
  h1  healthy      3.6.0  leader  2.5 MiB
  h2  NOT HEALTHY                 0 MiB

Nodes
  h1  Ready           v1.36.3  containerd://2.2.0  10.244.0.0/24
  h2  NotReady        v1.36.3  containerd://2.2.0
  h3  NOT REGISTERED

Certificates
  kubernetes-ca  3649 days left              authority
  etcd-peer      20 days left, NEAR ITS END  2 of them; the first to end is on h2`);
});

it('says why no apiserver answers, and which requests wait', () => {
  const pendingRequests = [{ name: 'csr-x', requester: 'mallory', reason: 'not a node' }];
  const text = renderStatus({ ...status, nodes: [], unreachable: 'h1: down', pendingRequests }, 120);
  expect(text).toContain('Nodes: no apiserver answers\n  h1: down\n');
  expect(text).toContain('Certificate requests left pending\n  csr-x  mallory  not a node');
});

it('has leases in place of nodes where there is no Kubernetes', () => {
  const { cluster, hosts, members, certificates, pendingRequests } = status;
  const rest = { cluster, hosts, members, certificates, pendingRequests };
  const lease = {
    lease: '10.244.5.0/24',
    subnet: '10.244.5.1/24',
    mtu: '1450',
    bridge: '10.244.5.1/24',
    bridgeMtu: '1450',
  };
  const containers = [
    { ...lease, name: 'h1', wrong: [] },
    { ...lease, name: 'h2', bridge: '', bridgeMtu: '', wrong: ['docker0 has no address', 'and no MTU'] },
  ];
  const text = renderStatus({ ...rest, nodes: [], containers }, 160);
  expect(text).toContain('Cluster one, no Kubernetes\n');
  expect(text).not.toContain('Nodes');
  expect(text).toContain(`Leases
  h1  10.244.5.0/24  docker0 10.244.5.1/24, MTU 1450  as leased
  h2  10.244.5.0/24  no docker0                       WRONG docker0 has no address
                                                      WRONG and no MTU
`);
});
