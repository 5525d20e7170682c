import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

import { noNeeds } from '../../../src/inventory/plugin.ts';
import { profileOfConfig } from '../../../src/pki/cfssl/config.ts';
import { authorityNames, leafKinds, leafPlaces } from '../../../src/pki/index.ts';
import { readPkiFiles, requestOf } from '../../../src/pki/pki-files.ts';
import { packageFiles, sampleInventory } from './fixture.ts';

const ids = (inventory = sampleInventory()) => leafPlaces(inventory).map((place) => place.id);

describe('the table of leaves', () => {
  test('gives each host what its roles need', () => {
    expect(ids()).toEqual([
      'hosts/m1/etcd-server',
      'hosts/m1/etcd-peer',
      'etcd-healthcheck-client',
      ...[
        'apiserver-etcd-client',
        'kube-apiserver',
        'apiserver-kubelet-client',
        'front-proxy-client',
        'kube-controller-manager',
        'kube-scheduler',
        'csr-approver',
      ].flatMap((name) => [`hosts/m1/${name}`, `hosts/m2/${name}`]),
      ...['kube-proxy', 'flannel'].flatMap((name) => ['m1', 'm2', 'n1'].map((host) => `hosts/${host}/${name}`)),
      'admin',
    ]);
  });

  test('has flannel only where flannel is the network', () => {
    const { network } = sampleInventory().cluster;
    const bridge = sampleInventory(undefined, { network: { ...network, needs: noNeeds, plugin: 'bridge' } });
    expect(ids(bridge).filter((id) => id.includes('flannel'))).toEqual([]);
  });

  test('keeps the administrator on the controller', () => {
    expect(leafKinds.filter((kind) => kind.on.length === 0).map((kind) => kind.name)).toEqual(['admin']);
  });

  test('gives the apiserver every name it is called by', () => {
    const inventory = sampleInventory(undefined, { apiserverExtraSANs: ['k8s.example.org', '192.0.2.7'] });
    const { network } = inventory.cluster;
    const place = leafPlaces(inventory).find(({ id }) => id === 'hosts/m2/kube-apiserver');
    expect(new Set(place?.hosts)).toEqual(
      new Set([
        ...['10.0.0.1', 'm1', '10.0.0.2', 'm2', 'api.example.org', network.apiserverServiceIP],
        ...['127.0.0.1', '::1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
        ...[`kubernetes.default.svc.${network.dnsDomain}`, 'k8s.example.org', '192.0.2.7'],
      ]),
    );
  });

  test('gives an etcd member its own names alone', () => {
    const place = leafPlaces(sampleInventory()).find(({ id }) => id === 'hosts/m1/etcd-peer');
    expect(place?.hosts).toEqual(['10.0.0.1', 'm1', '127.0.0.1', '::1', 'localhost']);
  });
});

describe("the package's files", () => {
  const names = [...authorityNames, ...leafKinds.map((kind) => kind.name)];

  test('are one request for each authority and leaf, and one configuration', async () => {
    const json = (await readdir(packageFiles)).filter((name) => name.endsWith('.json'));
    expect(json.sort()).toEqual(['ca-config.json', ...names.map((name) => `${name}-csr.json`)].sort());
  });

  test('name the users and groups that the cluster grants rights to', async () => {
    const files = await readPkiFiles(names);
    const subject = (name: string) => {
      const { commonName, organization } = requestOf(files, name).subject;
      return [commonName, organization];
    };
    expect(Object.fromEntries(leafKinds.map(({ name }) => [name, subject(name)]))).toEqual({
      'etcd-server': ['etcd-server', []],
      'etcd-peer': ['etcd-peer', []],
      'etcd-healthcheck-client': ['etcd-healthcheck-client', []],
      'apiserver-etcd-client': ['apiserver-etcd-client', []],
      'kube-apiserver': ['kube-apiserver', []],
      'apiserver-kubelet-client': ['kube-apiserver-kubelet-client', []],
      'front-proxy-client': ['front-proxy-client', []],
      'kube-controller-manager': ['system:kube-controller-manager', []],
      'kube-scheduler': ['system:kube-scheduler', []],
      'csr-approver': ['k8sup:csr-approver', []],
      'kube-proxy': ['system:kube-proxy', []],
      flannel: ['system:k8sup:flannel', ['system:k8sup:flannel']],
      'flannel-etcd-client': ['flannel', []],
      admin: ['kubernetes-admin', ['system:masters']],
    });
  });

  test('give servers server auth, clients client auth, and peers both', async () => {
    const { config } = await readPkiFiles([]);
    const usages = (name: string) => profileOfConfig(config, name).usages;
    expect(usages('server')).toEqual(['signing', 'server auth']);
    expect(usages('client')).toEqual(['signing', 'client auth']);
    expect(usages('peer')).toEqual(['signing', 'server auth', 'client auth']);
  });
});
