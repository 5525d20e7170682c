import { describe, expect, test } from 'vitest';
import { homedir } from 'node:os';
import { inventoryWith, resolved, smallest } from './sample.ts';

describe('defaults', () => {
  test('a name and a host are a whole inventory', () => {
    const { cluster, hosts, file, warnings } = resolved(smallest);
    expect(file).toBe('/work/inventory.yaml');
    expect(warnings).toEqual([]);
    expect([...(hosts[0]?.roles ?? [])]).toEqual(['etcd', 'master', 'node']);
    expect(hosts[0]?.ssh).toEqual({
      hostName: '192.0.2.11',
      port: 22,
      user: 'root',
      knownHosts: `${homedir()}/.ssh/known_hosts`,
      hostKeyChecking: 'strict',
      connectTimeoutSeconds: 15,
      keepaliveSeconds: 10,
      become: 'sudo',
      config: `${homedir()}/.ssh/config`,
      written: new Set(),
    });
    expect(cluster).toMatchObject({
      versions: {
        kubernetes: '1.36.3',
        etcd: '3.6.5',
        containerd: '2.2.0',
        runc: '1.3.3',
        cniPlugins: '1.9.1',
        coredns: '1.15.0',
      },
      runtime: { type: 'containerd', dataRoot: '/var/lib/containerd', cgroupDriver: 'auto' },
      network: { podCIDR: '10.244.0.0/16', dnsIP: '10.96.0.10', apiserverServiceIP: '10.96.0.1', nodeCIDRMaskSize: 24 },
      kubeProxy: { mode: 'nftables' },
      controlPlaneEndpoint: { host: '192.0.2.11', port: 6443 },
      lifetimes: { caHours: 87600, leafHours: 8760, nodeHours: 8760 },
      images: { coredns: 'registry.k8s.io/coredns/coredns:v1.15.0' },
      encryptionAtRest: true,
    });
    expect(cluster.proxy).toBeUndefined();
  });

  test.each([
    ['1.20.15', { runtime: 'docker', docker: '20.10.24', coredns: '1.10.1', mode: 'iptables' }],
    ['v1.23.17', { runtime: 'docker', docker: '20.10.24', coredns: '1.15.0', mode: 'iptables' }],
    ['1.24.0', { runtime: 'containerd', docker: '20.10.24', coredns: '1.15.0', mode: 'iptables' }],
    ['1.36.0', { runtime: 'containerd', docker: '20.10.24', coredns: '1.15.0', mode: 'nftables' }],
  ])('%s brings its own', (version, expected) => {
    const { cluster } = resolved(inventoryWith(`kubernetesVersion: ${version}`));
    const { versions, runtime, kubeProxy } = cluster;
    expect({ runtime: runtime.type, docker: versions.docker, coredns: versions.coredns, mode: kubeProxy.mode }).toEqual(
      expected,
    );
    expect(versions.kubernetes).toBe(version.replace('v', ''));
  });

  test('containerd with a kubelet of CRI v1alpha2 is 1.7', () => {
    const { cluster } = resolved(inventoryWith('kubernetesVersion: 1.22.17\nruntime: { type: containerd }'));
    expect(cluster.versions.containerd).toBe('1.7.29');
  });

  test('several hosts without roles are nodes', () => {
    const hosts = '- { name: a, address: 192.0.2.1, roles: [etcd, master] }\n- { name: b, address: 192.0.2.2 }';
    expect([...(resolved(inventoryWith('', hosts)).hosts[1]?.roles ?? [])]).toEqual(['node']);
  });

  test('a section whose lines are commented out is as if it were not there', () => {
    const text = inventoryWith('kubelet:\nruntime:\n  # type: docker');
    expect(resolved(text).cluster).toEqual(resolved(smallest).cluster);
  });
});

describe('what is written', () => {
  test('paths start at the inventory or at home', () => {
    const text = `ssh: { privateKey: ../id, knownHosts: known }\n${inventoryWith(
      'runtime: { images: [~/a.tar, b.tar, /c.tar] }\nartifacts: { directory: art }',
    )}`;
    const { cluster, hosts } = resolved(text);
    expect(hosts[0]?.ssh).toMatchObject({ privateKey: '/id', knownHosts: '/work/known' });
    expect(cluster.runtime.images).toEqual([`${homedir()}/a.tar`, '/work/b.tar', '/c.tar']);
    expect(cluster.artifacts.directory).toBe('/work/art');
  });

  test("a host's ssh lies over the common one, and none takes the proxy command away", () => {
    const common = 'ssh: { user: admin, port: 2222, proxyCommand: nc %h %p }\n';
    const hosts = '- { name: a, address: 192.0.2.1, ssh: { port: 22, proxyCommand: none, hostName: a.example.com } }';
    const { ssh } = resolved(common + inventoryWith('', hosts)).hosts[0] ?? {};
    expect(ssh).toMatchObject({ user: 'admin', port: 22, hostName: 'a.example.com' });
    expect(ssh?.proxyCommand).toBeUndefined();
  });

  test("a host's extras lie over the cluster's, deeply, and keep null for the component to see", () => {
    const cluster =
      'kubelet: { extraArgs: { v: 2, x: y }, extraConfig: { evictionHard: { memory: 1, disk: 2 }, list: [1, 2] } }';
    const hosts =
      '- { name: a, address: 192.0.2.1, kubelet: { extraArgs: { x: null }, extraConfig: { evictionHard: { disk: null, pid: 3 }, list: [3] } } }';
    expect(resolved(inventoryWith(cluster, hosts)).hosts[0]?.extras.kubelet).toEqual({
      extraArgs: { v: '2', x: null },
      extraConfig: { evictionHard: { memory: 1, disk: null, pid: 3 }, list: [3] },
    });
  });

  test("the runtime's extras come from its own section", () => {
    const { hosts } = resolved(inventoryWith('runtime: { containerd: { extraConfig: { debug: { level: info } } } }'));
    expect(hosts[0]?.extras.containerd.extraConfig).toEqual({ debug: { level: 'info' } });
    expect(hosts[0]?.extras.docker.extraConfig).toEqual({});
  });

  test('text that looks like a number keeps its digits, and numbers in free parts stay numbers', () => {
    const { hosts } = resolved(
      inventoryWith('kubelet: { extraArgs: { mode: 0644, rate: 1.50 }, extraConfig: { rate: 1.50, mode: 0644 } }'),
    );
    expect(hosts[0]?.extras.kubelet).toEqual({
      extraArgs: { mode: '0644', rate: '1.50' },
      extraConfig: { rate: 1.5, mode: '0644' },
    });
  });

  test('durations are hours, and an endpoint needs no port', () => {
    const { cluster } = resolved(
      inventoryWith('certificates: { caLifetime: 20y, leafLifetime: 30d }\ncontrolPlaneEndpoint: k8s.example.com'),
    );
    expect(cluster.lifetimes).toEqual({ caHours: 175200, leafHours: 720, nodeHours: 8760 });
    expect(cluster.controlPlaneEndpoint).toEqual({ host: 'k8s.example.com', port: 6443 });
  });

  test('nothing inside the cluster goes through the proxy', () => {
    const { cluster } = resolved(inventoryWith('proxy: { http: "http://proxy:3128", noProxy: [.example.com] }'));
    expect(cluster.proxy?.http).toBe('http://proxy:3128');
    expect(cluster.proxy?.noProxy).toEqual(
      expect.arrayContaining([
        '127.0.0.1',
        '192.0.2.11',
        '10.244.0.0/16',
        '10.96.0.0/16',
        '.svc',
        '.cluster.local',
        '.example.com',
      ]),
    );
  });

  test('two families keep their order, each with its own part of what is derived, in the usual form', () => {
    const network =
      'network: { podCIDR: "FD00:10:244::/56, 10.244.0.0/16", serviceCIDR: "fd00:10:96::/112,10.96.0.0/16", dnsIP: 10.96.0.11 }';
    const hosts = '- { name: a, address: "2001:DB8:0::11,192.0.2.11" }';
    const { cluster, hosts: list } = resolved(inventoryWith(`${network}\nproxy: { http: "http://proxy:3128" }`, hosts));
    expect(list[0]).toMatchObject({ address: '2001:db8::11', addresses: ['2001:db8::11', '192.0.2.11'] });
    expect(list[0]?.ssh.hostName).toBe('2001:db8::11');
    expect(cluster.network).toMatchObject({
      podCIDR: 'fd00:10:244::/56',
      podCIDRs: ['fd00:10:244::/56', '10.244.0.0/16'],
      serviceCIDR: 'fd00:10:96::/112',
      serviceCIDRs: ['fd00:10:96::/112', '10.96.0.0/16'],
      dnsIP: 'fd00:10:96::a',
      dnsIPs: ['fd00:10:96::a', '10.96.0.11'],
      apiserverServiceIP: 'fd00:10:96::1',
      apiserverServiceIPs: ['fd00:10:96::1', '10.96.0.1'],
      nodeCIDRMaskSize: 24,
      nodeCIDRMaskSizeIPv6: 64,
    });
    expect(cluster.controlPlaneEndpoint).toEqual({ host: '2001:db8::11', port: 6443 });
    expect(cluster.proxy?.noProxy).toEqual(
      expect.arrayContaining(['192.0.2.11', '2001:db8::11', 'fd00:10:244::/56', '10.96.0.0/16']),
    );
  });

  test.each([
    ['"[fd00::10]:8443"', { host: 'fd00::10', port: 8443 }],
    ['"fd00::10"', { host: 'fd00::10', port: 6443 }],
  ])('the endpoint %s', (text, endpoint) =>
    expect(resolved(inventoryWith(`controlPlaneEndpoint: ${text}`)).cluster.controlPlaneEndpoint).toEqual(endpoint),
  );

  test('values know where they stand, and absent ones where their section does', () => {
    const { document } = resolved(inventoryWith('network:\n  podCIDR: 10.244.0.0/16'));
    expect(document.position(['cluster', 'network', 'podCIDR'])).toEqual({
      file: '/work/inventory.yaml',
      line: 4,
      column: 14,
    });
    expect(document.position(['cluster', 'network', 'serviceCIDR'])).toMatchObject({ line: 3, column: 3 });
    expect(document.position(['hosts', 0, 'name'])).toMatchObject({ line: 6, column: 13 });
  });
});

describe('the way to a host', () => {
  const reach = (ssh: string, own: string, more = '') =>
    resolved(`${inventoryWith('', `- { name: a, address: 192.0.2.11, ssh: { ${own} } }`)}ssh: { ${ssh} }\n${more}`)
      .hosts[0]?.ssh;

  test('is over jump hosts with settings of their own, and those of the section ssh below them', () => {
    const jumpHosts =
      'jumpHosts: [{ name: gate, hostName: gate.example.com, user: jump, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" }]';
    const ssh = reach('user: ops, port: 2222, privateKey: id, proxyJump: "gate,me@[2001:db8::1]:2200"', '', jumpHosts);
    expect(ssh?.proxyJump).toMatchObject([
      { name: 'gate', ssh: { hostName: 'gate.example.com', user: 'jump', port: 22, privateKey: '/work/id' } },
      { name: '2001:db8::1', ssh: { hostName: '2001:db8::1', user: 'me', port: 2200, privateKey: '/work/id' } },
    ]);
    expect(ssh?.proxyJump?.map((jump) => [jump.ssh.hostKey, [...jump.ssh.written].sort()])).toEqual([
      ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5', ['hostKey', 'hostName', 'privateKey', 'user']],
      [undefined, ['port', 'privateKey', 'user']],
    ]);
  });

  test('of its own takes the place of the common one, whatever kind it is', () => {
    const own = reach('proxyCommand: nc %h', 'proxyJump: gate');
    expect([own?.proxyCommand, own?.proxyJump?.length]).toEqual([undefined, 1]);
    const none = reach('proxyJump: gate', 'proxyJump: none');
    expect([none?.proxyCommand, none?.proxyJump]).toEqual([undefined, undefined]);
    expect([...(none?.written ?? [])]).toContain('proxyJump');
  });

  test.each([
    ['askPassword: true', '', { password: { ask: 'once' } }],
    ['askPassword: true', 'askPassword: true', { password: { ask: 'host' } }],
    ['askPassword: true', 'passwordFile: pw', { password: { file: '/work/pw' } }],
    ['passwordFile: pw', 'passwordCommand: pass x', { password: { command: 'pass x' } }],
    ['passwordFile: pw', 'askPassword: false', { password: undefined }],
    ['become: su, becomePasswordFile: pw', '', { become: 'su', becomePassword: { file: '/work/pw' } }],
    ['askBecomePassword: true', '', { becomePassword: { ask: 'once' } }],
  ])('has secrets by {%s} and its own {%s}', (common, own, wanted) => {
    const { become, password, becomePassword } = reach(common, own) ?? {};
    expect({ become, password, becomePassword }).toEqual({
      become: 'sudo',
      password: undefined,
      becomePassword: undefined,
      ...wanted,
    });
  });

  test('may be none: the host is this machine', () => {
    const { hosts } = resolved(inventoryWith('', '- { name: a, address: 192.0.2.11, connection: local }'));
    expect(hosts[0]?.connection).toBe('local');
  });
});
