import { expect, test } from 'vitest';
import { trustPlacesOf } from '../../../src/components/certificate-places.ts';
import type { Role } from '../../../src/inventory/model.ts';

test.each([
  [['etcd'], ['etcd-ca /etc/etcd/pki/ca.crt etcd']],
  [['node'], ['kubernetes-ca /etc/kubernetes/pki/ca.crt kubelet']],
  [['container'], ['etcd-ca /etc/kube-flannel/pki/etcd-ca.crt flanneld']],
  [
    ['master', 'node'],
    [
      'kubernetes-ca /etc/kubernetes/pki/ca.crt kube-apiserver',
      'kubernetes-ca for pods /etc/kubernetes/pki/server-ca.crt kube-controller-manager',
      'kubernetes-ca that signs /etc/kubernetes/pki/ca-signer.crt kube-controller-manager',
      'etcd-ca of the apiserver /etc/kubernetes/pki/etcd-ca.crt kube-apiserver',
      'front-proxy-ca /etc/kubernetes/pki/front-proxy-ca.crt kube-apiserver',
    ],
  ],
] satisfies [Role[], string[]][])('authorities that a host trusts, each file once: %j', (roles, places) => {
  const found = trustPlacesOf({ roles: new Set<Role>(roles) });
  expect(found.map(({ name, path, unit }) => `${name} ${path} ${unit.replace('.service', '')}`)).toEqual(places);
});
