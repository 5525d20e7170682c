import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubeApiserver } from '../../../src/components/apiserver/apiserver.ts';
import { kubeControllerManager } from '../../../src/components/controller-manager/controller-manager.ts';
import { coredns } from '../../../src/components/coredns/coredns.ts';
import { docker } from '../../../src/components/docker/docker.ts';
import { etcd } from '../../../src/components/etcd/etcd.ts';
import { kubeProxy } from '../../../src/components/kube-proxy/kube-proxy.ts';
import { kubelet } from '../../../src/components/kubelet/kubelet.ts';
import { endpointUrl } from '../../../src/inventory/urls.ts';
import { flannel } from '../../../src/network/flannel/flannel.ts';
import { leafPlaces } from '../../../src/pki/leaves.ts';
import { factsOf, fileOf, hostOf, inventoryOf } from './fixture.ts';

const pods = { four: '10.244.0.0/16', six: 'fd00:10:244::/56' };
const services = { four: '10.96.0.0/16', six: 'fd00:10:96::/112' };

function clusterOf(families: readonly ('four' | 'six')[], more = '', network = '') {
  const own = { four: '192.0.2.11', six: '2001:db8::11' };
  const list = (blocks: Record<'four' | 'six', string>) => families.map((family) => blocks[family]).join(',');
  const inventory = inventoryOf(`
cluster:
  name: one
  network: { podCIDR: "${list(pods)}", serviceCIDR: "${list(services)}"${network} }
  ${more}
hosts: [{ name: h1, address: "${list(own)}", roles: [etcd, master, node] }]
`);
  const host = hostOf(inventory, 'h1');
  return { inventory, host, facts: factsOf(), podCIDRs: {} };
}

const dual = clusterOf(['four', 'six']);
const ipv6 = clusterOf(['six']);
const turned = clusterOf(['six', 'four']);

describe('dual stack', () => {
  test('the API server and the controller manager know both blocks, in their order', () => {
    const apiserver = kubeApiserver(dual.inventory, dual.host, dual.facts).text;
    expect(apiserver).toContain(`--service-cluster-ip-range=${services.four},${services.six}`);
    expect(apiserver).toContain('--advertise-address=192.0.2.11');
    expect(apiserver).toContain('--bind-address=::');
    const manager = kubeControllerManager(turned.inventory, turned.host, turned.facts).text;
    expect(manager).toContain(`--cluster-cidr=${pods.six},${pods.four}`);
    expect(manager).toContain(`--service-cluster-ip-range=${services.six},${services.four}`);
    expect(manager).toContain('--node-cidr-mask-size-ipv4=24');
    expect(manager).toContain('--node-cidr-mask-size-ipv6=64');
    expect(manager).not.toContain('--node-cidr-mask-size=');
  });

  test('kubelet and kube-proxy have both addresses and blocks', () => {
    const unit = kubelet(dual.inventory, dual.host, dual.facts);
    expect(unit.text).toContain('--node-ip=192.0.2.11,2001:db8::11');
    expect(parse(fileOf(unit, '/etc/kubernetes/kubelet.yaml').content)).toMatchObject({ address: '::' });
    const proxy = fileOf(kubeProxy(dual.inventory, dual.host, dual.facts), '/etc/kubernetes/kube-proxy.yaml');
    expect(parse(proxy.content)).toMatchObject({
      bindAddress: '0.0.0.0',
      healthzBindAddress: '[::]:10256',
      clusterCIDR: `${pods.four},${pods.six}`,
    });
  });

  test('the DNS Service has an address of each', () => {
    const service = coredns(dual.inventory).find(({ kind }) => kind === 'Service');
    expect(service?.['spec']).toMatchObject({
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10', 'fd00:10:96::a'],
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'PreferDualStack',
    });
  });

  test('certificates name all addresses of hosts, and the API server’s Service in each family', () => {
    const names = (id: string) => leafPlaces(dual.inventory).find((place) => place.id === id)?.hosts;
    expect(names('hosts/h1/etcd-server')).toEqual(expect.arrayContaining(['192.0.2.11', '2001:db8::11']));
    expect(names('hosts/h1/kube-apiserver')).toEqual(
      expect.arrayContaining(['192.0.2.11', '2001:db8::11', '10.96.0.1', 'fd00:10:96::1']),
    );
  });

  test('flannel has both networks and both addresses', () => {
    const component = flannel.component(dual);
    expect(component?.text).toContain('--iface=192.0.2.11');
    expect(component?.text).toContain('--public-ip=192.0.2.11');
    expect(component?.text).toContain('--public-ipv6=2001:db8::11');
    expect(JSON.parse(component?.files[0]?.content ?? '')).toMatchObject({
      Network: pods.four,
      EnableIPv6: true,
      IPv6Network: pods.six,
    });
    const routes = flannel.claims(dual.inventory).filter(({ kind }) => kind === 'routes');
    expect(routes.map(({ name }) => name)).toEqual([pods.four, pods.six]);
  });

  test('pods of flannel have links that fit into a tunnel over IPv6', () => {
    const addresses = [
      { interface: 'eth0', cidr: '192.0.2.11/24' },
      { interface: 'eth0', cidr: '2001:db8::11/64' },
    ];
    const facts = factsOf({ addresses, links: { eth0: 1500 } });
    const mtuOf = (target: typeof dual) => {
      const plugins = (JSON.parse(flannel.cniFiles(target)[0]?.content ?? '') as { plugins: { delegate?: object }[] })
        .plugins;
      return plugins[0]?.delegate;
    };
    expect(mtuOf({ ...dual, facts })).toMatchObject({ mtu: 1430 });
    expect(mtuOf({ ...clusterOf(['four']), facts })).not.toHaveProperty('mtu');
    const wished = { ...clusterOf(['four', 'six'], '', ', flannel: { mtu: 1400 }'), facts };
    expect(mtuOf(wished)).toMatchObject({ mtu: 1400 });
    expect(JSON.parse(flannel.component(wished)?.files[0]?.content ?? '')).toHaveProperty('Backend.MTU', 1470);
    expect(wished.inventory.cluster.network.needs.mtu).toMatchObject([{ bytes: 1470, overhead: 70 }]);
  });

  test('Docker lets the pods of both through', () => {
    const { inventory, host, facts } = clusterOf(['four', 'six'], 'runtime: { type: docker }');
    const { text } = docker(inventory, host, facts);
    expect(text).toContain(`iptables -w -A K8SUP-DOCKER -s ${pods.four}`);
    expect(text).toContain(`ip6tables -w -A K8SUP-DOCKER -s ${pods.six}`);
  });
});

describe('IPv6 alone', () => {
  test('addresses in URLs stand in brackets, and no flag is that of two families', () => {
    expect(etcd(ipv6.inventory, ipv6.host, ipv6.facts).text).toContain(
      '--initial-cluster=h1=https://[2001:db8::11]:2380',
    );
    expect(etcd(ipv6.inventory, ipv6.host, ipv6.facts).text).toContain(
      'https://[2001:db8::11]:2379,https://127.0.0.1:2379',
    );
    expect(endpointUrl(ipv6.inventory)).toBe('https://[2001:db8::11]:6443');
    const manager = kubeControllerManager(ipv6.inventory, ipv6.host, ipv6.facts).text;
    expect(manager).toContain('--node-cidr-mask-size=64');
    expect(manager).not.toContain('--node-cidr-mask-size-');
    const proxy = fileOf(kubeProxy(ipv6.inventory, ipv6.host, ipv6.facts), '/etc/kubernetes/kube-proxy.yaml');
    expect(parse(proxy.content)).toMatchObject({ bindAddress: '::', clusterCIDR: pods.six });
    const service = coredns(ipv6.inventory).find(({ kind }) => kind === 'Service');
    expect(service?.['spec']).toMatchObject({ clusterIP: 'fd00:10:96::a' });
    expect(service?.['spec']).not.toHaveProperty('clusterIPs');
  });

  test('flannel has no IPv4', () => {
    const component = flannel.component(ipv6);
    expect(component?.text).not.toContain('--public-ip=');
    expect(JSON.parse(component?.files[0]?.content ?? '')).toMatchObject({ EnableIPv4: false, IPv6Network: pods.six });
  });
});
