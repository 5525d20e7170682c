import { describe, expect, it } from 'vitest';
import { catalogEntry, pinnedVersions } from '../../../../src/artifacts/catalog/catalog.ts';
import {
  addArg,
  addData,
  addEnv,
  addJson,
  addMount,
  addObjects,
  addPodField,
  addSecretData,
  addToleration,
  addVolume,
  edit,
  imagesOf,
  inObject,
  objectsOf,
  readManifest,
  removeArg,
  removeContainer,
  removeEnv,
  removeInitContainer,
  removeJson,
  removeMount,
  removeObject,
  removeVolume,
  setArg,
  setContainerField,
  setData,
  setEnv,
  setImage,
  setJson,
  setPodField,
  setReplicas,
  setResources,
  upstreamChart,
  upstreamManifest,
} from '../../../../src/network/upstream/index.ts';
import type { Manifest, ManifestEdit } from '../../../../src/network/upstream/index.ts';
import { because, noCharts, noUpstream, upstreamContext, upstreamText } from '../../../support/upstream.ts';
import { classic, newest } from '../../components/fixture.ts';

/** What each file holds: all its objects, and definitions among them. */
const counts: Readonly<Record<string, readonly [number, number]>> = {
  'calico/calico.yaml': [38, 23],
  'calico/calico-etcd.yaml': [16, 0],
  'calico/calico-typha.yaml': [41, 23],
  'calico/calico-vxlan.yaml': [38, 23],
  'canal/canal.yaml': [40, 23],
  'kube-router/generic-kuberouter.yaml': [5, 0],
  'kube-router/generic-kuberouter-all-features.yaml': [5, 0],
  'kube-router/kube-router-all-service-daemonset.yaml': [2, 0],
  'kube-router/kubeadm-kuberouter.yaml': [5, 0],
  'kube-router/kubeadm-kuberouter-all-features.yaml': [5, 0],
  'multus/multus-daemonset.yml': [6, 1],
  'multus/multus-daemonset-thick.yml': [6, 1],
};
const files = Object.keys(counts).map((path) => path.split('/') as [string, string]);
const versionOf = (component: string): string => pinnedVersions(component)[0] ?? '';

function read(component: string, file: string): Manifest {
  const version = versionOf(component);
  return readManifest(upstreamText(component, version, file), { component, version, file });
}

it('has a count for each file of the catalogue', () => {
  const known = ['calico', 'canal', 'kube-router', 'multus'].flatMap((component) =>
    catalogEntry(component).files.map((file) => `${component}/${file}`),
  );
  expect(known.sort()).toEqual(Object.keys(counts).sort());
});

describe.skipIf(noUpstream !== undefined)(`upstream's release files${because(noUpstream)}`, () => {
  it.each(files)('%s %s is the one of the catalogue, and holds what it is known to hold', async (component, file) => {
    const known = { component, version: versionOf(component), file };
    const objects = objectsOf(await upstreamManifest(upstreamContext(newest), known));
    const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect([objects.length, definitions.length]).toEqual(counts[`${component}/${file}`]);
  });

  it('name the images that they run', () => {
    expect(imagesOf(objectsOf(read('calico', 'calico-typha.yaml')))).toEqual([
      'quay.io/calico/cni:v3.32.1',
      'quay.io/calico/node:v3.32.1',
      'quay.io/calico/kube-controllers:v3.32.1',
      'quay.io/calico/typha:v3.32.1',
    ]);
    expect(imagesOf(objectsOf(read('kube-router', 'generic-kuberouter.yaml')))).toEqual([
      'docker.io/cloudnativelabs/kube-router:latest',
    ]);
  });

  const node = { kind: 'DaemonSet', name: 'calico-node' };
  const controllers = { kind: 'Deployment', name: 'calico-kube-controllers' };
  const calicoConfig = { kind: 'ConfigMap', name: 'calico-config' };
  const plugin = ['plugins', { type: 'calico' }] as const;
  const router = { kind: 'DaemonSet', name: 'kube-router' };
  it.each<[string, string, readonly ManifestEdit[]]>([
    [
      'calico',
      'calico.yaml',
      [
        inObject(
          node,
          setEnv('calico-node', 'CALICO_IPV4POOL_IPIP', 'Never'),
          addEnv('calico-node', 'CALICO_IPV4POOL_CIDR', '10.244.0.0/16'),
          removeEnv('calico-node', 'FELIX_WIREGUARDMTU'),
          setImage('install-cni', 'registry.example.org/calico/cni:v3.32.1'),
          setResources('calico-node', { requests: { cpu: '100m' } }),
          setContainerField('calico-node', ['livenessProbe', 'exec', 'command'], ['/bin/calico-node', '-felix-live']),
          removeInitContainer('ebpf-bootstrap'),
          removeContainer('upgrade-ipam'),
          removeMount('calico-node', '/sys/fs/bpf'),
          removeVolume('bpffs'),
          addVolume({ name: 'certificates', hostPath: { path: '/etc/calico' } }),
          addMount('calico-node', { name: 'certificates', mountPath: '/etc/calico' }),
          addToleration({ key: 'example.org/x', operator: 'Exists' }),
          setPodField(['terminationGracePeriodSeconds'], 5),
          addPodField(['dnsPolicy'], 'Default'),
        ),
        inObject(controllers, setReplicas(1)),
        inObject(
          calicoConfig,
          setData('calico_backend', 'vxlan'),
          setJson('cni_network_config', [...plugin, 'mtu'], 1400),
          addJson('cni_network_config', [...plugin, 'container_settings'], { allow_ip_forwarding: true }),
          removeJson('cni_network_config', ['plugins', { type: 'portmap' }]),
        ),
        removeObject({ kind: 'PodDisruptionBudget', name: 'calico-kube-controllers', namespace: 'kube-system' }),
        addObjects({ apiVersion: 'crd.projectcalico.org/v1', kind: 'IPPool', metadata: { name: 'default' } }),
      ],
    ],
    [
      'calico',
      'calico-etcd.yaml',
      [
        inObject({ kind: 'Secret', name: 'calico-etcd-secrets' }, addSecretData('etcd-ca', 'x')),
        inObject(calicoConfig, setData('etcd_endpoints', 'https://10.0.0.1:2379')),
      ],
    ],
    ['calico', 'calico-typha.yaml', [inObject({ kind: 'Deployment', name: 'calico-typha' }, setReplicas(3))]],
    [
      'canal',
      'canal.yaml',
      [inObject({ kind: 'ConfigMap', name: 'canal-config' }, setJson('net-conf.json', ['Network'], '10.0.0.0/8'))],
    ],
    [
      'kube-router',
      'generic-kuberouter-all-features.yaml',
      [
        inObject(
          router,
          setArg('kube-router', '--run-service-proxy', 'false'),
          addArg('kube-router', '--enable-overlay', 'true'),
          removeArg('kube-router', '--bgp-graceful-restart'),
        ),
        inObject({ kind: 'ConfigMap', name: 'kube-router-cfg' }, setData('kubeconfig', ''), addData('x', 'y')),
      ],
    ],
    [
      'multus',
      'multus-daemonset-thick.yml',
      [
        inObject(
          { kind: 'ConfigMap', name: 'multus-daemon-config' },
          setJson('daemon-config.json', ['logLevel'], 'error'),
        ),
      ],
    ],
  ])('%s %s can be edited', (component, file, edits) => {
    const before = read(component, file);
    const text = JSON.stringify(before);
    expect(JSON.stringify(edit(before, ...edits).objects)).not.toBe(JSON.stringify(before.objects));
    expect(JSON.stringify(before)).toBe(text);
  });

  it('keep the placeholders of the CNI configuration', () => {
    const edited = edit(
      read('canal', 'canal.yaml'),
      inObject({ kind: 'ConfigMap', name: 'canal-config' }, addJson('cni_network_config', [...plugin, 'x'], 1)),
    );
    const text = JSON.stringify(objectsOf(edited).find(({ metadata }) => metadata.name === 'canal-config'));
    expect(text).toContain('\\"mtu\\": __CNI_MTU__,');
    expect(text).toContain('\\"nodename\\": \\"__KUBERNETES_NODE_NAME__\\"');
  });
});

describe.skipIf(noCharts !== undefined)(`upstream's charts${because(noCharts)}`, () => {
  const file = { component: 'kube-ovn', version: '1.16.2', file: 'kube-ovn.tgz' };
  const chart = { file, release: 'kube-ovn', namespace: 'kube-system', values: { MASTER_NODES: '10.0.0.1' } };

  it('kube-ovn is rendered by helm, without its hooks, and always to the same objects', async () => {
    const context = upstreamContext(newest, file);
    const [one, two] = [await upstreamChart(context, chart), await upstreamChart(context, chart)];
    expect(one).toEqual(two);
    const names = objectsOf(one).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toContain('DaemonSet kube-ovn-cni');
    expect(names).toContain('CustomResourceDefinition subnets.kubeovn.io');
    expect(names.filter((name) => /hook|test/.test(name))).toEqual([]);
    expect(imagesOf(objectsOf(one))).toEqual(['docker.io/kubeovn/kube-ovn:v1.16.2']);
    expect(JSON.stringify(objectsOf(one))).toContain('10.0.0.1');
  });

  it('a release of Kubernetes that the chart refuses is an error in its own words', async () => {
    await expect(upstreamChart(upstreamContext(classic, file), chart)).rejects.toMatchObject({
      code: 'CHART_NOT_RENDERED',
      message: 'helm could not render the chart of kube-ovn 1.16.2',
      why: expect.stringContaining('incompatible with Kubernetes v1.20.15') as string,
    });
  });
});
