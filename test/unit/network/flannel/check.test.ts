import { expect, test } from 'vitest';
import { check, inventoryWith, problemsOf, summary } from '../../inventory/sample.ts';

const flannel = (settings: string, network = ''): string => `network: { flannel: { ${settings} }${network} }`;
const two = '- { name: a, address: 192.0.2.11, roles: [etcd, master] }\n- { name: b, address: 192.0.2.12';
const place = 'cluster.network.flannel';

test.each<[what: string, cluster: string, hosts: string | undefined, found: readonly string[]]>([
  ['a backend that there is not', flannel('backend: gre'), undefined, [`VALUE_INVALID 3:34 ${place}.backend`]],
  ['ipsec without a key', flannel('backend: ipsec'), undefined, [`PSK_MISSING 3:34 ${place}.backend`]],
  [
    'a key in a DaemonSet',
    flannel('backend: wireguard, deploy: daemonset, wireguard: { pskFile: f }'),
    undefined,
    [`PSK_IN_DAEMONSET 3:53 ${place}.deploy`],
  ],
  [
    "flannel on the API server's etcd",
    flannel('subnetManager: etcd'),
    undefined,
    [`FLANNEL_ON_APISERVER_ETCD 3:40 ${place}.subnetManager`],
  ],
  [
    'SubnetLen with Kubernetes',
    flannel('subnetLen: 25'),
    undefined,
    [`SETTING_NEEDS_ETCD_MANAGER 3:25 ${place}.subnetLen`],
  ],
  [
    'SubnetMin with Kubernetes',
    flannel('subnetMin: 10.244.8.0'),
    undefined,
    [`SETTING_NEEDS_ETCD_MANAGER 3:25 ${place}.subnetMin`],
  ],
  [
    'SubnetMax with Kubernetes',
    flannel('subnetMax: 10.244.8.0'),
    undefined,
    [`SETTING_NEEDS_ETCD_MANAGER 3:25 ${place}.subnetMax`],
  ],
  [
    'two ways to the interface',
    flannel('interface: a, interfaceRegex: b'),
    undefined,
    [`INTERFACE_TWICE 3:39 ${place}.interfaceRegex`],
  ],
  [
    'two ways to the interface of a host',
    '',
    `${two}, flannel: { interface: a, interfaceCanReach: 192.0.2.1 } }`,
    ['INTERFACE_TWICE 5:62 hosts[1].flannel.interfaceCanReach'],
  ],
  [
    'an expression that Go does not know',
    flannel('interfaceRegex: "eth(?=1)"'),
    undefined,
    [`INTERFACE_REGEX_INVALID 3:41 ${place}.interfaceRegex`],
  ],
  [
    'an expression that is none',
    flannel('interfaceRegex: "eth("'),
    undefined,
    [`INTERFACE_REGEX_INVALID 3:41 ${place}.interfaceRegex`],
  ],
  [
    'a name to reach',
    flannel('interfaceCanReach: gateway'),
    undefined,
    [`ADDRESS_INVALID 3:44 ${place}.interfaceCanReach`],
  ],
  ["another part's port", flannel('healthPort: 10250'), undefined, [`PORT_CONFLICT 3:37 ${place}.healthPort`]],
  [
    'a flag of k8sup',
    flannel('extraArgs: { iface: eth1 }'),
    undefined,
    [`SETTING_RESERVED 3:38 ${place}.extraArgs.iface`],
  ],
  ['a flag with dashes', flannel('extraArgs: { --v: 1 }'), undefined, [`FLAG_WITH_DASHES 3:38 ${place}.extraArgs.--v`]],
  [
    'a key of k8sup, in any case',
    flannel('extraConfig: { network: x }'),
    undefined,
    [`SETTING_RESERVED 3:40 ${place}.extraConfig.network`],
  ],
  [
    'a key of the backend',
    flannel('extraConfig: { backend: { vni: 3 } }'),
    undefined,
    [`SETTING_RESERVED 3:51 ${place}.extraConfig.backend.vni`],
  ],
  [
    'settings of a host for another plugin',
    'network: { plugin: bridge }',
    `${two}, flannel: { interface: a } }`,
    ['TWO_PLUGINS 6:37 hosts[1].flannel'],
  ],
])('%s is a mistake', (_what, cluster, hosts, found) => {
  expect(summary(problemsOf(inventoryWith(cluster, hosts)))).toEqual(found);
});

test.each<[cluster: string, fix: string]>([
  [flannel('subnetLen: 25'), 'use cluster.network.nodeCIDRMaskSize and podCIDR'],
  [flannel('extraArgs: { healthz-port: 1 }'), 'use cluster.network.flannel.healthPort'],
  [flannel('extraConfig: { Network: 10.0.0.0/8 }'), 'use cluster.network.podCIDR'],
])('%s: %s', (cluster, fix) => {
  expect(problemsOf(inventoryWith(cluster))[0]?.fix).toBe(fix);
});

test.each<[what: string, cluster: string, found: readonly string[]]>([
  ['a port for host-gw', flannel('backend: host-gw, port: 9'), [`SETTING_WITHOUT_EFFECT 3:43 ${place}.port`]],
  ['a VNI for udp', flannel('backend: udp, vni: 9'), [`SETTING_WITHOUT_EFFECT 3:39 ${place}.vni`]],
  ['a key for vxlan', flannel('wireguard: { keepalive: 1 }'), [`SETTING_WITHOUT_EFFECT 3:25 ${place}.wireguard`]],
  ['an image for the unit', flannel('image: a/b'), [`SETTING_WITHOUT_EFFECT 3:25 ${place}.image`]],
  ['wireguard', flannel('backend: wireguard'), [`BACKEND_NOT_PROVED 3:34 ${place}.backend`]],
  ['ipip', flannel('backend: ipip'), [`BACKEND_NOT_PROVED 3:34 ${place}.backend`]],
  ['alloc', flannel('backend: alloc'), [`BACKEND_WITHOUT_ROUTES 3:34 ${place}.backend`]],
  ['a DaemonSet', flannel('deploy: daemonset'), [`DAEMONSET_NOT_PROVED 3:33 ${place}.deploy`]],
  [
    'IPv6 masquerading of pods without IPv6',
    flannel('ipv6Masq: false'),
    [`SETTING_WITHOUT_EFFECT 3:25 ${place}.ipv6Masq`],
  ],
  ['a tunnel at a node port', flannel('port: 30001'), [`NODE_PORT_RANGE_MIXED 3:31 ${place}.port`]],
])('%s is warned of', (_what, cluster, found) => {
  const result = check(inventoryWith(cluster));
  expect('problems' in result ? summary(result.problems) : []).toEqual([]);
  expect(summary(result.warnings)).toEqual(found);
});

test.each<[settings: string, podCIDR: string, found: readonly string[]]>([
  ['subnetLen: 24, subnetMin: 10.244.16.0, subnetMax: 10.244.31.0', '10.244.0.0/16', []],
  ['subnetMin: 10.245.0.0', '10.244.0.0/16', [`SUBNET_OUTSIDE_NETWORK ${place}.subnetMin`]],
  ['subnetMax: 10.245.0.0', '10.244.0.0/16', [`SUBNET_OUTSIDE_NETWORK ${place}.subnetMax`]],
  ['subnetMin: 10.244.1.128', '10.244.0.0/16', [`SUBNET_NOT_ALIGNED ${place}.subnetMin`]],
  ['subnetLen: 25, subnetMin: 10.244.1.128', '10.244.0.0/16', []],
  ['subnetMin: 10.244.8.0, subnetMax: 10.244.4.0', '10.244.0.0/16', [`SUBNETS_REVERSED ${place}.subnetMax`]],
  ['subnetMin: first', '10.244.0.0/16', [`ADDRESS_INVALID ${place}.subnetMin`]],
  ['subnetLen: 17', '10.244.0.0/16', [`SUBNET_LEN_TOO_SHORT ${place}.subnetLen`]],
])('without Kubernetes, %s of %s', (settings, podCIDR, found) => {
  const text = inventoryWith(
    flannel(settings, `, podCIDR: ${podCIDR}`),
    '- { name: a, address: 192.0.2.11, roles: [etcd] }',
  );
  const mine = problemsOf(text).filter(({ path }) => path.startsWith(place));
  expect(mine.map(({ code, path }) => `${code} ${path}`)).toEqual(found);
});

test.each([
  ['backend: vxlan', []],
  ['backend: host-gw', []],
  ['backend: wireguard', []],
  ['backend: udp', [`BACKEND_IPV4_ONLY ${place}.backend`]],
  ['backend: alloc', [`BACKEND_IPV4_ONLY ${place}.backend`]],
  ['backend: ipip', [`BACKEND_IPV4_ONLY ${place}.backend`]],
  ['deploy: daemonset', [`DAEMONSET_IPV4_ONLY ${place}.deploy`]],
])('with IPv6, %s: %j', (settings, found) => {
  const text = inventoryWith(
    flannel(settings, ', podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112"'),
    '- { name: a, address: "192.0.2.11,2001:db8::11", roles: [etcd, master, node] }',
  );
  expect(problemsOf(text).map(({ code, path }) => `${code} ${path}`)).toEqual(found);
});

test.each([
  ['10.244.0.0/16', '10.96.0.0/16', '192.0.2.11', 'host-gw', []],
  ['10.244.0.0/16,fd00:10:244::/56', '10.96.0.0/16,fd00:10:96::/112', '192.0.2.11,2001:db8::11', 'host-gw', []],
  ['fd00:10:244::/56', 'fd00:10:96::/112', '2001:db8::11', 'vxlan', []],
  [
    'fd00:10:244::/56',
    'fd00:10:96::/112',
    '2001:db8::11',
    'host-gw',
    ['host-gw with IPv6 alone is rendered, but not proved'],
  ],
  ['fd00:10:244::/56', 'fd00:10:96::/112', '2001:db8::11', 'wireguard', ['wireguard is rendered, but not proved']],
])(
  'with pods in %s, Services in %s and a host at %s, %s is warned of by %j',
  (pods, services, address, backend, said) => {
    const network = `network: { podCIDR: "${pods}", serviceCIDR: "${services}", flannel: { backend: ${backend} } }`;
    const { warnings } = check(
      inventoryWith(network, `- { name: a, address: "${address}", roles: [etcd, master, node] }`),
    );
    expect(warnings.map(({ message }) => message.split(':')[0])).toEqual(said);
  },
);

test('without Kubernetes a network in which no four subnets fit is an error', () => {
  const text = inventoryWith(
    flannel('subnetLen: 30', ', podCIDR: 10.244.0.0/29'),
    '- { name: a, address: 192.0.2.11, roles: [etcd, container] }',
  );
  expect(summary(problemsOf(text))).toContain(`SUBNET_LEN_TOO_SHORT 3:36 ${place}.subnetLen`);
});

test('without Kubernetes subnets come from no API server', () => {
  const text = inventoryWith(flannel('subnetManager: kube'), '- { name: a, address: 192.0.2.11, roles: [etcd] }');
  expect(summary(problemsOf(text))).toContain(`FLANNEL_WITHOUT_KUBERNETES 3:40 ${place}.subnetManager`);
});
