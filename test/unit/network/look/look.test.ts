import { describe, expect, it } from 'vitest';
import { nodeProblems } from '../../../../src/network/look/node-problems.ts';
import { pathProblems, peersOf, routesOf } from '../../../../src/network/look/path-problems.ts';
import { networkProbes } from '../../../../src/network/look/probes.ts';
import { knownProblems, networkReport } from '../../../../src/network/look/report.ts';
import { changed, judgeOf, lookOf, nodes } from './fixture.ts';
import type { Printed } from './fixture.ts';

const judge = judgeOf();

describe('a look at a node of a good cluster', () => {
  const [h1, h2] = [lookOf('h1'), lookOf('h2')];

  it('reads its devices, lease, routes and peers', () => {
    expect(h1.hostLink).toEqual({ name: 'host0', mtu: 1500, up: true });
    expect(h1.links.get('flannel.1')?.tunnel).toEqual({
      name: 'flannel.1',
      mtu: 1450,
      up: true,
      vni: 1,
      port: 8472,
      mac: '8a:9f:a1:0d:4f:83',
    });
    expect(h1.lease).toMatchObject({ FLANNEL_SUBNET: '10.244.1.1/24', FLANNEL_MTU: '1450' });
    expect(h1).toMatchObject({ unit: 'active', masquerade: true, forwards: { 4: true, 6: false }, strictDevices: [] });
    expect(routesOf(judge, h1)).toEqual([
      {
        to: 'h2',
        cidr: '10.244.0.0/24',
        wanted: 'tunnel',
        found: '10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink',
        ok: true,
      },
    ]);
    expect(peersOf(judge, h2, [h1])).toEqual([
      { node: 'h1', mac: '8a:9f:a1:0d:4f:83', address: '10.88.0.11', fdb: true, neighbour: true },
    ]);
  });

  it('finds nothing wrong, on either side', () => {
    expect(knownProblems(judge, [h1, h2])).toEqual([]);
  });

  it('makes a report in which nodes that were not seen are a problem', () => {
    const report = networkReport(judge, [h1], [{ node: { name: 'h2', address: '10.88.0.12' }, reason: 'refused' }]);
    expect(report).toMatchObject({
      plugin: 'flannel',
      mode: 'vxlan',
      nodes: [
        {
          name: 'h1',
          unit: { name: 'flanneld.service', state: 'active' },
          bridge: { name: 'cni0', mtu: 1450 },
          announced: { 'backend-type': 'vxlan', 'public-ip': '10.88.0.11' },
          masquerade: true,
        },
        { name: 'h2', unreachable: 'refused' },
      ],
      problems: [{ code: 'NODE_UNSEEN', nodes: ['h2'], why: 'refused' }],
    });
    expect(Object.keys(report.nodes[0]?.announced ?? {})).toHaveLength(3);
  });
});

const noRoute = 'to h2 10.244.0.0/24\nget 10.244.0.0 via 10.88.0.1 dev host0 uid 0\nhost 10.88.0.12 dev host0 uid 0\n';
const forwardDrop = '-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n';

describe('what looking tells of one node', () => {
  it.each<readonly [string, Printed, string, RegExp]>([
    [
      'a bridge that is down',
      changed('links', '4: cni0: <BROADCAST,MULTICAST,UP,', '4: cni0: <BROADCAST,'),
      'BRIDGE_DOWN',
      /cni0 without UP/,
    ],
    ['a tunnel that is gone', { links: 'host0\n2: host0: <UP> mtu 1500 qdisc\n' }, 'TUNNEL_MISSING', /flannel\.1/],
    [
      'a tunnel that is down',
      changed('links', '3: flannel.1: <BROADCAST,MULTICAST,UP,', '3: flannel.1: <'),
      'TUNNEL_DOWN',
      /without UP/,
    ],
    [
      'a tunnel of another network',
      changed('links', 'vxlan id 1 ', 'vxlan id 7 '),
      'TUNNEL_WRONG',
      /VNI 7 and port 8472 instead of 1 and 8472/,
    ],
    ['a tunnel at another port', changed('links', 'dstport 8472', 'dstport 4789'), 'TUNNEL_WRONG', /port 4789/],
    [
      'a rule that drops the tunnel',
      { drops: '-A INPUT -p udp --dport 8472 -j DROP\n' },
      'TUNNEL_PORT_DROPPED',
      /-j DROP/,
    ],
    ['forwarding that is off', changed('sysctls', 'ip_forward 1', 'ip_forward 0'), 'FORWARDING_OFF', /ip_forward is 0/],
    ['a FORWARD chain that drops', { 'forward 4': forwardDrop }, 'FORWARD_DROPPED', /no rule in it accepts/],
    [
      'one that accepts only answers',
      { 'forward 4': `${forwardDrop}-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n` },
      'FORWARD_DROPPED',
      /DROP/,
    ],
    [
      'a link too small for the tunnel',
      changed('links', 'mtu 1500', 'mtu 1400'),
      'MTU_TOO_LARGE',
      /flannel\.1 has 1450, which makes packets of 1500 bytes, and host0 carries 1400/,
    ],
    [
      'a bridge too large for the tunnel',
      changed('links', 'cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450', 'cni0: <UP> mtu 1500'),
      'MTU_TOO_LARGE',
      /cni0 has 1500, and flannel\.1 carries 1450/,
    ],
    ['a node without a lease', { lease: { exitCode: 1 } }, 'LEASE_MISSING', /subnet\.env is not there/],
    [
      "another node's lease",
      changed('lease', 'SUBNET=10.244.1.1', 'SUBNET=10.244.11.1'),
      'LEASE_WRONG',
      /has 10\.244\.11\.1\/24, and the node 10\.244\.1\.0\/24/,
    ],
    ['a lease of another size', changed('lease', '10.244.1.1/24', '10.244.1.1/25'), 'LEASE_WRONG', /\/25/],
    ['pods that are not masqueraded', { masquerade: { exitCode: 1 } }, 'MASQUERADE_MISSING', /rule is not there/],
    ['a unit that does not run', { unit: 'failed\n' }, 'UNIT_STOPPED', /systemd says failed/],
    ['a firewall that was started', { firewalls: 'firewalld\n' }, 'FIREWALL_ACTIVE', /started/],
  ])('%s', (_what, printed, code, why) => {
    const problems = nodeProblems(judge, lookOf('h1', printed));
    expect(problems).toMatchObject([{ code, nodes: ['h1'] }]);
    expect(problems[0]?.why).toMatch(why);
  });

  it.each<readonly [string, Printed]>([
    [
      'an accepting rule for the pod network',
      {
        'forward 4': `${forwardDrop}-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT\n`,
      },
    ],
    ['one that accepts everything', { 'forward 4': `${forwardDrop}-A FORWARD -j ACCEPT\n` }],
    [
      'no bridge yet, before the first pod',
      {
        links:
          'host0\n2: host0: <UP> mtu 1500 qdisc\n3: flannel.1: <UP> mtu 1450 q link/ether 8a:9f:a1:0d:4f:83 vxlan id 1 dstport 8472 \n',
      },
    ],
  ])('nothing of %s', (_what, printed) => {
    expect(nodeProblems(judge, lookOf('h1', printed))).toEqual([]);
  });

  it('each family has a chain of its own', () => {
    const podCIDRs = ['fd00:10:244:1::/64', '10.244.1.0/24'];
    const dual = judgeOf(
      '{ podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:2::/112" }',
      '',
      true,
    );
    const codes = (six: string): readonly string[] => {
      const seen = lookOf('h1', {
        'forward 4': `${forwardDrop}-A FLANNEL-FWD -d 10.244.0.0/16 -j ACCEPT\n`,
        'forward 6': six,
      });
      const look = { ...seen, forwards: { 4: true, 6: true }, node: { ...seen.node, podCIDRs } };
      return nodeProblems(dual, look).flatMap(({ code, why }) => (code === 'FORWARD_DROPPED' ? [why] : []));
    };
    expect(codes(forwardDrop)).toEqual([expect.stringContaining('FORWARD of ip6tables is DROP')]);
    expect(codes(`${forwardDrop}-A FLANNEL-FWD -s fd00:10:244::/56 -j ACCEPT\n`)).toEqual([]);
    const asked = networkProbes(dual.status, dual.inventory, { ...nodes.h1, podCIDRs }, []);
    expect(asked.find(({ key }) => key === 'forward 6')?.script.sh).toContain('ip6tables -w -S FORWARD');
  });

  it('nothing of a firewall that the user keeps', () => {
    const keeping = judgeOf(undefined, 'hostPreparation: { firewall: keep }');
    expect(nodeProblems(keeping, lookOf('h1', { firewalls: 'ufw\n' }, keeping))).toEqual([]);
  });

  it('names the devices whose filter is strict, also by the one for all', () => {
    const strict = changed('sysctls', 'all/rp_filter 2', 'all/rp_filter 1');
    expect(lookOf('h1', strict).strictDevices).toEqual(['cni0', 'flannel.1']);
  });

  it('writes no control character of a host', () => {
    expect(lookOf('h1', { drops: 'x \u001b[2J drop\n' }).dropRules).toEqual(['x \\x1b[2J drop']);
  });
});

describe('what looking tells of two nodes', () => {
  it.each<readonly [string, Printed, string, RegExp]>([
    ['no route', { routes: noRoute }, 'ROUTE_MISSING', /none to 10\.244\.0\.0\/24; packets there leave by host0/],
    [
      'a route by another device',
      changed('routes', 'via 10.244.0.0 dev flannel.1', 'via 10.88.0.12 dev host0'),
      'ROUTE_WRONG',
      /should be tunnel, and is "10\.244\.0\.0\/24 via 10\.88\.0\.12 dev host0/,
    ],
    [
      'no forwarding entry',
      { 'fdb flannel.1': '' },
      'PEER_MISSING',
      /bridge fdb has no entry for 0a:cd:a5:92:30:16 at 10\.88\.0\.12/,
    ],
    ['an entry of an old device', changed('fdb flannel.1', '0a:cd', 'ff:cd'), 'PEER_MISSING', /which is what h2 says/],
    [
      'an entry that leads elsewhere',
      changed('fdb flannel.1', '10.88.0.12', '10.88.0.120'),
      'PEER_MISSING',
      /at 10\.88\.0\.12,/,
    ],
    ['no neighbour', { 'neigh flannel.1': '' }, 'PEER_MISSING', /ip neigh has no entry/],
  ])('%s', (_what, printed, code, why) => {
    const problems = pathProblems(judge, lookOf('h1', printed), lookOf('h2'));
    expect(problems).toMatchObject([{ code, nodes: ['h1', 'h2'] }]);
    expect(problems[0]?.why).toMatch(why);
  });

  it('a link of the receiver that is too small', () => {
    const small = lookOf('h2', changed('links', 'mtu 1500', 'mtu 1400'));
    expect(pathProblems(judge, lookOf('h1'), small)).toMatchObject([
      { code: 'MTU_TOO_LARGE', nodes: ['h1', 'h2'], why: expect.stringContaining('host0 of h2 takes 1400') as string },
    ]);
    expect(pathProblems(judge, small, lookOf('h1'))).toEqual([]);
  });

  it('no peer is missing where there is no program that could tell', () => {
    const blind = lookOf('h1', { 'fdb flannel.1': { exitCode: 127 }, 'neigh flannel.1': { exitCode: 127 } });
    expect(pathProblems(judge, blind, lookOf('h2'))).toEqual([]);
  });
});

describe('direct routes', () => {
  const direct = changed('routes', 'via 10.244.0.0 dev flannel.1', 'via 10.88.0.12 dev host0');

  it('are right with host-gw, which has no tunnel to look at', () => {
    const hostGw = judgeOf('{ plugin: flannel, flannel: { backend: host-gw } }');
    const look = lookOf('h1', direct, hostGw);
    expect(routesOf(hostGw, look)).toMatchObject([{ wanted: 'direct', ok: true }]);
    expect([...nodeProblems(hostGw, look), ...pathProblems(hostGw, look, lookOf('h2', direct, hostGw))]).toEqual([]);
    expect(routesOf(hostGw, lookOf('h1', {}, hostGw))).toMatchObject([{ wanted: 'direct', ok: true }]);
    expect(networkProbes(hostGw.status, hostGw.inventory, nodes.h1, [nodes.h2]).map(({ key }) => key)).not.toContain(
      'drops',
    );
  });

  it('are right with DirectRouting between hosts of one link alone', () => {
    const routing = judgeOf('{ plugin: flannel, flannel: { directRouting: true } }');
    expect(routesOf(routing, lookOf('h1', direct, routing))).toMatchObject([{ wanted: 'direct', ok: true }]);
    const far = changed('routes', 'host 10.88.0.12 dev', 'host 10.88.0.12 via 10.88.0.1 dev');
    expect(routesOf(routing, lookOf('h1', far, routing))).toMatchObject([{ wanted: 'tunnel', ok: true }]);
    expect(routesOf(routing, lookOf('h1', {}, routing))).toMatchObject([{ wanted: 'direct', ok: false }]);
  });

  it('fit the bridge to the link', () => {
    const bridge = judgeOf('{ plugin: bridge }');
    const look = lookOf('h1', changed('links', 'mtu 1500', 'mtu 1400'), bridge);
    expect(nodeProblems(bridge, look)).toMatchObject([
      { code: 'MTU_TOO_LARGE', why: 'cni0 has 1450, and host0 carries 1400' },
    ]);
  });
});

describe('networks without a route for each node', () => {
  const gateway = { routes: noRoute };
  const universal = {
    routes: 'to h2 10.244.0.0/24\nget 10.244.0.0 dev flannel0 src 10.244.1.0 uid 0\nhost 10.88.0.12 dev host0\n',
  };

  it.each<readonly [string, string, Printed, readonly string[]]>([
    ['udp, by its one route', '{ plugin: flannel, flannel: { backend: udp } }', universal, []],
    ['udp without it', '{ plugin: flannel, flannel: { backend: udp } }', gateway, ['ROUTE_MISSING']],
    ['alloc, which makes none', '{ plugin: flannel, flannel: { backend: alloc } }', gateway, []],
    [
      'macvlan, whose pods are on the LAN',
      '{ plugin: macvlan, macvlan: { subnet: 10.88.0.0/24, ranges: { h1: { from: 10.88.0.20, to: 10.88.0.133 }, h2: { from: 10.88.0.134, to: 10.88.0.250 } } } }',
      gateway,
      [],
    ],
  ])('are right with %s', (_what, network, printed, codes) => {
    const other = judgeOf(network);
    const problems = pathProblems(other, lookOf('h1', printed, other), lookOf('h2', printed, other));
    expect(problems.map(({ code }) => code)).toEqual(codes);
  });

  it('know the tunnels of kube-router by their beginning', () => {
    const routers = judgeOf('{ plugin: kube-router, kube-router: { overlay: full } }');
    const tunnel = {
      routes:
        'to h2 10.244.0.0/24\nshown 10.244.0.0/24 dev tun-4bd1c8d0a31 proto 17\nget 10.244.0.0 dev tun-4bd1c8d0a31\nhost 10.88.0.12 dev host0\n',
    };
    expect(routesOf(routers, lookOf('h1', tunnel, routers))).toMatchObject([{ wanted: 'tunnel', ok: true }]);
    const plain = { routes: tunnel.routes.replaceAll('dev tun-4bd1c8d0a31', 'via 10.88.0.12 dev host0') };
    expect(routesOf(routers, lookOf('h1', plain, routers))).toMatchObject([{ wanted: 'tunnel', ok: false }]);
  });
});

it('a network that runs in pods has no unit that must run', () => {
  const inPods = judgeOf('{ plugin: flannel, flannel: { deploy: daemonset } }');
  expect(nodeProblems(inPods, lookOf('h1', { unit: 'inactive' }, inPods))).toEqual([]);
  expect(networkProbes(inPods.status, inPods.inventory, nodes.h1, []).map(({ key }) => key)).not.toContain('unit');
});

it('of a network that is not by k8sup nothing is said to be wrong', () => {
  const none = judgeOf('{ plugin: none }');
  const look = lookOf('h1', { routes: noRoute }, none);
  expect(knownProblems(none, [look, lookOf('h2', {}, none)])).toEqual([]);
  expect(networkReport(none, [look], []).mode).toBe('not by k8sup');
});
