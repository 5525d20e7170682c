import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/host/facts/model.ts';
import { hostSysctls } from '../../../src/preflight/host-sysctls.ts';
import { preflight, prepareResources } from '../../../src/preflight/index.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';
import { goodFacts } from './fixture.ts';

const dual = inventoryOf(`
cluster:
  name: one
  network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }
hosts: [{ name: h1, address: "192.0.2.11,2001:db8::11", roles: [etcd, master, node] }]
`);
const host = hostOf(dual, 'h1');
const both = { ...goodFacts, addresses: [...goodFacts.addresses, { interface: 'eth0', cidr: '2001:db8:0::11/64' }] };

function found(changes: Partial<Facts> = {}): readonly (readonly string[])[] {
  return preflight(dual, new Map([['h1', { ...both, ...changes }]])).map(({ code, what }) => [code, what]);
}

describe('a host of a dual-stack cluster', () => {
  it('has no problem where it has both addresses and nothing is in the way', () => expect(found()).toEqual([]));

  it('needs the second address too', () =>
    expect(found({ addresses: goodFacts.addresses })).toEqual([
      ['ADDRESS_NOT_ON_HOST', 'none of its interfaces has 2001:db8::11'],
    ]));

  it.each([
    ['off', 'IPv6 is switched off on it: disable_ipv6 is 1'],
    ['absent', 'its kernel has no IPv6'],
  ] as const)('needs IPv6, which is %s', (ipv6, what) => expect(found({ ipv6 })).toEqual([['IPV6_OFF_ON_HOST', what]]));

  it.each([
    ['fd00:10:96::/64', ['the service network fd00:10:96::/112 overlaps its route to fd00:10:96::/64']],
    ['fd00:10:244:7::/64', ['the pod network fd00:10:244::/56 overlaps its route to fd00:10:244:7::/64']],
    ['fd00:11::/64', []],
  ])('with a route to %s', (cidr, expected) =>
    expect(found({ routes: [{ cidr, interface: 'eth1' }] }).map(([, what]) => what)).toEqual(expected),
  );

  it('needs what kube-proxy in nftables mode has for IPv6', () => {
    const features = new Set([...goodFacts.features].filter((name) => name !== 'nft_fib_ipv6'));
    expect(found({ features }).map(([code]) => code)).toEqual(['KERNEL_FEATURE_MISSING']);
  });

  it('forwards IPv6, and first keeps the default routes that come from advertisements', () => {
    const keys = (facts: Facts) =>
      hostSysctls(dual, host, facts)
        .filter(({ key }) => key.startsWith('net.ipv6'))
        .map(({ key, value }) => `${key}=${value}`);
    expect(keys(both)).toEqual(['net.ipv6.conf.all.forwarding=1']);
    expect(keys({ ...both, routerAdvertised: ['eth0', 'eth1.100'] })).toEqual([
      'net.ipv6.conf.eth0.accept_ra=2',
      'net.ipv6.conf.eth1/100.accept_ra=2',
      'net.ipv6.conf.all.forwarding=1',
    ]);
  });

  it('has all hosts by both addresses in its hosts file', () => {
    const block = prepareResources(dual, host, both).find(({ id }) => id === 'hosts-block:/etc/hosts');
    expect(block?.text?.wanted).toContain('192.0.2.11 h1\n2001:db8::11 h1\n');
  });
});
