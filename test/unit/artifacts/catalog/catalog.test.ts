import { expect, test } from 'vitest';
import { catalog, catalogEntry } from '../../../../src/artifacts/catalog/catalog.ts';

test.each([
  ['etcd', '3.6.5', 'https://github.com/etcd-io/etcd/releases/download/v3.6.5/etcd-v3.6.5-linux-arm64.tar.gz'],
  ['kubernetes', '1.36.3', 'https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kube-apiserver'],
  [
    'containerd',
    '2.2.0',
    'https://github.com/containerd/containerd/releases/download/v2.2.0/containerd-2.2.0-linux-arm64.tar.gz',
  ],
  ['runc', '1.3.3', 'https://github.com/opencontainers/runc/releases/download/v1.3.3/runc.arm64'],
  [
    'cni-plugins',
    '1.9.1',
    'https://github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-arm64-v1.9.1.tgz',
  ],
  [
    'cni-plugin-flannel',
    '0.9.1',
    'https://github.com/containernetworking/plugins/releases/download/v0.9.1/cni-plugins-linux-arm64-v0.9.1.tgz',
  ],
  [
    'cni-plugin-flannel',
    '1.7.1-flannel1',
    'https://github.com/flannel-io/cni-plugin/releases/download/v1.7.1-flannel1/cni-plugin-flannel-linux-arm64-v1.7.1.tgz',
  ],
  [
    'flannel',
    '0.28.4',
    'https://github.com/flannel-io/flannel/releases/download/v0.28.4/flannel-v0.28.4-linux-arm64.tar.gz',
  ],
  ['coredns', '1.15.0', 'https://github.com/coredns/coredns/releases/download/v1.15.0/coredns_1.15.0_linux_arm64.tgz'],
  ['docker', '20.10.24', 'https://download.docker.com/linux/static/stable/aarch64/docker-20.10.24.tgz'],
])('%s %s is published at its own place', (component, version, url) => {
  expect(catalogEntry(component).release(version, 'arm64')?.[0]?.url).toBe(url);
});

test.each([
  ['helm', '3.22.0', 'arm64', 'https://get.helm.sh/helm-v3.22.0-linux-arm64.tar.gz'],
  ['helm', '3.22.0', 'darwin-arm64', 'https://get.helm.sh/helm-v3.22.0-darwin-arm64.tar.gz'],
  [
    'calico',
    '3.32.1',
    'noarch',
    'https://raw.githubusercontent.com/projectcalico/calico/v3.32.1/manifests/calico.yaml',
  ],
  ['canal', '3.32.1', 'noarch', 'https://raw.githubusercontent.com/projectcalico/calico/v3.32.1/manifests/canal.yaml'],
  [
    'kube-router',
    '2.11.1',
    'noarch',
    'https://raw.githubusercontent.com/cloudnativelabs/kube-router/v2.11.1/daemonset/generic-kuberouter.yaml',
  ],
  [
    'multus',
    '4.3.0',
    'noarch',
    'https://raw.githubusercontent.com/k8snetworkplumbingwg/multus-cni/v4.3.0/deployments/multus-daemonset.yml',
  ],
  ['kube-ovn', '1.16.2', 'noarch', 'https://kubeovn.github.io/kube-ovn/kube-ovn-v1.16.2.tgz'],
  ['cilium', '1.20.2', 'noarch', 'https://helm.cilium.io/cilium-1.20.2.tgz'],
] as const)('%s %s for %s is published at its own place', (component, version, platform, url) => {
  expect(catalogEntry(component).release(version, platform)?.[0]?.url).toBe(url);
});

test('helm is built from the module of its major version', () => {
  const packages = (version: string) => catalogEntry('helm').goRecipe?.(version)?.packages;
  expect(packages('3.22.0')).toEqual(['helm.sh/helm/v3/cmd/helm']);
  expect(packages('4.3.0')).toEqual(['helm.sh/helm/v4/cmd/helm']);
});

test('every release of a component holds all its programs', () => {
  for (const entry of catalog) {
    const { component, files } = entry;
    const contents = (entry.release('9.9.9', 'amd64') ?? []).map(({ content }) => content);
    const programs = contents.flatMap((content) => ('file' in content ? [content.file] : Object.keys(content.members)));
    expect(programs, component).toEqual(expect.arrayContaining([...files]));
  }
});

test('versions of Kubernetes that read them get the version variables of client-go too', () => {
  const flags = (version: string) => catalogEntry('kubernetes').goRecipe?.(version)?.ldflags.join(' ');
  expect(flags('1.20.15')).toContain('-X k8s.io/client-go/pkg/version.gitMinor=20');
  expect(flags('1.36.3')).toBe(
    '-X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36',
  );
});

test('old sources are linked without the newer check', () => {
  const old = (component: string, version: string) => catalogEntry(component).goRecipe?.(version)?.oldLinkname;
  expect([old('kubernetes', '1.20.15'), old('kubernetes', '1.36.3')]).toEqual([true, false]);
  expect([old('coredns', '1.10.1'), old('coredns', '1.15.0')]).toEqual([true, false]);
});
