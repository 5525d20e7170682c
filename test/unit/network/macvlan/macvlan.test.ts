import { expect, test } from 'vitest';
import { containerdConfig } from '../../../../src/components/containerd/config.ts';
import { kubeletConfig } from '../../../../src/components/kubelet/kubelet-config.ts';
import { macvlan } from '../../../../src/network/macvlan/macvlan.ts';
import { secondInterfaceFile } from '../../../../src/network/macvlan/second-interface.ts';
import { factsOf, hostOf, networkOf, newest } from '../../components/fixture.ts';

const ranges =
  '{ h1: { from: 10.88.0.20, to: 10.88.0.89 }, h2: { from: 10.88.0.90, to: 10.88.0.159 }, h3: { from: 10.88.0.160, to: 10.88.0.229 } }';
const fewPods = ', kubelet: { maxPods: 60 }';
const inventory = networkOf(
  `{ plugin: macvlan, mtu: 1400, macvlan: { subnet: 10.88.0.0/24, gateway: 10.88.0.1, ranges: ${ranges} } }`,
  fewPods,
);
const facts = factsOf({ addresses: [{ interface: 'ens3', cidr: '10.88.0.12/24' }] });
const target = { inventory, host: hostOf(inventory, 'h2'), facts, podCIDRs: {} };

test('pods get addresses of their host’s range, on the interface that carries its address', () => {
  const [file] = macvlan.cniFiles(target);
  expect(JSON.parse(file?.content ?? '')).toEqual({
    cniVersion: '1.0.0',
    name: 'k8sup',
    plugins: [
      {
        type: 'macvlan',
        master: 'ens3',
        mode: 'bridge',
        mtu: 1400,
        ipam: {
          type: 'host-local',
          ranges: [
            [{ subnet: '10.88.0.0/24', rangeStart: '10.88.0.90', rangeEnd: '10.88.0.159', gateway: '10.88.0.1' }],
          ],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });
});

test('where nothing tells the interface, it must be named', () => {
  const bare = factsOf({ addresses: [{ interface: '', cidr: '10.88.0.12/32' }] });
  expect(() => macvlan.cniFiles({ ...target, facts: bare })).toThrow(
    expect.objectContaining({ code: 'INTERFACE_UNKNOWN', host: 'h2' }),
  );
});

test('pods that reach no Service ask the servers of their host', () => {
  const config = (of: typeof inventory): string => kubeletConfig(of, hostOf(of, 'h2'), facts).file.content;
  expect(config(inventory)).toContain('clusterDNS: []');
  expect(config(newest)).toMatch(/clusterDNS:\n +- 10\.96\.0\.10/);
});

const second = `{ master: host1, subnet: 10.88.0.0/24, ranges: ${ranges} }`;

test.each(['2.2.0', '1.7.29'])(
  'a second interface is a second configuration, which containerd %s is told of',
  (version) => {
    const both = networkOf(
      `{ plugin: bridge, secondInterface: ${second} }`,
      `${fewPods}, runtime: { version: ${version} }`,
    );
    const file = secondInterfaceFile(both, hostOf(both, 'h1'));
    expect(file?.path).toBe('/etc/cni/net.d/20-k8sup-second.conflist');
    expect(JSON.parse(file?.content ?? '')).toMatchObject({
      name: 'k8sup-second',
      plugins: [{ type: 'macvlan', master: 'host1', ipam: { ranges: [[{ rangeStart: '10.88.0.20' }]] } }],
    });
    expect(file?.content).not.toContain('routes');
    const config = (of: typeof both): string =>
      containerdConfig(of, hostOf(of, 'h1'), factsOf(), new Map()).file.content;
    expect(config(both)).toMatch(/conf_dir = '\/etc\/cni\/net.d'\nmax_conf_num = 2|max_conf_num = 2/);
    expect(config(newest)).not.toContain('max_conf_num');
    expect(secondInterfaceFile(newest, hostOf(newest, 'h1'))).toBeUndefined();
  },
);

test('a second interface needs what macvlan needs, beside what the network needs', () => {
  const { needs } = networkOf(`{ plugin: flannel, secondInterface: ${second} }`, fewPods).cluster.network;
  expect(needs.kernel.map(({ module }) => module)).toEqual(['vxlan', 'macvlan']);
  expect(needs.interfaces).toEqual([{ name: 'host1', setting: 'cluster.network.secondInterface.master' }]);
  const none = networkOf(`{ plugin: none, secondInterface: ${second} }`, fewPods).cluster.network;
  expect(none.needs.kernel).toEqual([]);
  expect(none.secondInterface).toBeUndefined();
});
