import { describe, expect, it } from 'vitest';
import { nodeStage } from '../../../../playbooks/05.kube-node.ts';
import type { HostStep, StageContext } from '../../../../src/engine/stage.ts';
import { nodeMetadata } from '../../../../src/kube/index.ts';
import { calico } from '../../../../src/network/calico/calico.ts';
import { partsOf } from '../../../../src/network/parts.ts';
import { preflight } from '../../../../src/preflight/index.ts';
import type { Facts } from '../../../../src/host/facts/model.ts';
import { factsOf, hostOf } from '../../components/fixture.ts';
import { goodFacts } from '../../preflight/fixture.ts';
import { inventoryFor, variants } from './variants.ts';

describe('hosts of a cluster with Calico', () => {
  const codes = (settings: object, facts: Partial<Facts>, plugin = 'calico'): readonly string[] => {
    const inventory = inventoryFor({ settings }, plugin);
    const own = inventory.hosts.map(
      ({ name, address }) =>
        [
          name,
          {
            ...goodFacts,
            hostName: name,
            machineId: name,
            addresses: [{ interface: 'eth0', cidr: `${address}/24` }],
            routes: [],
            ...(name === 'h2' ? facts : {}),
          },
        ] as const,
    );
    return preflight(inventory, new Map(own)).map(({ host, code, what, why }) => `${host} ${code}: ${what}; ${why}`);
  };
  const without = (module: string): Partial<Facts> => ({
    features: new Set([...goodFacts.features].filter((name) => name !== module)),
  });

  it('have nothing in the way', () => expect(codes({}, {})).toEqual([]));

  it.each([
    [{}, 'ipip', 'Calico with IP in IP'],
    [{ vxlan: 'always' }, 'vxlan', 'Calico with vxlan'],
    [{ wireguard: true }, 'wireguard', 'Calico with WireGuard'],
  ])('with %j are refused without %s in the kernel', (settings, module, by) => {
    expect(codes(settings, without(module))).toEqual([
      `h2 KERNEL_FEATURE_MISSING: its kernel 6.1.0-30-amd64 lacks ${module}; ${by} needs it`,
    ]);
  });

  it('are refused with a kernel that is too old, also where kube-proxy would not mind', () => {
    const found = codes({ ebpf: true, vxlan: 'always' }, { kernel: '5.4.0-100-generic' });
    expect(found).toEqual([
      'h2 KERNEL_TOO_OLD: its kernel 5.4.0-100-generic is too old for Calico; Calico wants 5.10 or newer',
    ]);
  });

  it('are refused where another program holds its ports', () => {
    const listeners = [
      { protocol: 'tcp' as const, address: '0.0.0.0', port: 179, process: 'bgpd', unit: 'frr.service' },
    ];
    expect(codes({}, { listeners }).join()).toContain('h2 PORT_TAKEN: tcp port 179 is taken');
  });

  const wide = (mtu: number): Partial<Facts> => ({ links: { ...goodFacts.links, eth0: mtu } });
  it.each([
    ['calico', { mtu: 1480 }, 1500, 20],
    ['calico', { mtu: 1450, vxlan: 'always' }, 1500, 50],
    ['calico', { mtu: 1440, ipip: 'never', wireguard: true }, 1500, 60],
    ['calico', { mtu: 1500, ipip: 'never' }, 1500, 0],
    ['canal', { mtu: 1450 }, 1500, 50],
    ['canal', { mtu: 1500, backend: 'host-gw' }, 1500, 0],
    ['kube-router', { mtu: 1480 }, 1500, 20],
    ['kube-ovn', { mtu: 1400 }, 1500, 100],
  ])('%s with %j fits through an MTU of %i, and not through less', (plugin, settings, fits, tunnel) => {
    const narrow = (mtu: number) => codes(settings, wide(mtu), plugin).filter((line) => line.includes('MTU_TOO_LARGE'));
    expect(narrow(fits)).toEqual([]);
    expect(narrow(fits - 1)).toHaveLength(1);
    const needs = inventoryFor({ settings }, plugin).cluster.network.needs.mtu?.[0];
    // What the fix says to write is reckoned from it.
    expect([needs?.overhead, needs?.setting]).toEqual([tunnel, `cluster.network.${plugin}.mtu`]);
  });

  it.each([
    [
      'calico',
      { ipv4Detection: 'interface=ens.*' },
      /h2 INTERFACE_MISSING: none of its interfaces .* matches ens\.\*;/,
    ],
    ['canal', { interface: 'eth7' }, /h2 INTERFACE_MISSING: it has no interface eth7 with an address/],
  ])('%s with %j is refused where a host has none', (plugin, settings, said) => {
    expect(codes(settings, {}, plugin).join('\n')).toMatch(said);
  });

  it.each([
    'interface=eth0',
    'interface=ens.*,eth.*',
    'interface=(?i)ETH.*',
    'can-reach=www.example.com',
    'first-found',
  ])('addresses are found by %s without a word', (ipv4Detection) => expect(codes({ ipv4Detection }, {})).toEqual([]));

  it('with host-gw of Canal are refused across subnets', () => {
    const apart: Partial<Facts> = { addresses: [{ interface: 'eth0', cidr: '10.88.0.12/30' }] };
    expect(codes({ backend: 'host-gw' }, apart, 'canal').join('\n')).toContain('CANAL_ACROSS_SUBNETS');
    expect(codes({}, apart, 'canal').join('\n')).not.toContain('ACROSS_SUBNETS');
  });

  it('with eBPF give back its programs too', () => {
    const claims = (variant: string) => calico.claims(inventoryFor(variants[variant] ?? {})).map(({ kind }) => kind);
    expect([claims('default').includes('bpf'), claims('ebpf').includes('bpf')]).toEqual([false, true]);
  });

  it('give back all that Calico makes', () => {
    const inventory = inventoryFor({});
    const target = { inventory, host: hostOf(inventory, 'h1'), facts: factsOf(), podCIDRs: {} };
    expect(partsOf(calico, target).map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        'links cali',
        'link vxlan.calico',
        'link wireguard.cali',
        'module-link tunl0',
        'chains cali-',
        'ipsets cali40 cali60',
        'nft-table ip calico',
        'routes 10.244.0.0/16',
        'path /etc/cni/net.d/10-calico.conflist',
        'path /etc/cni/net.d/calico-kubeconfig',
        'path /opt/cni/bin/calico',
        'path /var/lib/calico',
      ]),
    );
  });

  it('have the annotations of route reflectors and of other AS numbers', () => {
    const inventory = inventoryFor(variants['route-reflectors'] ?? {});
    const live = inventory.hosts.map(({ name }) => ({
      name,
      podCIDR: undefined,
      podCIDRs: [],
      taints: [],
      managedTaints: undefined,
    }));
    expect(nodeMetadata(inventory, live).map(({ metadata }) => metadata.annotations)).toEqual([
      { 'projectcalico.org/RouteReflectorClusterID': '244.0.0.1' },
      { 'projectcalico.org/RouteReflectorClusterID': '244.0.0.1' },
      { 'projectcalico.org/ASNumber': '64601', 'projectcalico.org/RouteReflectorClusterID': '244.0.0.2' },
    ]);
  });

  it('have no kube-proxy where Calico does its work', async () => {
    const step = nodeStage.steps.find((one): one is HostStep => one.type === 'hosts' && one.name === 'kube-proxy');
    const inventory = inventoryFor(variants['ebpf'] ?? {});
    const context = { inventory, facts: () => factsOf() } as unknown as StageContext;
    const host = hostOf(inventory, 'h2');
    expect((await step?.resources(host, context))?.map(({ id }) => id)).toEqual(['absent:kube-proxy']);
    expect(await step?.gate?.(host, context)).toBeUndefined();
  });
});
