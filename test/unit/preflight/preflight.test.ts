import { describe, expect, it } from 'vitest';
import type { Facts, Listener } from '../../../src/host/facts/model.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { preflight, preflightError } from '../../../src/preflight/index.ts';
import { inventoryOf } from '../components/fixture.ts';
import { goodFacts, ours } from './fixture.ts';

const one = inventoryOf(`
cluster: { name: one }
hosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, master, node] }]
`);

const etcdOnly = inventoryOf(`
cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd] }
  - { name: h2, address: 192.0.2.12, roles: [master, node] }
`);

describe('a host on which nothing is in the way', () => {
  it('has no problem', () => expect(codes({})).toEqual([]));
  it('that is ours already has none either', () =>
    expect(
      codes({
        ...ours,
        filledDirectories: { '/var/lib/etcd': '/var/lib/etcd/member/x' },
        runningContainers: { 'k8s.io': 12 },
        freeMiB: { '/opt/k8sup': 1 },
        mountOf: { '/opt/k8sup': '/' },
        listeners: [listener(2379, 'etcd.service'), listener(6443, 'kube-apiserver.service'), vxlan],
        routes: [
          { cidr: '10.244.0.0/24', interface: 'cni0' },
          { cidr: '10.244.1.0/24', interface: 'flannel.1' },
        ],
      }),
    ).toEqual([]));
});

describe('what a host is', () => {
  it.each<[string, Partial<Facts>, string]>([
    ['another architecture', { architecture: { unsupported: 's390x' } }, 'ARCHITECTURE_UNSUPPORTED'],
    ['no systemd', { systemdVersion: undefined }, 'NO_SYSTEMD'],
    ['an old systemd', { systemdVersion: 219 }, 'SYSTEMD_TOO_OLD'],
    ['little memory', { memoryMiB: 400 }, 'TOO_LITTLE_MEMORY'],
    ['no memory controller', { features: without('cgroup:memory') }, 'CGROUP_CONTROLLER_MISSING'],
    ['no overlayfs', { features: without('overlay') }, 'KERNEL_FEATURE_MISSING'],
    ['no vxlan', { features: without('vxlan') }, 'KERNEL_FEATURE_MISSING'],
    ['an old kernel', { kernel: '5.10.0-8-amd64' }, 'KERNEL_TOO_OLD'],
    ['another address', { addresses: [{ interface: 'eth1', cidr: '198.51.100.9/24' }] }, 'ADDRESS_NOT_ON_HOST'],
    ['programs missing, nothing to install them with', { programs: new Set(['curl']) }, 'PROGRAMS_MISSING'],
  ])('with %s is an error', (_, changes, code) => {
    expect(codes(changes)).toEqual([code]);
    expect(severities(changes)).toEqual(['error']);
  });

  it.each<[string, Partial<Facts>, string]>([
    ['a container', { container: true, containerKind: 'lxc' }, 'CONTAINER'],
    [
      'features that nothing tells about',
      { features: without('veth'), unknownFeatures: new Set(['veth']) },
      'KERNEL_FEATURES_UNKNOWN',
    ],
    ['another operating system', { os: 'rocky 9.4' }, 'OS_NOT_PROVED'],
    ['another release of it', { os: 'debian 13' }, 'OS_NOT_PROVED'],
    [
      'all that keeps time masked',
      { units: { 'systemd-timesyncd.service': { active: 'inactive', enabled: 'masked', file: '' } } },
      'TIME_NOT_KEPT',
    ],
    ['cgroup v1', { cgroupVersion: 1 }, 'CGROUP_V1_DEPRECATED'],
  ])('with %s is a warning', (_, changes, code) => {
    expect(codes(changes)).toEqual([code]);
    expect(severities(changes)).toEqual(['warning']);
  });

  it('names the missing feature, what needs it, and what else to choose', () => {
    const [problem] = problems(one, { features: without('vxlan') });
    expect(`${problem?.what}; ${problem?.why}; ${problem?.fix}`).toBe(
      'its kernel 6.1.0-30-amd64 lacks vxlan; flannel with vxlan needs it; choose network.flannel.backend: host-gw, where no router is between the hosts',
    );
  });

  it('names the address that it has, where the inventory has another', () => {
    const [problem] = problems(one, { addresses: [{ interface: 'eth1', cidr: '198.51.100.9/24' }] });
    expect(problem?.why).toBe('it has 198.51.100.9');
  });

  it('with cgroup v1 is fine for releases that have nothing against it, and an error where the kubelet is told to refuse', () => {
    const v1 = { cgroupVersion: 1 } as const;
    expect(codes(v1, withCluster('kubernetesVersion: 1.30.14'))).toEqual([]);
    const refusing = (value: string): Inventory => withCluster(`kubelet: { extraConfig: { failCgroupV1: ${value} } }`);
    expect(codes(v1, refusing('true'))).toEqual(['CGROUP_V1_REFUSED']);
    expect(codes(v1, refusing('null'))).toEqual(['CGROUP_V1_REFUSED']);
    expect(codes(v1, refusing('false'))).toEqual(['CGROUP_V1_DEPRECATED']);
    expect(codes(v1, etcdOnly)).toEqual([]);
  });

  it('asks for no pods’ features of a host that runs none', () =>
    expect(codes({ features: new Set() }, etcdOnly)).toEqual([]));

  it('asks for the schedulers and sets of ipvs, and names what can be chosen instead', () => {
    const ipvs = withCluster('kubeProxy: { mode: ipvs }');
    expect(codes({}, ipvs)).toEqual([]);
    for (const module of ['ip_vs', 'ip_vs_rr', 'ip_set']) {
      const [problem, ...more] = preflight(ipvs, new Map([['h1', { ...goodFacts, features: without(module) }]]));
      expect(problem).toMatchObject({ host: 'h1', code: 'KERNEL_FEATURE_MISSING', severity: 'error' });
      expect(`${problem?.what ?? ''} ${problem?.fix ?? ''}`).toMatch(new RegExp(`${module}.*kubeProxy.mode`));
      expect(more).toEqual([]);
    }
  });

  it('asks for the tables that the iptables program uses', () => {
    const iptables = withCluster('kubeProxy: { mode: iptables }');
    expect(codes({ features: without('ip_tables'), iptablesBackend: 'nft' }, iptables)).toEqual([]);
    expect(codes({ features: without('nft_compat'), iptablesBackend: 'nft' }, iptables)).toEqual([
      'KERNEL_FEATURE_MISSING',
    ]);
    expect(codes({ features: without('ip_tables'), iptablesBackend: 'legacy' }, iptables)).toEqual([
      'KERNEL_FEATURE_MISSING',
    ]);
    expect(codes({ kernel: '4.18.0', iptablesBackend: 'legacy' }, iptables)).toEqual([]);
  });
});

describe('ports', () => {
  it('that another program holds are errors, with its name and unit', () => {
    const [problem] = problems(one, { listeners: [{ ...listener(6443, 'nginx.service'), process: 'nginx' }] });
    expect(problem).toMatchObject({ code: 'PORT_TAKEN', what: 'tcp port 6443 is taken', severity: 'error' });
    expect(problem?.why).toContain('nginx (nginx.service)');
  });

  it('that another program holds are errors on a host that is ours, too', () =>
    expect(codes({ ...ours, listeners: [listener(2379, 'other.service')] })).toEqual(['PORT_TAKEN']));

  it('held by a unit of our unit’s name are errors on a host that is not ours', () =>
    expect(codes({ listeners: [listener(2379, 'etcd.service')] })).toEqual(['PORT_TAKEN']));

  it('of loopback are free for us while another address has them', () => {
    expect(codes({ listeners: [{ ...listener(10248, 'a.service'), address: '192.0.2.11' }] })).toEqual([]);
    expect(codes({ listeners: [{ ...listener(10248, 'a.service'), address: '127.0.0.1' }] })).toEqual(['PORT_TAKEN']);
  });

  it('of roles that a host does not have are none of ours', () =>
    expect(codes({ listeners: [listener(6443, 'a.service'), listener(10250, 'b.service')] }, etcdOnly)).toEqual([]));

  it('of vxlan count by protocol', () => {
    expect(codes({ listeners: [vxlan] })).toEqual(['PORT_TAKEN']);
    expect(codes({ listeners: [{ ...vxlan, protocol: 'tcp' }] })).toEqual([]);
  });

  it('of flannel’s health count with flannel alone', () => {
    const taken = { listeners: [{ ...listener(10263, 'a.service'), address: '127.0.0.1' }] };
    expect(codes(taken)).toEqual(['PORT_TAKEN']);
    expect(codes(taken, withCluster('network: { plugin: none }'))).toEqual([]);
  });
});

describe('the resolver', () => {
  const named = (...nameservers: readonly string[]): Partial<Facts> => ({
    resolver: { file: '/etc/resolv.conf', nameservers },
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['no server', [], ['NO_NAMESERVER error']],
    ['dnsmasq', ['127.0.0.1'], ['NAMESERVER_ON_LOOPBACK error']],
    ['loopback of both families', ['127.0.1.1', '::1'], ['NAMESERVER_ON_LOOPBACK error']],
    ['loopback among others', ['127.0.0.1', '192.0.2.53'], ['NAMESERVER_ON_LOOPBACK warning']],
    ['servers elsewhere', ['192.0.2.53', 'fd00::53'], []],
  ])('with %s', (_, nameservers, expected) =>
    expect(problems(one, named(...nameservers)).map(({ code, severity }) => `${code} ${severity}`)).toEqual(expected),
  );

  it('is the user’s own affair where they name another file, and none of a host without pods', () => {
    expect(problems(one, named('127.0.0.1'))[0]?.fix).toContain('kubelet.extraConfig.resolvConf');
    const own = withCluster('kubelet: { extraConfig: { resolvConf: /etc/pods-resolv.conf } }');
    expect(codes(named('127.0.0.1'), own)).toEqual([]);
    expect(codes(named(), etcdOnly)).toEqual([]);
  });
});

describe('disk', () => {
  it('needs on one file system add up', () => {
    const needs = { '/opt/k8sup': '/', '/etc': '/', '/var/lib/k8sup': '/', '/var/lib/etcd': '/', '/var/lib/kubelet': '/', '/var/lib/containerd': '/' }; // prettier-ignore
    const free = (mib: number): Partial<Facts> => ({
      mountOf: needs,
      freeMiB: Object.fromEntries(Object.keys(needs).map((path) => [path, mib])),
    });
    const [problem] = problems(one, free(6000));
    expect(problem).toMatchObject({ code: 'TOO_LITTLE_DISK', what: '/ has 6000 MiB free' });
    expect(problem?.why).toContain('/var/lib/etcd (etcd data)');
    expect(codes(free(20_000))).toEqual([]);
    expect(codes({ ...free(6000), mountOf: { ...needs, '/var/lib/containerd': '/data' } })).toEqual([]);
  });
});

describe('networks', () => {
  it.each([
    ['10.96.7.0/24', 'eth1', ['CIDR_OVERLAPS_ROUTE']],
    ['10.0.0.0/8', 'eth1', ['CIDR_OVERLAPS_ROUTE', 'CIDR_OVERLAPS_ROUTE']],
    ['10.244.3.0/24', 'eth1', ['CIDR_OVERLAPS_ROUTE']],
    ['10.245.0.0/16', 'eth1', []],
    ['10.244.3.0/24', 'cni0', []],
  ])('a route to %s by %s', (cidr, link, expected) =>
    expect(codes({ routes: [{ cidr, interface: link }] })).toEqual(expected),
  );

  it('routes of host-gw to other nodes are ours on a host that is ours', () =>
    expect(codes({ ...ours, routes: [{ cidr: '10.244.3.0/24', interface: 'eth0' }] })).toEqual([]));
});

describe('what others left', () => {
  it.each<[string, Partial<Facts>, string, string]>([
    ['kubeadm', { remains: [{ of: 'kubeadm', found: '/x' }] }, 'REMAINS_FOUND', 'error'],
    [
      'a package’s idle runtime',
      { remains: [{ of: 'docker', found: '/usr/lib/x' }] },
      'DISTRIBUTION_RUNTIME',
      'warning',
    ],
    [
      'data of somebody else where k8sup would keep its own',
      { filledDirectories: { '/var/lib/docker': '/var/lib/docker/x' } },
      'DATA_DIRECTORY_NOT_EMPTY',
      'error',
    ],
    ['containers that run', { runningContainers: { moby: 2 } }, 'CONTAINERS_RUNNING', 'error'],
    ['a CNI file that sorts first', { foreignCNIConfigs: ['05-cilium.conflist'] }, 'FOREIGN_CNI_CONFIG', 'error'],
    ['another cluster', { clusterId: 'id-9', clusterName: 'nine' }, 'OTHER_CLUSTER', 'error'],
    ['another cluster of this name', { clusterId: 'id-9', clusterName: 'one' }, 'OTHER_CLUSTER', 'error'],
  ])('%s', (_, changes, code, severity) => {
    expect(codes(changes)).toEqual([code]);
    expect(severities(changes)).toEqual([severity]);
  });

  it('the setting that moves k8sup elsewhere is named', () => {
    const [problem] = problems(one, { filledDirectories: { '/var/lib/kubelet': '/var/lib/kubelet/pki/x' } });
    expect(problem).toMatchObject({ what: '/var/lib/kubelet holds files already: /var/lib/kubelet/pki/x' });
    expect(problem?.fix).toContain('cluster.kubelet.rootDir');
  });

  it('CNI files that sort first are in the way of our own host too; those that sort later, or belong to a network of the user’s own, are fine', () => {
    expect(codes({ ...ours, foreignCNIConfigs: ['05-cilium.conflist'] })).toEqual(['FOREIGN_CNI_CONFIG']);
    expect(codes({ foreignCNIConfigs: ['87-podman-bridge.conflist'] })).toEqual([]);
    expect(codes({ foreignCNIConfigs: ['05-cilium.conflist'] }, withCluster('network: { plugin: none }'))).toEqual([]);
  });
});

describe('several hosts', () => {
  const three = inventoryOf(`
cluster: { name: one, hostPreparation: { setHostName: false } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, roles: [node] }
  - { name: h3, address: 192.0.2.13, roles: [node] }
`);
  const hosts = (changes: Readonly<Record<string, Partial<Facts>>>): ReadonlyMap<string, Facts> =>
    new Map(
      ['h1', 'h2', 'h3'].map((name, index) => [
        name,
        {
          ...goodFacts,
          hostName: name,
          machineId: name,
          addresses: [{ interface: 'eth0', cidr: `192.0.2.${11 + index}/24` }],
          ...changes[name],
        },
      ]),
    );
  const found = (changes: Readonly<Record<string, Partial<Facts>>>): readonly string[] =>
    preflight(three, hosts(changes)).map(({ host, code, severity }) => `${host} ${code} ${severity}`);

  it.each<[string, Partial<Facts>, readonly string[]]>([
    ['the same machine-id', { machineId: 'h1' }, ['h2 DUPLICATE_MACHINE_ID error']],
    ['the same host name', { hostName: 'h1' }, ['h2 DUPLICATE_HOST_NAME error']],
    ['a clock 1.5 s off', { clockMs: 1_001_500 }, []],
    ['a clock 5 s ahead', { clockMs: 1_005_000 }, ['h2 CLOCK_SKEW warning']],
    ['a clock 40 s behind', { clockMs: 960_000 }, ['h2 CLOCK_SKEW error']],
  ])('%s', (_, changes, expected) => expect(found({ h2: changes })).toEqual(expected));

  it.each([1, -1])('of two hosts that one is named whose clock the controller does not share (%i)', (sign) => {
    const two = { ...three, hosts: three.hosts.slice(0, 2) };
    const off = { clockMs: goodFacts.controllerClockMs + sign * 3 * 3_600_000 };
    for (const wrong of ['h1', 'h2']) {
      const facts = new Map([...hosts({ [wrong]: off })].slice(0, 2));
      expect(preflight(two, facts).map(({ host, code }) => `${host} ${code}`)).toEqual([`${wrong} CLOCK_SKEW`]);
    }
  });

  it('a controller whose clock is wrong is not the hosts’ problem', () => {
    const off = { controllerClockMs: 90_000 };
    expect(found({ h1: off, h2: off, h3: off })).toEqual([]);
  });

  it('all problems of all hosts are one error, each with its code and fix', () => {
    const all = preflight(three, hosts({ h1: { memoryMiB: 1 }, h3: { clusterId: 'x', clusterName: 'nine' } }));
    const error = preflightError(all);
    expect(error).toMatchObject({ code: 'PREFLIGHT_FAILED', kind: 'preflight', exitCode: 19 });
    expect(error.why).toMatch(/h1: .*\[TOO_LITTLE_MEMORY\]\n.*\n.*Fix: .*\nh3: .*\[OTHER_CLUSTER\]/);
  });

  it('a single problem keeps its code and names its host', () => {
    const error = preflightError(preflight(three, hosts({ h2: { memoryMiB: 1 } })));
    expect(error).toMatchObject({ code: 'TOO_LITTLE_MEMORY', host: 'h2' });
    expect(error.why).toContain('nothing was changed on any host');
  });
});

const vxlan: Listener = { protocol: 'udp', address: '0.0.0.0', port: 8472, process: '(kernel)', unit: undefined };

function listener(port: number, unit: string): Listener {
  return { protocol: 'tcp', address: '0.0.0.0', port, process: 'x', unit };
}

function without(feature: string): ReadonlySet<string> {
  return new Set([...goodFacts.features].filter((name) => name !== feature));
}

function withCluster(setting: string): Inventory {
  return inventoryOf(`
cluster:
  name: one
  ${setting}
hosts: [{ name: h1, address: 192.0.2.11, roles: [etcd, master, node] }]
`);
}

function problems(inventory: Inventory, changes: Partial<Facts>): ReturnType<typeof preflight> {
  return preflight(inventory, new Map([['h1', { ...goodFacts, ...changes }]]), 'id-1');
}

function codes(changes: Partial<Facts>, inventory = one): readonly string[] {
  return problems(inventory, changes).map(({ code }) => code);
}

function severities(changes: Partial<Facts>): readonly string[] {
  return problems(one, changes).map(({ severity }) => severity);
}
