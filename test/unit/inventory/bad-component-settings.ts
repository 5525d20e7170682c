import type { Case } from './bad-inventories.ts';

const etcdMembers = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) =>
      `- { name: e${index}, address: 192.0.2.${index + 1}, roles: [etcd${index === 0 ? ', master, node' : ''}] }`,
  ).join('\n');

/** Bad inventories again: what components would not take, or must not be given. */
export const badComponentSettings: readonly Case[] = [
  ['seven etcd members', '', etcdMembers(7), ['ETCD_TOO_MANY 3:1 hosts']],
  ['etcd that corrupts', 'etcd: { version: 3.5.2 }', undefined, ['ETCD_CORRUPTS_DATA 3:20 cluster.etcd.version']],
  [
    'etcd 3.5 without watch progress',
    'etcd: { version: 3.5.12 }',
    undefined,
    ['ETCD_TOO_OLD 3:20 cluster.etcd.version'],
  ],
  [
    'etcd 3.4 without watch progress',
    'etcd: { version: 3.4.30 }',
    undefined,
    ['ETCD_TOO_OLD 3:20 cluster.etcd.version'],
  ],
  [
    'mirrors that Docker has not',
    'kubernetesVersion: 1.20.15\nruntime: { registryMirrors: { docker.io: [https://a.example], quay.io: [https://a.example] } }',
    undefined,
    ['DOCKER_MIRROR_UNSUPPORTED 4:65 cluster.runtime.registryMirrors["quay.io"]'],
  ],
  [
    'null in a list of config.toml',
    'runtime: { containerd: { extraConfig: { a: null, b: [1, null], c: [{ d: null }] } } }',
    undefined,
    [
      'TOML_NULL 3:59 cluster.runtime.containerd.extraConfig.b[1]',
      'TOML_NULL 3:75 cluster.runtime.containerd.extraConfig.c[0].d',
    ],
  ],
  [
    "null in a list of a host's config.toml",
    '',
    '- { name: a, address: 192.0.2.1, containerd: { extraConfig: { b: [null] } } }',
    ['TOML_NULL 4:69 hosts[0].containerd.extraConfig.b[0]'],
  ],
  [
    'nodes without their restriction',
    'apiserver: { extraArgs: { disable-admission-plugins: "DefaultStorageClass, NodeRestriction" } }',
    undefined,
    ['NODE_RESTRICTION_NEEDED 3:56 cluster.apiserver.extraArgs.disable-admission-plugins'],
  ],
  [
    'nodes without their restriction, by null, on one host',
    '',
    '- { name: a, address: 192.0.2.1, apiserver: { extraArgs: { enable-admission-plugins: null } } }',
    ['NODE_RESTRICTION_NEEDED 4:88 hosts[0].apiserver.extraArgs.enable-admission-plugins'],
  ],
];
