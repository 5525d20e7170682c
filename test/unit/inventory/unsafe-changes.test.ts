import { describe, expect, test } from 'vitest';
import { parseRecord, recordOf } from '../../../src/inventory/record.ts';
import { disruptiveChanges, unsafeChanges } from '../../../src/inventory/unsafe-changes.ts';
import { inventoryWith, resolved, summary } from './sample.ts';

const hosts = ['a', 'b'].map(
  (name, index) =>
    `- { name: ${name}, address: 192.0.2.${index + 1}, roles: [${index === 0 ? 'etcd, master' : 'node'}] }`,
);
const before = recordOf(resolved(inventoryWith('', hosts.join('\n'))));

function edits(cluster: string, list: readonly string[] = hosts): readonly string[] {
  return summary(unsafeChanges(before, resolved(inventoryWith(cluster, list.join('\n')))));
}

describe('unsafe edits', () => {
  test.each([
    ['kubernetesVersion: 1.36.4', 'KUBERNETES_VERSION 3:22 cluster.kubernetesVersion'],
    ['network: { podCIDR: 10.245.0.0/16 }', 'POD_CIDR 3:23 cluster.network.podCIDR'],
    ['network: { flannel: { deploy: daemonset } }', 'NETWORK_SETTING 3:33 cluster.network.flannel.deploy'],
    ['network: { nodeCIDRMaskSize: 23 }', 'NODE_MASK 3:32 cluster.network.nodeCIDRMaskSize'],
    ['network: { dnsIP: 10.96.0.11 }', 'DNS_IP 3:21 cluster.network.dnsIP'],
    ['network: { dnsDomain: x.local }', 'DNS_DOMAIN 3:25 cluster.network.dnsDomain'],
    ['runtime: { type: docker }', 'RUNTIME 3:20 cluster.runtime.type'],
    ['runtime: { dataRoot: /data/containerd }', 'DATA_DIRECTORY 3:24 cluster.runtime.dataRoot'],
    ['etcd: { dataDir: /data/etcd }', 'DATA_DIRECTORY 3:20 cluster.etcd.dataDir'],
    ['kubelet: { rootDir: /data/kubelet }', 'DATA_DIRECTORY 3:23 cluster.kubelet.rootDir'],
    ['etcd: { clientPort: 3379 }', 'ETCD_PORTS 3:23 cluster.etcd.clientPort'],
    ['etcd: { version: 3.5.21 }', 'ETCD_VERSION 3:20 cluster.etcd.version'],
    ['etcd: { version: 3.6.4 }', 'ETCD_VERSION 3:20 cluster.etcd.version'],
    ['controlPlaneEndpoint: x:6443', 'CONTROL_PLANE_ENDPOINT 3:25 cluster.controlPlaneEndpoint'],
    ['kubeProxy: { mode: iptables }', 'PROXY_MODE 3:22 cluster.kubeProxy.mode'],
    ['apiserver: { encryptionAtRest: false }', 'ENCRYPTION 3:34 cluster.apiserver.encryptionAtRest'],
  ])('%s', (cluster, found) => expect(edits(cluster)).toEqual([`UNSAFE_CHANGE_${found}`]));

  test('another pod network is none, but pods notice it', () => {
    const after = resolved(inventoryWith('network: { plugin: bridge }', hosts.join('\n')));
    expect(unsafeChanges(before, after)).toEqual([]);
    const [change, ...others] = disruptiveChanges(before, after);
    expect(others).toEqual([]);
    expect(change).toMatchObject({ code: 'NETWORK_CHANGES', severity: 'warning', path: 'cluster.network.plugin' });
    expect(change?.message).toMatch(
      /from flannel to bridge: .*connections of pods break, and each pod is restarted in place/,
    );
    expect(disruptiveChanges(before, resolved(inventoryWith('', hosts.join('\n'))))).toEqual([]);
  });

  test('with IPv6 its node mask, and a family less or more, are edits too; an older record has no mask', () => {
    const network = 'podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112"';
    const both = hosts.map((host) => host.replace(/192\.0\.2\.(\d)/, '"192.0.2.$1,2001:db8::$1"')).join('\n');
    const dual = (more = '') => resolved(inventoryWith(`network: { ${network}${more} }`, both));
    expect(summary(unsafeChanges(recordOf(dual()), dual()))).toEqual([]);
    expect(summary(unsafeChanges(recordOf(dual()), dual(', nodeCIDRMaskSizeIPv6: 60')))).toEqual([
      expect.stringMatching(/^UNSAFE_CHANGE_NODE_MASK .* cluster.network.nodeCIDRMaskSizeIPv6$/),
    ]);
    expect(unsafeChanges(before, dual()).map(({ code }) => code.replace('UNSAFE_CHANGE_', ''))).toEqual([
      ...['POD_CIDR', 'SERVICE_CIDR', 'DNS_IP', 'HOST_ADDRESS', 'HOST_ADDRESS'],
    ]);
    expect(before).not.toHaveProperty('nodeCIDRMaskSizeIPv6');
  });

  test('another service CIDR moves the DNS address too', () => {
    expect(edits('network: { serviceCIDR: 10.97.0.0/16 }')).toEqual([
      'UNSAFE_CHANGE_SERVICE_CIDR 3:27 cluster.network.serviceCIDR',
      'UNSAFE_CHANGE_DNS_IP 3:3 cluster.network.dnsIP',
    ]);
  });

  test('a host taken out, moved, or with a role less', () => {
    expect(edits('', hosts.slice(0, 1))).toEqual(['UNSAFE_CHANGE_HOST_REMOVED 3:1 hosts']);
    const moved = [hosts[0] ?? '', (hosts[1] ?? '').replace('192.0.2.2', '192.0.2.9')];
    expect(edits('', moved)).toEqual(['UNSAFE_CHANGE_HOST_ADDRESS 5:25 hosts[1].address']);
    const both = recordOf(resolved(inventoryWith('', hosts.join('\n').replace('etcd, master', 'etcd, master, node'))));
    const less = unsafeChanges(both, resolved(inventoryWith('', hosts.join('\n'))));
    expect(summary(less)).toEqual(['UNSAFE_CHANGE_HOST_ROLES 4:36 hosts[0].roles']);
  });

  test('other members of etcd', () => {
    const more = [
      ...hosts,
      '- { name: c, address: 192.0.2.3, roles: [etcd] }',
      '- { name: d, address: 192.0.2.4, roles: [etcd] }',
    ];
    expect(edits('', more)).toEqual(['UNSAFE_CHANGE_ETCD_MEMBERS 3:1 hosts']);
  });
});

test('encryption at rest cannot be switched on either', () => {
  const plain = recordOf(resolved(inventoryWith('apiserver: { encryptionAtRest: false }', hosts.join('\n'))));
  const after = resolved(inventoryWith('apiserver: { encryptionAtRest: true }', hosts.join('\n')));
  expect(summary(unsafeChanges(plain, after))).toEqual([
    'UNSAFE_CHANGE_ENCRYPTION 3:34 cluster.apiserver.encryptionAtRest',
  ]);
});

describe('a newer default of k8sup', () => {
  const older = { ...before, kubernetes: '1.35.2', proxyMode: 'iptables', etcd: { ...before.etcd, version: '3.5.21' } };
  const fixes = (cluster: string) =>
    unsafeChanges(older, resolved(inventoryWith(cluster, hosts.join('\n')))).map(({ message, fix }) => [
      message.split(',')[0],
      fix?.split(',')[0],
    ]);

  test('is no edit to take back: what to write is said', () => {
    expect(fixes('')).toEqual([
      ['the Kubernetes version is not in the inventory', 'write "kubernetesVersion: 1.35.2" below cluster'],
      ["etcd's version is not in the inventory", 'write "version: 3.5.21" below cluster.etcd'],
    ]);
  });

  test('of the mode of kube-proxy is told apart from that of another release', () => {
    const edits = unsafeChanges({ ...before, proxyMode: 'iptables' }, resolved(inventoryWith('', hosts.join('\n'))));
    expect(edits.map(({ fix }) => fix?.split(',')[0])).toEqual(['write "mode: iptables" below cluster.kubeProxy']);
  });

  test('does not matter once it is written', () => {
    expect(fixes('kubernetesVersion: 1.35.2\netcd: { version: 3.5.21 }')).toEqual([]);
  });

  test('is not blamed for an edit', () => {
    expect(fixes('kubernetesVersion: 1.36.3\netcd: { version: 3.5.21 }')).toEqual([
      [expect.stringContaining('cannot change from 1.35.2 to 1.36.3'), 'take the edit back'],
    ]);
  });

  test('is not blamed for what follows another edit', () => {
    const moved = unsafeChanges(
      before,
      resolved(inventoryWith('network: { serviceCIDR: 10.97.0.0/16 }', hosts.join('\n'))),
    );
    expect(moved.map(({ fix }) => fix)).not.toContainEqual(expect.stringContaining('write'));
  });
});

describe('safe edits', () => {
  test.each([
    ['nothing at all', ''],
    ['a setting of the kubelet', 'kubelet: { maxPods: 100 }'],
    ['another backend of flannel', 'network: { flannel: { backend: host-gw } }'],
    ['a newer patch of etcd', 'etcd: { version: 3.6.9 }'],
  ])('%s', (_what, cluster) => expect(edits(cluster)).toEqual([]));

  test('a new node', () => expect(edits('', [...hosts, '- { name: c, address: 192.0.2.3 }'])).toEqual([]));
});

describe('the record', () => {
  test('comes back from disk as it went', () => expect(parseRecord(JSON.stringify(before), 'r.json')).toEqual(before));

  test('of an older release, without the mode of kube-proxy, is read, and any mode passes', () => {
    const record = parseRecord(JSON.stringify({ ...before, proxyMode: undefined }), 'r.json');
    const after = resolved(inventoryWith('kubeProxy: { mode: iptables }', hosts.join('\n')));
    expect(unsafeChanges(record, after)).toEqual([]);
  });

  test.each(['', '{}', JSON.stringify({ ...before, version: 2 })])('%s is refused', (text) => {
    expect(() => parseRecord(text, 'r.json')).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
  });
});
