import { expect, test } from 'vitest';
import { bridge } from '../../../src/network/bridge/bridge.ts';
import { flannel } from '../../../src/network/flannel/flannel.ts';
import { none } from '../../../src/network/none/none.ts';
import { partsOf } from '../../../src/network/parts.ts';
import { factsOf, hostOf, networkOf } from '../components/fixture.ts';

const names = (plugin: typeof none): readonly string[] => {
  const inventory = networkOf(`{ plugin: ${plugin.name} }`);
  const target = { inventory, host: hostOf(inventory, 'h1'), facts: factsOf(), podCIDRs: { h1: ['10.244.0.0/24'] } };
  return partsOf(plugin, target).map(({ kind, name }) => `${kind} ${name}`);
};

test('the parts of flannel are all that it brings and leaves', () => {
  expect(names(flannel)).toEqual(
    expect.arrayContaining([
      'unit flanneld.service',
      'file /etc/systemd/system/flanneld.service',
      'file /opt/k8sup/bin/flanneld',
      'file /opt/cni/bin/flannel',
      'file /etc/kubernetes/flannel.kubeconfig',
      'file /etc/kube-flannel/net-conf.json',
      'dir /etc/kube-flannel',
      'file /etc/cni/net.d/10-k8sup.conflist',
      'link flannel.1',
      'path /run/flannel',
    ]),
  );
});

test('the parts of bridge are all that it brings and leaves, and no more', () => {
  expect(names(bridge).toSorted()).toEqual([
    'chains CNI-',
    'chains K8SUP-',
    'file /etc/cni/net.d/10-k8sup.conflist',
    'file /etc/kubernetes/pod-routes',
    'file /etc/systemd/system/k8sup-routes.service',
    'file /opt/k8sup/lib/pod-routes',
    'link cni0',
    'links bwp',
    'nft-table ip cni_hostport',
    'nft-table ip k8sup',
    'nft-table ip6 cni_hostport',
    'nft-table ip6 k8sup',
    'path /var/lib/cni',
    'routes 10.244.0.0/16',
    'unit k8sup-routes.service',
  ]);
});

test('folders that others use are no part of a network', () => {
  const folders = [...names(flannel), ...names(bridge)].filter((part) => part.startsWith('dir '));
  expect(folders).toEqual(['dir /etc/kube-flannel']);
});

test('none has what runtimes leave of any network', () => expect(names(none)).toEqual(['path /var/lib/cni']));
