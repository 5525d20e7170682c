import { describe, expect, test } from 'vitest';
import { artifactIds } from '../../../src/artifacts/index.ts';
import { checkInventory } from '../../../src/inventory/load.ts';
import { hasKubernetes } from '../../../src/inventory/model.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { recordOf, unsafeChanges } from '../../../src/inventory/unsafe-changes.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { leafPlaces } from '../../../src/pki/index.ts';

const hosts = `hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, container] }
  - { name: h2, address: 192.0.2.12, roles: [container] }
`;
const written = (cluster = '', rest = hosts): string => `cluster:\n  name: one\n${cluster}${rest}`;

function problemsOf(text: string): readonly string[] {
  const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
  const errors = 'problems' in checked ? checked.problems : [];
  return [...errors, ...checked.warnings].map(
    ({ severity, code, path, position }) => `${severity} ${code} ${String(position.line)} ${path}`,
  );
}

function resolved(text = written()): Inventory {
  const checked = checkInventory(text, '/inventory.yaml', networkPlugins);
  if ('inventory' in checked) return checked.inventory;
  throw new Error(JSON.stringify(checked.problems));
}

describe('hosts that run containers without Kubernetes', () => {
  test('need a name, etcd and themselves alone', () => {
    expect(problemsOf(written())).toEqual([]);
    const { cluster, hosts: all } = resolved();
    expect(hasKubernetes({ hosts: all })).toBe(false);
    expect(cluster.controlPlaneEndpoint).toBeUndefined();
    expect(cluster.runtime).toMatchObject({ type: 'docker', dataRoot: '/var/lib/docker', liveRestore: false });
    expect(cluster.network).toMatchObject({ plugin: 'flannel', settings: { subnetManager: 'etcd' } });
  });

  test('get etcd, Docker and flannel, and nothing else', () => {
    const components = new Set(artifactIds(resolved(), 'amd64').map(({ component }) => component));
    expect([...components].sort()).toEqual(['docker', 'etcd', 'flannel']);
    expect(leafPlaces(resolved()).map(({ id }) => id)).toEqual([
      'hosts/h1/etcd-server',
      'hosts/h1/etcd-peer',
      'etcd-healthcheck-client',
      'hosts/h1/flannel-etcd-client',
      'hosts/h2/flannel-etcd-client',
    ]);
  });

  test.each([
    ['a proxy goes around what there is', '  proxy: { http: "http://p:3128" }\n'],
    ['no Service network is in the way of hosts', ''],
  ])('%s', (_what, cluster) => {
    const elsewhere = hosts.replaceAll('192.0.2.', '10.96.0.');
    const text = written(cluster, elsewhere);
    expect(problemsOf(text)).toEqual([]);
    expect(resolved(text).cluster.proxy?.noProxy ?? []).not.toContain('.svc');
  });

  test.each([
    ['a master among them', hosts.replace('[etcd,', '[etcd, master,'), '', ['error CONTAINER_HOST_MIXED']],
    [
      'a node among them',
      `${hosts}  - { name: h3, address: 192.0.2.13, roles: [node] }\n`,
      '',
      ['CONTAINER_HOST_MIXED'],
    ],
    ['a host that says nothing', `${hosts}  - { name: h3, address: 192.0.2.13 }\n`, '', ['ROLES_MISSING 6 hosts[2]']],
    ['no etcd', hosts.replace('etcd, ', ''), '', ['error NO_ETCD']],
    ['containerd', hosts, '  runtime: { type: containerd }\n', ['error CONTAINERS_NEED_DOCKER 3 cluster.runtime.type']],
    ['another network', hosts, '  network: { plugin: bridge }\n', ['error PLUGIN_NEEDS_KUBERNETES']],
    ['live restore', hosts, '  runtime: { liveRestore: true }\n', ['error LIVE_RESTORE_KEEPS_SUBNET 3']],
    [
      'Docker 28.0',
      hosts,
      '  runtime: { version: 28.0.4 }\n',
      ['error DOCKER_BLOCKS_ROUTES 3 cluster.runtime.version'],
    ],
    ['Docker 28.1', hosts, '  runtime: { version: 28.1.1 }\n', ['error DOCKER_BLOCKS_ROUTES']],
    [
      "a bridge address of one's own",
      hosts,
      '  runtime: { docker: { extraConfig: { bip: 10.1.1.1/24 } } }\n',
      ['error SETTING_RESERVED 3 cluster.runtime.docker.extraConfig.bip'],
    ],
    [
      "Docker's nftables",
      hosts,
      '  runtime: { docker: { extraConfig: { firewall-backend: nftables } } }\n',
      ['error DOCKER_FIREWALL_BACKEND'],
    ],
    ['a DaemonSet', hosts, '  network: { flannel: { deploy: daemonset } }\n', ['error FLANNEL_WITHOUT_KUBERNETES']],
    ['a prefix with a slash', hosts, '  network: { flannel: { etcdPrefix: /a/ } }\n', ['error ETCD_PREFIX_INVALID 3']],
    ['SubnetMin outside', hosts, '  network: { flannel: { subnetMin: 10.9.0.0 } }\n', ['error SUBNET_OUTSIDE_NETWORK']],
    [
      'too few subnets',
      hosts,
      '  network: { flannel: { subnetMin: 10.244.1.0, subnetMax: 10.244.1.0 } }\n',
      ['error SUBNETS_TOO_FEW 3 cluster.network'],
    ],
    [
      'flannel 0.17 with etcd 3.6',
      hosts,
      '  network: { flannel: { version: 0.17.0 } }\n',
      ['error FLANNEL_NEEDS_ETCD_V2 3 cluster.network.flannel.version'],
    ],
    [
      'IPv6 beside IPv4',
      hosts,
      '  network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56" }\n',
      ['error CONTAINERS_IPV4_ONLY 3 cluster.network.podCIDR'],
    ],
    [
      'IPv6 alone',
      hosts,
      '  network: { podCIDR: "fd00:10:244::/56" }\n',
      ['error CONTAINERS_IPV4_ONLY 3 cluster.network.podCIDR'],
    ],
    [
      'a host without IPv4',
      hosts.replace('192.0.2.12', '"2001:db8::12"'),
      '',
      ['error FAMILY_MISSING 5 hosts[1].address'],
    ],
    ['flannel 0.9', hosts, '  network: { flannel: { version: 0.9.1 } }\n', ['error FLANNEL_TOO_OLD']],
  ] as const)('are refused with %s', (_what, list, cluster, expected) => {
    const found = problemsOf(written(cluster, list));
    for (const problem of expected) expect(found.join('\n')).toContain(problem);
    expect(found.filter((problem) => problem.startsWith('error')).length).toBeGreaterThan(0);
  });

  test.each([
    ['20.10.24', []],
    ['27.5.1', ['warning DOCKER_NOT_PROVED 3 cluster.runtime.version']],
    ['28.2.0', ['warning DOCKER_NOT_PROVED 3 cluster.runtime.version']],
    ['29.0.0', ['warning DOCKER_NOT_PROVED 3 cluster.runtime.version']],
  ])('may have Docker %s: %j', (version, said) => {
    expect(problemsOf(written(`  runtime: { version: ${version} }\n`))).toEqual(said);
  });

  test.each(['3.4.23', '3.5.21'])(
    'may have flannel 0.17 with etcd %s, which is then told to serve its v2 API',
    (etcd) => {
      const text = written(`  etcd: { version: ${etcd} }\n  network: { flannel: { version: 0.17.0 } }\n`);
      expect(problemsOf(text)).toEqual(['warning FLANNEL_V2_NOT_PROVED 4 cluster.network.flannel.version']);
      expect(resolved(text).cluster.network.needs.etcdV2).toBe(true);
      expect(resolved().cluster.network.needs.etcdV2).toBeUndefined();
    },
  );

  test('are warned of what is about Kubernetes, each at its place', () => {
    const text = written(`  kubernetesVersion: 1.30.1
  controlPlaneEndpoint: a:6443
  bootstrap: token-secret
  kubelet: { maxPods: 50 }
  network: { serviceCIDR: 10.3.0.0/16, dnsDomain: x.y, nodeCIDRMaskSize: 24 }
  images: { coredns: a/b }
`);
    expect(problemsOf(text)).toEqual(
      [
        '3 cluster.kubernetesVersion',
        '4 cluster.controlPlaneEndpoint',
        '5 cluster.bootstrap',
        '6 cluster.kubelet',
        '7 cluster.network.serviceCIDR',
        '7 cluster.network.dnsDomain',
        '7 cluster.network.nodeCIDRMaskSize',
        '8 cluster.images.coredns',
      ].map((place) => `warning SETTING_WITHOUT_EFFECT ${place}`),
    );
  });
});

describe('what may change on living container hosts', () => {
  const before = recordOf(resolved());
  const codes = (text: string): readonly string[] => unsafeChanges(before, resolved(text)).map(({ code }) => code);

  test('is the network, and whatever is about Kubernetes', () => {
    expect(codes(written('  kubernetesVersion: 1.30.1\n  network: { podCIDR: 10.50.0.0/16 }\n'))).toEqual([]);
  });

  test('is not where etcd is, nor what a host is', () => {
    expect(codes(written('  etcd: { clientPort: 4379 }\n'))).toEqual(['UNSAFE_CHANGE_ETCD_PORTS']);
    const kubernetes = hosts.replace('[etcd, container]', '[etcd, master, node]').replace('[container]', '[node]');
    expect(codes(written('', kubernetes))).toContain('UNSAFE_CHANGE_HOST_ROLES');
  });
});
