import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/host/facts/model.ts';
import { preflight } from '../../../src/preflight/index.ts';
import { inventoryOf } from '../components/fixture.ts';
import { goodFacts } from './fixture.ts';

const inventory = (network: string, second = '192.0.2.12') =>
  inventoryOf(`
cluster: { name: one, network: { ${network} } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: ${second}, roles: [node] }
`);

function codes(of: ReturnType<typeof inventory>, changes: Partial<Facts> = {}): readonly string[] {
  return preflight(of, new Map([['h1', { ...goodFacts, ...changes }]])).map(({ host, code }) => `${host} ${code}`);
}

describe('what a network asks of interfaces', () => {
  it('bridge: hosts on one subnet, or a gateway on the host’s own', () => {
    expect(codes(inventory('plugin: bridge'))).toEqual([]);
    expect(codes(inventory('plugin: bridge', '198.51.100.2'))).toEqual(['h1 BRIDGE_ACROSS_SUBNETS']);
    const by = (router: string) => inventory(`plugin: bridge, bridge: { gateways: { h1: ${router} } }`, '198.51.100.2');
    expect(codes(by('192.0.2.1'))).toEqual([]);
    expect(codes(by('198.51.100.1'))).toEqual(['h1 GATEWAY_NOT_ON_SUBNET']);
    expect(codes(inventory('plugin: flannel', '198.51.100.2'))).toEqual([]);
  });

  it('bridge: nobody can tell where only the bare address is known', () => {
    const bare = { addresses: [{ interface: '', cidr: '192.0.2.11/32' }] };
    expect(codes(inventory('plugin: bridge', '198.51.100.2'), bare)).toEqual([]);
  });

  it('an MTU that the interface carries', () => {
    expect(codes(inventory('plugin: bridge, mtu: 1500'))).toEqual([]);
    expect(codes(inventory('plugin: bridge, mtu: 1501'))).toEqual(['h1 MTU_TOO_LARGE']);
  });

  it('macvlan: an interface that is there, a kernel that can, an MTU that fits through that interface', () => {
    const lan =
      'subnet: 192.0.2.0/24, ranges: { h1: { from: 192.0.2.20, to: 192.0.2.130 }, h2: { from: 192.0.2.131, to: 192.0.2.250 } }';
    const on = (more: string) => inventory(`plugin: macvlan, mtu: 1400, macvlan: { ${lan}${more} }`);
    expect(codes(on(''))).toEqual([]);
    expect(codes(on(', master: eth9'))).toEqual(['h1 INTERFACE_MISSING']);
    expect(codes(on(', master: eth9'), { links: { eth0: 1500, eth9: 1300 } })).toEqual(['h1 MTU_TOO_LARGE']);
    const features = new Set([...goodFacts.features].filter((name) => name !== 'macvlan'));
    expect(codes(on(''), { features })).toEqual(['h1 KERNEL_FEATURE_MISSING']);
  });
});
