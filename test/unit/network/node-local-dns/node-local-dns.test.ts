import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubelet } from '../../../../src/components/kubelet/kubelet.ts';
import { nodeLocalDNS, nodeLocalDNSObjects } from '../../../../src/network/node-local-dns/node-local-dns.ts';
import { factsOf, hostOf } from '../../components/fixture.ts';
import { inventoryBeside } from '../rendering.ts';
import { changesOf } from '../upstream/changes.ts';
import { nodeLocalDNSVariants } from './variants.ts';

const inventoryOf = (variant: string) => {
  const { network = {}, cluster } = nodeLocalDNSVariants[variant] ?? {};
  return inventoryBeside('flannel', network, cluster);
};

test.each(Object.keys(nodeLocalDNSVariants))('objects of %s', async (variant) => {
  const text = `# ${JSON.stringify(nodeLocalDNSVariants[variant])}\n\n${changesOf([], nodeLocalDNSObjects(inventoryOf(variant)))}`;
  await expect(text).toMatchFileSnapshot(`golden/${variant}.txt`);
});

test.each([
  ['iptables', '10.96.0.10'],
  ['ipvs', '169.254.20.10'],
  ['nftables', '169.254.20.10'],
])('in %s mode pods ask %s', (mode, address) => {
  const inventory = inventoryOf(mode);
  const { files } = kubelet(inventory, hostOf(inventory, 'h1'), factsOf());
  const config = files.find(({ content }) => content.includes('KubeletConfiguration'));
  expect((parse(config?.content ?? '') as { clusterDNS: unknown }).clusterDNS).toEqual([address]);
});

test('where there is no kube-proxy, pods ask its own address too', () => {
  const network = { 'kube-router': { serviceProxy: true }, nodeLocalDNS: { enabled: true } };
  const inventory = inventoryBeside('kube-router', network, { kubeProxy: { mode: 'iptables' } });
  expect(inventory.cluster.network.needs.clusterDNS).toBe('169.254.20.10');
});

test('it needs its interface and its rules of the kernel, and leaves these', () => {
  const { needs } = inventoryOf('ipvs').cluster.network;
  expect(needs.kernel.filter(({ by }) => by === 'NodeLocal DNSCache').map(({ module }) => module)).toEqual([
    'dummy',
    'xt_CT',
  ]);
  expect(nodeLocalDNS.claims(inventoryOf('ipvs'))).toEqual([
    { kind: 'link', name: 'nodelocaldns' },
    { kind: 'rules', name: 'NodeLocal DNS Cache: ' },
  ]);
});
