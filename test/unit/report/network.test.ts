import { describe, expect, it } from 'vitest';
import type { NetworkStatusReport, NetworkTestReport, PathResult } from '../../../src/engine/network-report.ts';
import { renderNetworkStatus, renderNetworkTest } from '../../../src/report/index.ts';
import { ascii, bare, report } from './output.ts';

const problem = {
  code: 'ROUTE_MISSING',
  nodes: ['h1', 'h2'],
  what: 'h1: the route to the pods of h2 is missing',
  why: 'ip route has none\u001b[2J',
  fix: 'restart',
};
const node = {
  address: '10.88.0.11',
  unit: { name: 'flanneld.service', state: 'active' },
  podCIDRs: ['10.244.1.0/24'],
  hostLink: { name: 'host0', mtu: 1500, up: true },
  bridge: { name: 'cni0', mtu: 1450, up: false },
  tunnels: [{ name: 'flannel.1', mtu: 1450, up: true, vni: 1, port: 8472, mac: '8a:9f:a1:0d:4f:83' }],
  peers: [{ node: 'h2', mac: '0a:cd', address: '10.88.0.12', fdb: true, neighbour: false }],
  masquerade: false,
};
const status: NetworkStatusReport = {
  plugin: 'flannel',
  mode: 'vxlan',
  nodes: [
    {
      ...node,
      name: 'h1',
      routes: [
        { to: 'h2', cidr: '10.244.0.0/24', wanted: 'tunnel', found: '', ok: false },
        { to: 'h3', cidr: '10.244.2.0/24', wanted: 'tunnel', found: '10.244.2.0/24 dev flannel.1', ok: true },
      ],
    },
    { name: 'h2', address: '10.88.0.12', podCIDRs: ['10.244.0.0/24'], tunnels: [], routes: [], peers: [] },
    { name: 'h3', address: '10.88.0.13', unreachable: 'refused', podCIDRs: [], tunnels: [], routes: [], peers: [] },
  ],
  problems: [problem],
};

describe('the status of a network', () => {
  it('is one table, the routes, and the problems with cause and fix', () => {
    expect(renderNetworkStatus(status, 140)).toBe(`Pod network flannel, vxlan
  NODE  UNIT               POD CIDR       LINK        BRIDGE          TUNNEL                          ROUTES  PEERS  MASQUERADE
  h1    active             10.244.1.0/24  host0 1500  cni0 1450 DOWN  flannel.1 1450 vni 1 port 8472  1/2     0/1    NO
  h2    -                  10.244.0.0/24  -           -               -                               -       -      -
  h3    NOT SEEN: refused
  h1 to h2: NO ROUTE to 10.244.0.0/24
  h1 to h3: 10.244.2.0/24 dev flannel.1

Problems
  ROUTE_MISSING  h1: the route to the pods of h2 is missing
    Why: ip route has none\\x1b[2J
    Fix: restart`);
  });

  it('says where nothing is wrong, and has no book of routes', () => {
    const many = Array.from({ length: 6 }, () => status.nodes[0]).flatMap((one) => one ?? []);
    const text = renderNetworkStatus({ ...status, nodes: many, problems: [] }, 140);
    expect(text).toMatch(/\n\nNo problem was found\.$/);
    expect(text).not.toContain('h1 to h2');
  });
});

const attempt = { ok: true, said: 'seen as x' };
const silent = { ok: false, said: '' };
const path = (from: string, to: string, changes: Partial<PathResult> = {}): PathResult => ({
  from,
  to,
  family: 4,
  ...(from === to ? {} : { podToPod: { ...attempt, ms: 0.271, seen: 'x' } }),
  podToService: attempt,
  hostToPod: attempt,
  hops: from === to ? [] : ['10.244.1.1', '10.244.0.0'],
  ...(from === to ? {} : { way: { found: 'tunnel', wanted: 'tunnel', device: 'flannel.1' } }),
  ...(from === to ? {} : { packet: { largest: 1450, wanted: 1450 }, megabytesPerSecond: 449.6 }),
  ...changes,
});
const cut: PathResult = {
  ...path('h1', 'h1'),
  ...{ to: 'h2', podToPod: silent, podToService: silent, hostToPod: silent },
  way: { found: 'tunnel', wanted: 'tunnel', device: 'flannel.1' },
};
const good: NetworkTestReport = {
  plugin: 'flannel',
  mode: 'vxlan',
  chosen: { how: 'all' },
  nodes: ['h1', 'h2'].map((name) => ({ name, dns: attempt, masquerade: { ...attempt, to: 'h2', wanted: true } })),
  paths: [path('h1', 'h1'), path('h1', 'h2'), path('h2', 'h1'), path('h2', 'h2')],
  policy: { enforced: false, said: 'not enforced by flannel' },
  problems: [],
};

describe('the test of a network', () => {
  it('is a matrix with figures, a line for everything else, and no problem', () => {
    expect(renderNetworkTest(good, bare)).toBe(`Pod network flannel, vxlan: 2 nodes, every node to every node
  FROM \\ TO  h1                  h2
  h1         -                   ✔ 0.27 ms 450 MB/s
  h2         ✔ 0.27 ms 450 MB/s  -

  pod to pod      2 of 2                   seen under the pod's own address
  pod to Service  4 of 4
  host to pod     4 of 4
  DNS             2 of 2
  masquerade      2 of 2                   outside of the pod network
  way             tunnel by flannel.1      as it should be
  hops            2 routers
  largest packet  1450 bytes               the pods' devices have 1450
  NetworkPolicy   not enforced by flannel

No problem was found.`);
  });

  it('marks every path that is not good by what is wrong with it', () => {
    const direct = { found: 'direct', wanted: 'tunnel', device: 'host0' } as const;
    const slow = path('h2', 'h1', {
      packet: { largest: 1354, wanted: 1450 },
      way: direct,
      podToService: silent,
      hostToPod: silent,
    });
    const text = renderNetworkTest({ ...good, paths: [cut, slow], problems: [problem] }, { ...bare, columns: 120 });
    expect(text).toMatch(/^ {2}h1 +- +✖ no answer$/m);
    expect(text).toMatch(/^ {2}h2 +✖ Service, host, direct, packet 1354 0\.27 ms 450 MB\/s +-$/m);
    expect(text).toMatch(/^ {2}pod to pod +1 of 2/m);
    expect(text).toMatch(/^ {2}way +tunnel by flannel\.1 \(1\), direct by host0 \(1\) +it should be tunnel$/m);
    expect(text).toContain('Problems\n  ROUTE_MISSING  h1: the route');
    const hidden = path('h1', 'h2', { podToPod: { ok: false, said: '', ms: 1, seen: '10.0.0.1' } });
    expect(renderNetworkTest({ ...good, paths: [hidden] }, bare)).toContain('✖ pod 1.00 ms');
  });

  it('is a list where a matrix fits on no screen, and says how to choose the same paths again', () => {
    const names = Array.from({ length: 12 }, (_, index) => `node${index}`);
    const paths = names.map((from, index) => path(from, names[(index + 1) % 12] ?? ''));
    const text = renderNetworkTest({ ...good, paths, chosen: { how: 'ring and random', seed: 42 } }, bare);
    expect(text).toContain('12 nodes, a ring and some at random, --seed 42');
    expect(text).toMatch(/^ {2}node11 +node0 +✔ 0\.27 ms 450 MB\/s$/m);
  });

  it('of one node has no matrix', () => {
    const one = { ...good, nodes: good.nodes.slice(0, 1), paths: [path('h1', 'h1')] };
    const text = renderNetworkTest(one, bare);
    expect(text).not.toContain('FROM');
    expect(text).toMatch(/pod to pod +not tried/);
  });

  it('tells what a policy did', () => {
    const policy = { enforced: true, deny: attempt, allow: silent } as const;
    expect(renderNetworkTest({ ...good, policy }, bare)).toMatch(/NetworkPolicy +1 of 2/);
  });

  it('is ASCII where the terminal is', () => {
    expect(
      renderNetworkTest({ ...good, paths: [cut, ...good.paths], problems: [] }, { ...ascii, columns: 200 }),
    ).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it.each(['plain', 'tty', 'json'] as const)('is shown by every kind of output: %s', async (format) => {
    const { out } = await report([{ type: 'network-test', test: good }], { format, columns: 120 });
    expect(out).toContain(format === 'json' ? '"megabytesPerSecond":449.6' : 'FROM \\ TO');
  });
});
