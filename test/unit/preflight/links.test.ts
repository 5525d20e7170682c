import { expect, test } from 'vitest';
import type { Facts } from '../../../src/host/facts/model.ts';
import { preflight } from '../../../src/preflight/index.ts';
import { inventoryOf } from '../components/fixture.ts';
import { goodFacts } from './fixture.ts';

const inventory = (flannel: string, h2 = '') =>
  inventoryOf(`
cluster: { name: one, network: { flannel: { ${flannel} } } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12${h2} }
`);

/** A host with two interfaces. */
const host = (name: string, last: number, changes: Partial<Facts> = {}): Facts => ({
  ...goodFacts,
  machineId: name,
  hostName: name,
  addresses: [
    { interface: 'eth0', cidr: `192.0.2.${last}/24` },
    { interface: 'eth1', cidr: `198.51.100.${last}/24` },
  ],
  links: { eth0: 1500, eth1: 1400 },
  ...changes,
});

function found(flannel: string, { h2 = '', second = {} }: { h2?: string; second?: Partial<Facts> } = {}) {
  const facts = new Map([
    ['h1', host('h1', 11)],
    ['h2', host('h2', 12, second)],
  ]);
  return preflight(inventory(flannel, h2), facts);
}
const codes = (...args: Parameters<typeof found>) => found(...args).map((problem) => `${problem.host} ${problem.code}`);

/** h2 behind a router: its own /25 does not hold h1's. */
const behind: Partial<Facts> = {
  addresses: [
    { interface: 'eth0', cidr: '192.0.2.12/30' },
    { interface: 'eth1', cidr: '198.51.100.12/24' },
  ],
};

test('an interface that one host lacks is named with that host', () => {
  const only = { addresses: [{ interface: 'eth0', cidr: '192.0.2.12/24' }] };
  for (const settings of ['interface: eth1', 'interfaceRegex: ^198', 'interface: 198.51.100.11']) {
    expect(codes(settings, { second: only }), settings).toEqual(['h2 INTERFACE_MISSING']);
  }
  expect(codes('interface: eth1', { second: only, h2: ', flannel: { interface: eth0 }' })).toEqual([]);
  const unreachable = { ...only, routes: [], defaultInterface: undefined };
  expect(codes('interfaceCanReach: 203.0.113.1', { second: unreachable })).toEqual(['h2 INTERFACE_MISSING']);
  expect(found('interface: eth1', { second: only })[0]?.why).toContain('cluster.network.flannel.interface');
});

test.each([
  ['backend: vxlan, mtu: 1450', []],
  ['backend: vxlan, mtu: 1451', ['write cluster.network.flannel.mtu: 1450 or less']],
  ['backend: vxlan, mtu: 1400, interface: eth1', ['write cluster.network.flannel.mtu: 1350 or less']],
  ['backend: udp, mtu: 1473', ['write cluster.network.flannel.mtu: 1472 or less']],
  ['backend: ipip, mtu: 1481', ['write cluster.network.flannel.mtu: 1480 or less']],
  ['backend: wireguard, mtu: 1441', ['write cluster.network.flannel.mtu: 1440 or less']],
  ['backend: host-gw, mtu: 1500', []],
  ['backend: host-gw, mtu: 1501', ['write cluster.network.flannel.mtu: 1500 or less']],
])('with %s packets that do not fit are refused on each host', (settings, fixes) => {
  const mine = found(settings).filter(({ code }) => code === 'MTU_TOO_LARGE');
  expect(mine.filter((problem) => problem.host === 'h1').map(({ fix }) => fix.split(', or')[0])).toEqual(fixes);
  expect(mine).toHaveLength(2 * fixes.length);
});

test('host-gw across subnets is refused with another way, unless an interface has no router between', () => {
  expect(codes('backend: host-gw')).toEqual([]);
  expect(codes('backend: host-gw', { second: behind })).toEqual(['h2 HOST_GW_ACROSS_SUBNETS']);
  const [problem] = found('backend: host-gw', { second: behind });
  expect(`${problem?.what ?? ''} ${problem?.fix ?? ''}`).toMatch(/h1 \(192\.0\.2\.11\).*directRouting: true/);
  expect(codes('backend: host-gw, interface: eth1', { second: behind })).toEqual([]);
  expect(codes('backend: vxlan, directRouting: true', { second: behind })).toEqual([]);
});

test.each([
  ['vxlan', 'vxlan', 'host-gw'],
  ['wireguard', 'wireguard', 'vxlan'],
  ['ipip', 'ipip', 'vxlan'],
  ['udp', 'tun', 'vxlan'],
  ['ipsec, ipsec: { pskFile: psk }', 'esp4', 'vxlan'],
  ['ipsec, ipsec: { pskFile: psk }', 'xfrm_user', 'vxlan'],
])('%s on a kernel without %s is refused, and told of %s', (backend, module, instead) => {
  const features = new Set([...goodFacts.features].filter((name) => name !== module));
  const problems = found(`backend: ${backend}`, { second: { features } }).filter(({ host: name }) => name === 'h2');
  const problem = problems.find(({ code }) => code === 'KERNEL_FEATURE_MISSING');
  expect(problem).toMatchObject({ severity: 'error' });
  expect(problem?.fix).toContain(instead);
});
