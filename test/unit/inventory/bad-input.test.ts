import { describe, expect, test } from 'vitest';
import { badAddresses } from './bad-addresses.ts';
import { badComponentSettings } from './bad-component-settings.ts';
import { badInventories, two, twoMasters } from './bad-inventories.ts';
import type { Case } from './bad-inventories.ts';
import { badNetworks } from './bad-networks.ts';
import { badSsh } from './bad-ssh.ts';
import { check, inventoryWith, problemsOf, smallest, summary } from './sample.ts';

describe('mistakes', () => {
  test.each([...badInventories, ...badAddresses, ...badComponentSettings, ...badNetworks, ...badSsh])(
    '%s',
    (_what, cluster, hosts, found) => {
      expect(summary(problemsOf(inventoryWith(cluster, hosts)))).toEqual(found);
    },
  );

  test.each([
    ['cluster: [', 'YAML_SYNTAX 1:11'],
    ['cluster:\n\tname: x', 'YAML_SYNTAX 2:1'],
    ['a: *nowhere', 'YAML_SYNTAX 1:1'],
    ['', 'INVENTORY_EMPTY 1:1'],
    ['# nothing\n', 'INVENTORY_EMPTY 1:1'],
    ['- a', 'WRONG_TYPE 1:1'],
    ['cluster: { name: a }\nhosts: []', 'VALUE_INVALID 2:1 hosts'],
    ['cluster: { name: a }', 'MISSING_KEY 1:1 hosts'],
  ])('the file %j', (text, found) => expect(summary(problemsOf(text))).toEqual([found]));

  test('are all found at once, in the order of the file, and one does not bring others', () => {
    const cluster =
      'kubernetesVersion: newest\nnetwork:\n  serviceCIDR: 7\n  dnsIP: 10.200.0.10\n  podCIDR: 10.244.3.0/16\nfoo: 1';
    const hosts = '- { name: a, address: 192.0.2.1, roles: [mastr] }\n- { name: a, address: 192.0.2.1 }';
    expect(summary(problemsOf(inventoryWith(cluster, hosts)))).toEqual([
      'VERSION_INVALID 3:22 cluster.kubernetesVersion',
      'WRONG_TYPE 5:18 cluster.network.serviceCIDR',
      'CIDR_HOST_BITS 7:14 cluster.network.podCIDR',
      'UNKNOWN_KEY 8:3 cluster.foo',
      'VALUE_INVALID 10:44 hosts[0].roles[0]',
      'DUPLICATE_HOST_NAME 11:13 hosts[1].name',
      'DUPLICATE_ADDRESS 11:25 hosts[1].address',
    ]);
  });

  test('of one host do not become mistakes of the whole, nor change what another host is', () => {
    const hosts = '- { name: a, address: 192.0.2.1, roles: [etcd, master] }\n- { name: b, address: [] }';
    expect(summary(problemsOf(inventoryWith('', hosts)))).toEqual(['WRONG_TYPE 5:16 hosts[1].address']);
    const unusable = '- { name: A_, address: 192.0.2.1 }\n- { name: b, address: 192.0.2.2, scheduler: {} }';
    const result = check(inventoryWith('', unusable));
    expect(summary(result.warnings)).toEqual(['SETTING_WITHOUT_EFFECT 5:36 hosts[1].scheduler']);
  });

  test.each([
    ['networks: {}', 'did you mean "network"?'],
    ['podCIDR: 10.0.0.0/8', 'it belongs to cluster.network'],
    ['network: { podCIDR: 10.244.1.0/16 }', 'did you mean 10.244.0.0/16?'],
    ['network: { plugin: flanel }', 'did you mean "flannel"?'],
    ['bootstrap: token-sercet', 'did you mean "token-secret"?'],
    ['kubernetesVersion: 1.36', 'write the whole version, for example "1.36.3"'],
    ['images: { verify: 1 }', 'put it in quotes: "1"'],
    ['kubelet: { extraArgs: { root-dir: /x } }', 'use cluster.kubelet.rootDir'],
  ])('%s: %s', (cluster, fix) => {
    expect(problemsOf(inventoryWith(cluster))[0]?.fix).toBe(fix);
  });
});

test('what is asked of Docker is not asked of containerd, nor is what is fine refused', () => {
  const mirrors = 'runtime: { registryMirrors: { quay.io: [https://a.example] } }';
  expect(problemsOf(inventoryWith(mirrors))).toEqual([]);
  const args = 'enable-admission-plugins: AlwaysPullImages, disable-admission-plugins: DefaultStorageClass';
  expect(problemsOf(inventoryWith(`apiserver: { extraArgs: { ${args}, anonymous-auth: false } }`))).toEqual([]);
  expect(problemsOf(inventoryWith('etcd: { version: 3.5.13 }'))).toEqual([]);
  expect(problemsOf(inventoryWith('kubernetesVersion: 1.30.9\netcd: { version: 3.5.3 }'))).toEqual([]);
});

describe('warnings', () => {
  test.each<Case>([
    [
      'a release in between',
      'kubernetesVersion: 1.30.9',
      undefined,
      ['KUBERNETES_NOT_PROVED 3:22 cluster.kubernetesVersion'],
    ],
    ['Docker on 1.36', 'runtime: { type: docker }', undefined, ['DOCKER_NEEDS_CRI_DOCKERD 3:20 cluster.runtime.type']],
    [
      'containerd 1 with 1.36',
      'runtime: { version: 1.7.29 }',
      undefined,
      ['CONTAINERD_TOO_OLD 3:23 cluster.runtime.version', 'CONTAINERD_1_NOT_PROVED 3:23 cluster.runtime.version'],
    ],
    ...['"true"', 'true', 'null'].map((value): Case => [
      `anonymous-auth: ${value}`,
      `apiserver: { extraArgs: { anonymous-auth: ${value} } }`,
      undefined,
      ['ANONYMOUS_ACCESS 3:45 cluster.apiserver.extraArgs.anonymous-auth'],
    ]),
    [
      'a shared setting that the network does not use',
      'network: { plugin: none, mtu: 1400 }',
      undefined,
      ['SETTING_WITHOUT_EFFECT 3:28 cluster.network.mtu'],
    ],
    [
      'what cannot work with macvlan',
      'network: { plugin: macvlan, macvlan: { subnet: 192.0.2.0/24, ranges: { a: { from: 192.0.2.100, to: 192.0.2.220 } } } }',
      '- { name: a, address: 192.0.2.1 }',
      ['MACVLAN_LIMITS 3:22 cluster.network.plugin'],
    ],
    ['ipvs', 'kubeProxy: { mode: ipvs }', undefined, ['IPVS_NOT_PROVED 3:22 cluster.kubeProxy.mode']],
    ['token.csv', 'bootstrap: token-file', undefined, ['TOKEN_FILE_NEVER_EXPIRES 3:14 cluster.bootstrap']],
    [
      'an endpoint that is one of two masters',
      'controlPlaneEndpoint: 192.0.2.1:6443',
      twoMasters,
      ['CONTROL_PLANE_ENDPOINT_SINGLE 3:25 cluster.controlPlaneEndpoint', 'NO_NODE 4:1 hosts'],
    ],
    [
      'node ports that the hosts use',
      'network: { nodePortRange: 1-65535 }',
      undefined,
      ['NODE_PORT_RANGE_MIXED 3:29 cluster.network.nodePortRange'],
    ],
    [
      'families that were not run with a network',
      'network: { plugin: none, podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }',
      '- { name: a, address: "192.0.2.1,2001:db8::1" }',
      ['FAMILIES_NOT_PROVED 3:37 cluster.network.podCIDR'],
    ],
    [
      'the node mask of a family that pods lack',
      'network: { nodeCIDRMaskSizeIPv6: 64 }',
      undefined,
      ['SETTING_WITHOUT_EFFECT 3:14 cluster.network.nodeCIDRMaskSizeIPv6'],
    ],
    [
      'settings of vxlan with host-gw',
      'network: { flannel: { backend: host-gw, vni: 2 } }',
      undefined,
      ['SETTING_WITHOUT_EFFECT 3:43 cluster.network.flannel.vni'],
    ],
    [
      'Docker settings with containerd',
      'runtime: { docker: { extraConfig: { x: 1 } } }',
      undefined,
      ['SETTING_WITHOUT_EFFECT 3:14 cluster.runtime.docker'],
    ],
    [
      'master settings on a node',
      '',
      two.replace('192.0.2.2', '192.0.2.2, scheduler: { extraArgs: { v: 2 } }'),
      ['SETTING_WITHOUT_EFFECT 5:36 hosts[1].scheduler'],
    ],
  ])('%s', (_what, cluster, hosts, found) => {
    const result = check(inventoryWith(cluster, hosts));
    expect('problems' in result ? result.problems : []).toEqual([]);
    expect(summary(result.warnings)).toEqual(found);
  });

  test('the smallest inventory has none', () => expect(check(smallest).warnings).toEqual([]));
});

describe('jump hosts', () => {
  const found = (list: string) => {
    const result = check(`${inventoryWith('')}ssh: { proxyJump: gate }\njumpHosts:\n${list}`);
    return summary([...('problems' in result ? result.problems : []), ...result.warnings]);
  };

  test.each([
    ['there twice', '  - { name: gate }\n  - { name: gate }\n', ['DUPLICATE_JUMP_HOST 8:13 jumpHosts[1].name']],
    ['no name', '  - { name: "a b" }\n', ['JUMP_HOST_NAME_INVALID 7:13 jumpHosts[0].name']],
    ['used by nobody', '  - { name: gate }\n  - { name: b }\n', ['JUMP_HOST_UNUSED 8:13 jumpHosts[1].name']],
    [
      'with two passwords',
      '  - { name: gate, passwordCommand: c, passwordFile: f }\n',
      ['TWO_PASSWORD_SOURCES 7:36 jumpHosts[0].passwordCommand'],
    ],
    ['as they should be', '  - { name: gate, hostName: 192.0.2.9, user: me }\n', []],
  ])('that are %s', (_what, list, wanted) => expect(found(list)).toEqual(wanted));
});
