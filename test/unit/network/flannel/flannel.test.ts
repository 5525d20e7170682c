import { describe, expect, test } from 'vitest';
import { jsonText, yamlText } from '../../../../src/components/documents.ts';
import { flannel } from '../../../../src/network/flannel/flannel.ts';
import { pskSecret } from '../../../../src/network/flannel/settings.ts';
import type { Inventory } from '../../../../src/inventory/model.ts';
import { partsOf } from '../../../../src/network/parts.ts';
import { factsOf, fileOf, flagsOf, hostOf, inventoryOf } from '../../components/fixture.ts';

/** Two nodes with these settings of flannel, in YAML. */
function withFlannel(settings: string, { proxy = 'nftables', host = '', more = '' } = {}): Inventory {
  return inventoryOf(`
cluster:
  name: one
  kubernetesVersion: 1.36.3
  kubeProxy: { mode: ${proxy} }
  network: { plugin: flannel${more}, flannel: { ${settings} } }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, master, node] }
  - { name: h2, address: 10.88.0.12${host} }
`);
}

const addresses = [
  { interface: 'lo', cidr: '127.0.0.1/8' },
  { interface: 'eth0', cidr: '10.88.0.12/24' },
  { interface: 'eth1', cidr: '10.89.0.12/24' },
];
const facts = factsOf({ addresses, routes: [{ cidr: '10.89.0.0/24', interface: 'eth1' }], defaultInterface: 'eth0' });

function made(inventory: Inventory, secrets: ReadonlyMap<string, string> = new Map()) {
  const component = flannel.component({ inventory, host: hostOf(inventory, 'h2'), facts, podCIDRs: {}, secrets });
  if (component === undefined) throw new Error('flannel has a unit');
  return component;
}

const path = '/etc/kube-flannel/net-conf.json';
const configOf = (inventory: Inventory): unknown => JSON.parse(fileOf(made(inventory), path).content);
const flags = (inventory: Inventory) => flagsOf(made(inventory).text);

describe('net-conf.json', () => {
  const psk = '0'.repeat(43).concat('=');
  test.each<[string, string]>([
    ['vxlan', 'backend: vxlan, vni: 7, port: 4790, mtu: 1400, directRouting: true'],
    ['host-gw', 'backend: host-gw, mtu: 1400'],
    ['udp', 'backend: udp, port: 8300'],
    ['alloc', 'backend: alloc'],
    ['wireguard', 'backend: wireguard, port: 51000, mtu: 1400, wireguard: { pskFile: psk, mode: auto, keepalive: 25 }'],
    ['ipip', 'backend: ipip, directRouting: true'],
    ['ipsec', 'backend: ipsec, ipsec: { pskFile: psk, udpEncap: true, espProposal: aes256gcm16-sha256-ecp256 }'],
  ])('of %s', async (backend, settings) => {
    const inventory = withFlannel(settings);
    const secrets = new Map(Object.keys(inventory.cluster.network.secretFiles).map((name) => [name, psk]));
    const component = made(inventory, secrets);
    await expect(fileOf(component, path).content).toMatchFileSnapshot(`golden/${backend}.net-conf.json`);
    await expect(component.text).toMatchFileSnapshot(`golden/${backend}.flanneld.service`);
    await expect(
      jsonText(flannel.resolve({ name: 'one', network: { flannel: { backend } } }, 2, []).needs),
    ).toMatchFileSnapshot(`golden/${backend}.needs.json`);
    expect(JSON.stringify(inventory)).not.toContain(psk);
  });

  test('with a key is for root alone, and its text is no news', () => {
    const inventory = withFlannel('backend: wireguard, wireguard: { pskFile: psk }');
    const file = fileOf(made(inventory, new Map([[pskSecret, 'secret']])), path);
    expect(file).toMatchObject({ mode: 0o600, secret: true });
    expect(JSON.parse(file.content)).toHaveProperty('Backend.PSK', 'secret');
    expect(fileOf(made(withFlannel('backend: wireguard')), path)).toMatchObject({ mode: 0o644 });
    expect(made(inventory, new Map([[pskSecret, 'secret']])).text).not.toContain('secret');
  });

  test("has rules where kube-proxy's are, unless told otherwise", () => {
    expect(configOf(withFlannel('', { proxy: 'nftables' }))).toHaveProperty('EnableNFTables', true);
    expect(configOf(withFlannel('', { proxy: 'iptables' }))).not.toHaveProperty('EnableNFTables');
    expect(configOf(withFlannel('nftables: false', { proxy: 'nftables' }))).not.toHaveProperty('EnableNFTables');
    const other = withFlannel('nftables: true', { proxy: 'iptables' });
    expect(configOf(other)).toHaveProperty('EnableNFTables', true);
    expect(other.cluster.network.needs.programs).toEqual(['nft']);
  });

  test('has further keys, merged deeply', () => {
    const inventory = withFlannel('extraConfig: { Backend: { Learning: true }, Mine: 1 }');
    expect(configOf(inventory)).toMatchObject({ Mine: 1, Backend: { Type: 'vxlan', VNI: 1, Learning: true } });
  });
});

describe('the MTU of pods', () => {
  const bridgeMtu = (inventory: Inventory): unknown => {
    const [file] = flannel.cniFiles({ inventory, host: hostOf(inventory, 'h2'), facts, podCIDRs: {} });
    return (JSON.parse(file?.content ?? '') as { plugins: { delegate?: { mtu?: number } }[] }).plugins[0]?.delegate
      ?.mtu;
  };
  test.each([
    ['vxlan', 1450, undefined],
    ['wireguard', 1480, undefined],
    ['host-gw', undefined, 1400],
    ['udp', undefined, 1400],
    ['ipip', undefined, 1400],
  ])('with %s is told to flannel as %s, or to the bridge as %s', (backend, outside, bridge) => {
    const inventory = withFlannel(`backend: ${backend}, mtu: 1400`);
    expect((configOf(inventory) as { Backend: { MTU?: number } }).Backend.MTU).toBe(outside);
    expect(bridgeMtu(inventory)).toBe(bridge);
  });

  test('is that of the network where flannel has none of its own', () => {
    expect(configOf(withFlannel('', { more: ', mtu: 1300' }))).toHaveProperty('Backend.MTU', 1350);
    expect(configOf(withFlannel('mtu: 1350', { more: ', mtu: 1300' }))).toHaveProperty('Backend.MTU', 1400);
  });
});

describe('the interface', () => {
  test.each([
    ['', { iface: '10.88.0.12', 'public-ip': '10.88.0.12' }],
    ['interface: eth0', { iface: 'eth0', 'public-ip': '10.88.0.12' }],
    ['interface: eth1', { iface: 'eth1', 'public-ip': undefined }],
    ['interface: 10.89.0.12', { iface: '10.89.0.12', 'public-ip': undefined }],
    ['interfaceRegex: ^eth1', { 'iface-regex': '^eth1', iface: undefined, 'public-ip': undefined }],
    ['interfaceCanReach: 10.89.0.1', { 'iface-can-reach': '10.89.0.1', iface: undefined, 'public-ip': undefined }],
    ['interfaceCanReach: 192.0.2.1', { 'iface-can-reach': '192.0.2.1', 'public-ip': '10.88.0.12' }],
  ])('with %j', (settings, wanted) => {
    const found: Readonly<Record<string, string | undefined>> = flags(withFlannel(settings));
    expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, found[name]]))).toEqual(wanted);
  });

  test("is a host's own where it says so, whatever the way of the cluster", () => {
    const inventory = withFlannel('interfaceRegex: ^eth0$', { host: ', flannel: { interface: eth1 }' });
    expect(flags(inventory)).toMatchObject({ iface: 'eth1' });
    expect(flags(inventory)).not.toHaveProperty('iface-regex');
    expect(inventory.cluster.network.needs.nodeInterfaces).toEqual({
      h1: { by: 'regex', value: '^eth0$', setting: 'cluster.network.flannel.interfaceRegex' },
      h2: { by: 'name', value: 'eth1', setting: 'hosts[1].flannel.interface' },
    });
  });
});

test('flags: masquerading, the health port, and those of the user', () => {
  const inventory = withFlannel('ipMasq: false, healthPort: 9999, extraArgs: { iptables-resync: 30, v: 2 }');
  expect(flags(inventory)).toMatchObject({
    'ip-masq': 'false',
    'healthz-port': '9999',
    'iptables-resync': '30',
    v: '2',
  });
  expect(made(inventory).health.sh).toContain('http://127.0.0.1:9999/healthz');
  expect(inventory.cluster.network.needs.ports).toContainEqual(
    expect.objectContaining({ port: 9999, protocol: 'tcp' }),
  );
});

test.each([
  ['vni: 7', ['flannel.7', 'flannel-v6.7']],
  ['backend: udp', ['flannel0']],
  ['backend: wireguard', ['flannel-wg', 'flannel-wg-v6']],
  ['backend: ipip', ['flannel.ipip']],
  ['backend: host-gw', []],
])('%s leaves the links %j', (settings, links) => {
  const claims = flannel.claims(withFlannel(settings));
  expect(claims.filter(({ kind, name }) => kind === 'link' && name !== 'cni0').map(({ name }) => name)).toEqual(links);
});

describe('as a DaemonSet', () => {
  const objectsOf = async (inventory: Inventory) => flannel.objects({ inventory } as never);

  test('its objects', async () => {
    const objects = await objectsOf(withFlannel('deploy: daemonset, extraArgs: { v: 2 }'));
    await expect(objects.map(yamlText).join('---\n')).toMatchFileSnapshot('golden/daemonset.yaml');
  });

  test('hosts with another interface have a set of their own', async () => {
    const inventory = withFlannel('deploy: daemonset', { host: ', flannel: { interface: eth1 }' });
    const text = (await objectsOf(inventory)).filter(({ kind }) => kind === 'DaemonSet').map(yamlText);
    expect(text).toHaveLength(2);
    expect(text[0]).toMatch(/values:\n\s+- h1\n/);
    expect(text[1]).toMatch(/--iface=eth1/);
    expect(text[1]).toMatch(/values:\n\s+- h2\n/);
  });

  test('nothing of it is on the hosts but what its pods leave', () => {
    const inventory = withFlannel('deploy: daemonset');
    const target = { inventory, host: hostOf(inventory, 'h2'), facts, podCIDRs: {} };
    expect([flannel.component(target), flannel.cniFiles(target), flannel.programs(inventory)]).toEqual([
      undefined,
      [],
      [],
    ]);
    expect(inventory.cluster.network.needs).toMatchObject({ artifacts: {}, leaves: [], programs: [] });
    expect(flannel.claims(inventory)).toContainEqual({ kind: 'path', name: '/etc/cni/net.d/10-k8sup.conflist' });
  });
});

describe('masquerading by family', () => {
  const dual = (settings: string): Inventory =>
    inventoryOf(`
cluster:
  name: one
  kubernetesVersion: 1.36.3
  network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112", flannel: { ${settings} } }
hosts: [{ name: h2, address: "10.88.0.12,fd88::12", roles: [etcd, master, node] }]
`);
  const [four, six] = ['10.244.0.0/16', 'fd00:10:244::/56'];

  test.each([
    ['', 'true', undefined],
    ['ipMasq: true, ipv6Masq: true', 'true', undefined],
    ['ipMasq: false', 'false', undefined],
    ['ipMasq: false, ipv6Masq: false', 'false', undefined],
    ['ipv6Masq: false', 'false', [four]],
    ['ipMasq: false, ipv6Masq: true', 'false', [six]],
  ])('with %j flanneld has ip-masq=%s, and k8sup hides %j in its place', (settings, flag, hidden) => {
    const inventory = dual(settings);
    const rules = flannel.masquerade?.({ inventory, host: hostOf(inventory, 'h2'), facts, podCIDRs: {} });
    const own = rules?.files[1]?.content.match(/^own .*$/gm)?.map((line) => line.slice('own '.length));
    expect([flags(inventory)['ip-masq'], own]).toEqual([flag, hidden]);
    const claimed = flannel.claims(inventory).some(({ name }) => name === 'ip6 k8sup');
    expect(claimed).toBe(hidden !== undefined);
    const looked = ([4, 6] as const).map((family) => {
      const script = flannel.status.masquerade?.(inventory, family)?.sh;
      return script === undefined
        ? 'none'
        : `${script.includes('ip6tables') ? 6 : 4} ${script.includes('K8SUP') ? 'k8sup' : 'flannel'}`;
    });
    if (flag === 'true') expect(looked).toEqual(['4 flannel', '6 flannel']);
    else
      expect(looked).toEqual([
        hidden?.includes(four) === true ? '4 k8sup' : 'none',
        hidden?.includes(six) === true ? '6 k8sup' : 'none',
      ]);
  });
});

test('ipsec leaves policies of the kernel, which clean is told of', () => {
  const xfrm = (settings: string) => flannel.claims(withFlannel(settings)).filter(({ kind }) => kind === 'xfrm');
  expect(xfrm('backend: ipsec, ipsec: { pskFile: psk }')).toEqual([{ kind: 'xfrm', name: '10.244.0.0/16' }]);
  expect(xfrm('')).toEqual([]);
});

test('k8sup’s own rules hide pods where some blocks are to see them, and flanneld hides none', () => {
  const inventory = withFlannel('', { more: ', nonMasqueradeCIDRs: [10.9.0.0/16]' });
  const target = { inventory, host: hostOf(inventory, 'h2'), facts, podCIDRs: {} };
  expect(flags(inventory)['ip-masq']).toBe('false');
  const rules = flannel.masquerade?.(target);
  expect(rules?.files[1]?.content).toBe('filter nft\nown 10.244.0.0/16\npods 10.244.0.0/16\nkeep 10.9.0.0/16\n');
  expect(flannel.claims(inventory)).toContainEqual({ kind: 'nft-table', name: 'ip k8sup' });
  expect(partsOf(flannel, target)).toContainEqual({ kind: 'unit', name: 'k8sup-routes.service' });
  expect(flags(withFlannel(''))['ip-masq']).toBe('true');
  expect(flannel.masquerade?.({ ...target, inventory: withFlannel('') })).toBeUndefined();
  const off = withFlannel('ipMasq: false', { more: ', nonMasqueradeCIDRs: [10.9.0.0/16]' });
  expect(flannel.masquerade?.({ ...target, inventory: off })).toBeUndefined();
});
