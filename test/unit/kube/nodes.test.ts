import { describe, expect, it } from 'vitest';
import type { LiveNode } from '../../../src/engine/stage.ts';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { liveNodes, nodeMetadata, nodeNames, plannedNodes, unregisteredNodes } from '../../../src/kube/nodes.ts';
import { inventoryOf } from '../components/fixture.ts';

const cluster = (version: string, taints = ''): ReturnType<typeof inventoryOf> =>
  inventoryOf(`
cluster: { name: one, kubernetesVersion: ${version}, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: m, address: 192.0.2.11, roles: [etcd, master] }
  - { name: both, address: 192.0.2.12, roles: [master, node] }
  - { name: n, address: 192.0.2.13, roles: [node], labels: { disk: ssd }${taints} }
  - { name: e, address: 192.0.2.14, roles: [etcd] }
  - { name: e2, address: 192.0.2.15, roles: [etcd] }
`);

const node = (name: string, more: Partial<LiveNode> = {}): LiveNode => ({
  name,
  podCIDRs: [],
  taints: [],
  managedTaints: undefined,
  ...more,
});
const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const;
const gpu = { key: 'gpu', value: 'yes', effect: 'NoSchedule' } as const;
const withGpu = ', taints: [{ key: gpu, value: "yes", effect: NoSchedule }]';
const annotation = 'k8sup.io/taints';

describe('labels of nodes', () => {
  it.each([
    ['1.20.15', ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']],
    ['1.36.3', ['node-role.kubernetes.io/control-plane']],
  ])('say who is a master, as Kubernetes %s does', (version, labels) => {
    const [object] = nodeMetadata(cluster(version), [node('m')]);
    expect(Object.keys(object?.metadata.labels ?? {}).sort()).toEqual(labels);
  });

  it('are those of the inventory and of the role', () => {
    expect(nodeMetadata(cluster('1.36.3'), [node('n')])[0]?.metadata.labels).toEqual({
      'node-role.kubernetes.io/node': '',
      disk: 'ssd',
    });
  });

  it('are for nodes of the inventory that are registered', () => {
    const names = nodeMetadata(cluster('1.36.3'), [node('n'), node('stranger'), node('m')]).map(
      (one) => one.metadata.name,
    );
    expect(names).toEqual(['n', 'm']);
  });
});

describe('taints of nodes', () => {
  const of = (taints: string, live: LiveNode) => nodeMetadata(cluster('1.36.3', taints), [live])[0];

  it('keep workloads off masters that are no nodes, and off those alone', () => {
    const [m, both] = nodeMetadata(cluster('1.36.3'), [node('m'), node('both')]);
    expect(m?.['spec']).toEqual({ taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] });
    expect(both?.['spec']).toBeUndefined();
  });

  it('are called as in the time of the release, and an older name of ours goes', () => {
    const older = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;
    const [m] = nodeMetadata(cluster('1.23.17'), [node('m', { taints: [older], managedTaints: [older] })]);
    expect(m?.['spec']).toEqual({ taints: [{ key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }] });
  });

  it('carry those of others along', () => {
    expect(of(withGpu, node('n', { taints: [notReady] }))?.['spec']).toEqual({ taints: [notReady, gpu] });
  });

  it('replace an older value of their own', () => {
    const older = { ...gpu, value: 'no' };
    expect(of(withGpu, node('n', { taints: [older, notReady], managedTaints: [older] }))?.['spec']).toEqual({
      taints: [gpu, notReady],
    });
  });

  it('keep their order, whatever comes and goes by itself', () => {
    const cordoned = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
    for (const taints of [
      [gpu, cordoned],
      [cordoned, gpu],
    ])
      expect(of(withGpu, node('n', { taints, managedTaints: [gpu] }))?.['spec']).toEqual({ taints });
  });

  it('go when the inventory drops them, and those of others stay', () => {
    const object = of('', node('n', { taints: [gpu, notReady], managedTaints: [gpu] }));
    expect(object?.['spec']).toEqual({ taints: [notReady] });
    expect(object?.metadata.annotations).toEqual({ [annotation]: '[]' });
  });

  it('that are dropped leave nothing to do for the next run', () => {
    const first = of('', node('n', { taints: [gpu, notReady], managedTaints: [gpu] }));
    const second = of('', node('n', { taints: [notReady], managedTaints: [] }));
    expect(second).toEqual(first);
  });

  it('are left alone on nodes that never had any of them', () => {
    const object = of('', node('n', { taints: [gpu] }));
    expect(object?.['spec']).toBeUndefined();
    expect(object?.metadata.annotations).toBeUndefined();
  });

  it('are remembered on the node', () => {
    expect(of(withGpu, node('n'))?.metadata.annotations).toEqual({
      [annotation]: '[{"key":"gpu","effect":"NoSchedule","value":"yes"}]',
    });
  });
});

describe('live nodes', () => {
  it('are what the apiserver prints', async () => {
    const items = [
      {
        metadata: { name: 'n', annotations: { [annotation]: JSON.stringify([gpu]) } },
        spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24', 'fd00::/64'], taints: [gpu] },
      },
      { metadata: { name: 'm' }, spec: {} },
    ];
    const kube = { run: () => Promise.resolve(JSON.stringify({ items })) };
    expect(await liveNodes(kube)).toEqual([
      { name: 'n', podCIDRs: ['10.244.1.0/24', 'fd00::/64'], taints: [gpu], managedTaints: [gpu] },
      { name: 'm', podCIDRs: [], taints: [], managedTaints: undefined },
    ]);
  });

  it('with a note that is not ours count as never tainted by us', async () => {
    const items = [
      { metadata: { name: 'n', annotations: { [annotation]: '{nonsense' } }, spec: { taints: [gpu] } },
      { metadata: { name: 'm', annotations: { [annotation]: '{"key":"gpu"}' } }, spec: {} },
    ];
    const kube = { run: () => Promise.resolve(JSON.stringify({ items })) };
    expect((await liveNodes(kube)).map(({ managedTaints }) => managedTaints)).toEqual([[], []]);
  });

  it('are an error while no apiserver answers; for a plan there are none then, and an error for anything else', async () => {
    const failing = (code: string) => ({
      run: () => Promise.reject(new K8supError({ code, kind: 'kubernetes', what: code })),
    });
    await expect(liveNodes(failing('KUBE_UNREACHABLE'))).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(await plannedNodes(failing('KUBE_UNREACHABLE'))).toEqual([]);
    await expect(plannedNodes(failing('KUBE_COMMAND'))).rejects.toMatchObject({ code: 'KUBE_COMMAND' });
  });
});

it('knows who runs a kubelet', () => expect(nodeNames(cluster('1.36.3'))).toEqual(['m', 'both', 'n']));

it('knows whose labels can only be known once they are registered', () => {
  const { hosts } = cluster('1.36.3');
  expect(unregisteredNodes(hosts, [node('m')])).toBe('labels and taints of both, n are set once they are registered');
  expect(unregisteredNodes(hosts, [node('m'), node('both'), node('n')])).toBeUndefined();
  expect(unregisteredNodes(hosts.slice(3), [])).toBeUndefined();
});
