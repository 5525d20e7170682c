import { expect, it } from 'vitest';
import type { NodeSessions } from '../../../../src/engine/network-report.ts';
import { networkReport } from '../../../../src/network/look/report.ts';
import { pluginOf } from '../../../../src/network/network.ts';
import { renderNetworkStatus } from '../../../../src/report/network-status.ts';
import { inventoryFor, variants } from './variants.ts';

it.each([
  ['default', 'IP in IP always, BGP mesh'],
  ['plain-routes', 'plain routes, BGP mesh'],
  ['backend-vxlan', 'vxlan crossSubnet'],
  ['route-reflectors', 'plain routes, BGP by route reflectors'],
  ['ebpf', 'vxlan always, BGP mesh, eBPF'],
  ['wireguard', 'IP in IP always, BGP mesh, WireGuard'],
])('%s is told as %s', (variant, mode) => {
  const inventory = inventoryFor(variants[variant] ?? {});
  expect(pluginOf(inventory).status.mode(inventory)).toBe(mode);
});

it.each([
  [{}, 'vxlan', 'flannel.1', 'tunnel'],
  [{ backend: 'host-gw' }, 'host-gw', undefined, 'direct'],
])('canal with %j: %s', (settings, mode, device, way) => {
  const inventory = inventoryFor({ settings }, 'canal');
  const status = pluginOf(inventory).status;
  expect([status.mode(inventory), status.tunnel(inventory, 4)?.device, status.wayTo(inventory, true)]).toEqual([
    mode,
    device,
    way,
  ]);
});

it('sessions are asked for where BIRD runs alone', async () => {
  const asked: string[] = [];
  const kube = {
    run: () => {
      asked.push('asked');
      return Promise.resolve('');
    },
  };
  for (const variant of ['default', 'backend-vxlan']) {
    const inventory = inventoryFor(variants[variant] ?? {});
    await pluginOf(inventory).status.sessions?.(inventory, kube);
  }
  expect(asked).toHaveLength(1);
});

it('a session that is down, and a node that cannot be asked, are problems; all are shown in one table', () => {
  const inventory = inventoryFor({});
  const up = {
    family: 'ipv4',
    type: 'node-to-node mesh',
    state: 'up',
    since: '09:00:46',
    info: 'Established',
  } as const;
  const sessions: readonly NodeSessions[] = [
    { node: 'h1', sessions: [{ ...up, peer: '10.88.0.12' }] },
    {
      node: 'h2',
      sessions: [{ ...up, peer: '10.88.0.11', state: 'start', info: 'Active Socket: Connection refused' }],
    },
    { node: 'h3', sessions: [], problem: 'container not found' },
  ];
  const unseen = { node: { name: 'h1', address: '10.88.0.11' }, reason: 'refused' };
  const report = networkReport({ status: pluginOf(inventory).status, inventory }, [], [unseen], sessions);
  expect(report.problems.map(({ code, nodes, why }) => [code, ...nodes, why])).toEqual([
    ['BGP_SESSION_DOWN', 'h2', 'BIRD says start, Active Socket: Connection refused'],
    ['BGP_UNKNOWN', 'h3', 'container not found'],
    ['NODE_UNSEEN', 'h1', 'refused'],
  ]);
  const own = sessions[0]?.sessions ?? [];
  const seen = { name: 'h1', address: '10.88.0.11', podCIDRs: [], tunnels: [], routes: [], peers: [], sessions: own };
  expect(renderNetworkStatus({ ...report, nodes: [seen] }, 120)).toMatch(
    /NODE +PEER ADDRESS +PEER TYPE +STATE +SINCE +INFO\n +h1 +10\.88\.0\.12 +node-to-node mesh +up +09:00:46 +Established/,
  );
});
