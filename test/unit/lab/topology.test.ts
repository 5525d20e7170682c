import { describe, expect, it } from 'vitest';
import { labHosts } from '../../../src/lab/model.ts';
import { networkScript } from '../../../src/lab/network.ts';
import { checkNetwork, describeNetwork, plainNetwork } from '../../../src/lab/topology.ts';

describe('the network of a lab', () => {
  it('has one bridge by default', () => {
    expect(networkScript(plainNetwork)).toBe(`set -e
ip link set lo up
ip link add lab0 type bridge
ip address add 10.88.0.1/24 dev lab0
ip link set lab0 up
echo 1 >/proc/sys/net/ipv4/ip_forward
ip route add unreachable default`);
    expect(labHosts('demo', 2).map(({ address, subnet }) => [address, subnet])).toEqual([
      ['10.88.0.11', 0],
      ['10.88.0.12', 0],
    ]);
  });

  it('of two subnets has a bridge for each, and the hosts in them by turns', () => {
    expect(networkScript({ ...plainNetwork, subnets: 2 })).toContain(`ip link add lab1 type bridge
ip address add 10.88.1.1/24 dev lab1
ip link set lab1 up
`);
    expect(labHosts('demo', 3, { ...plainNetwork, subnets: 2 }).map(({ address }) => address)).toEqual([
      '10.88.0.11',
      '10.88.1.12',
      '10.88.0.13',
    ]);
  });

  it('with IPv6 has addresses that end in the same digits, on the router too, which forwards', () => {
    const network = { ...plainNetwork, subnets: 2, ipv6: true };
    expect(labHosts('demo', 2, network).map(({ address6 }) => address6)).toEqual(['fd88::11', 'fd88:0:0:1::12']);
    const script = networkScript(network);
    expect(script).toContain('ip address add fd88:0:0:1::1/64 dev lab1 nodad\n');
    expect(script).toContain('echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n');
  });

  it('with second interfaces has a bridge for all of them', () => {
    const network = { ...plainNetwork, secondInterface: true };
    expect(labHosts('demo', 2, network).map((host) => host.secondAddress)).toEqual(['10.89.0.11', '10.89.0.12']);
    expect(networkScript(network)).toContain(`ip link add second0 type bridge
ip address add 10.89.0.1/24 dev second0
ip link set second0 up
`);
  });

  it('is told of by what is not plain', () => {
    expect(describeNetwork(plainNetwork)).toBe('');
    const all = { subnets: 2, ipv6: true, routerAdvertisements: true, secondInterface: true, mtu: 1400 };
    expect(describeNetwork(all)).toBe('2 subnets, IPv6 by router advertisements, second interface, MTU 1400');
  });

  it('has the MTU that is asked for on every bridge', () => {
    const script = networkScript({ ...plainNetwork, subnets: 2, mtu: 1400 });
    expect(script).toContain('ip link set lab0 mtu 1400\n');
    expect(script).toContain('ip link set lab1 mtu 1400\n');
  });

  it.each([
    { subnets: 0 },
    { subnets: 3 },
    { subnets: 1.5 },
    { routerAdvertisements: true },
    { mtu: 1279 },
    { mtu: 1501 },
  ])('is refused with %j', (network) => {
    expect(() => checkNetwork({ ...plainNetwork, ...network })).toThrow(
      expect.objectContaining({ code: 'LAB_NETWORK', kind: 'usage' }),
    );
  });
});
