import { describe, expect, it } from 'vitest';
import type { PathResult } from '../../../../src/engine/network-report.ts';
import { causesOf } from '../../../../src/kube/network-test/cause.ts';
import type { Evidence } from '../../../../src/kube/network-test/cause.ts';
import type { Counters, Traced } from '../../../../src/kube/network-test/counters.ts';
import { certainCause } from '../../../../src/kube/network-test/cut.ts';
import { cutPath, evidenceOf, goodPath, problem } from './fixture.ts';

/** All pings went there and back. */
const all: Traced = {
  sent: 100,
  from: { tunnelSent: 100, tunnelReceived: 100, pathFiltered: 0, pings: 0, answers: 0, answered: 100 },
  to: { tunnelSent: 100, tunnelReceived: 100, pathFiltered: 0, pings: 100, answers: 100, answered: 0 },
};

function traced(from: Partial<Counters>, to: Partial<Counters>): Traced {
  return { sent: 100, from: { ...all.from, ...from }, to: { ...all.to, ...to } };
}

/** Pings were lost on the way to the other pod, which so answered none. */
const none = { pings: 0, answers: 0, tunnelSent: 0 };
const lostBetween = traced({ tunnelReceived: 0, answered: 0 }, { ...none, tunnelReceived: 0 });
const lostAfterTunnel = traced({ tunnelReceived: 0, answered: 0 }, none);
const neverSent = traced({ tunnelSent: 0, tunnelReceived: 0, answered: 0 }, { ...none, tunnelReceived: 0 });
const answersLost = traced({ tunnelReceived: 0, answered: 0 }, {});
const answersFiltered = traced({ pathFiltered: 100, answered: 0 }, {});
const dropRule = problem('TUNNEL_PORT_DROPPED', 'node2');
const strict = { strictDevices: ['flannel.1'], firewalls: [] };

describe('a path on which nothing comes through', () => {
  it.each<readonly [string, Partial<Evidence>, string, readonly string[], RegExp]>([
    [
      'a missing route',
      { known: [problem('UNIT_STOPPED', 'node1'), problem('ROUTE_MISSING', 'node1', 'node2')] },
      'ROUTE_MISSING',
      ['node1', 'node2'],
      /seen ROUTE/,
    ],
    [
      'a missing route back',
      { known: [problem('ROUTE_MISSING', 'node2', 'node1')] },
      'ROUTE_MISSING',
      ['node2', 'node1'],
      /seen ROUTE/,
    ],
    [
      'a bridge that is down, before its missing routes',
      { known: [problem('ROUTE_MISSING', 'node1', 'node2'), problem('BRIDGE_DOWN', 'node2')] },
      'BRIDGE_DOWN',
      ['node2'],
      /seen/,
    ],
    [
      'a peer that is not known',
      { known: [problem('PEER_MISSING', 'node1', 'node2')], traced: lostBetween },
      'PEER_MISSING',
      ['node1', 'node2'],
      /seen/,
    ],
    ['forwarding that is off', { known: [problem('FORWARDING_OFF', 'node2')] }, 'FORWARDING_OFF', ['node2'], /seen/],
    [
      'a tunnel that is dropped on the way there',
      { traced: lostBetween },
      'TUNNEL_PORT_DROPPED',
      ['node1', 'node2'],
      /flannel\.1 of node1 sent 100 packets, and that of node2 got 0; the pod on node2 got 0 of 100 pings/,
    ],
    [
      'a tunnel that is dropped on the way back',
      { traced: answersLost },
      'TUNNEL_PORT_DROPPED',
      ['node2', 'node1'],
      /flannel\.1 of node2 sent 100 packets, and that of node1 got 0/,
    ],
    [
      'the rule that drops it',
      { traced: lostBetween, known: [dropRule] },
      'TUNNEL_PORT_DROPPED',
      ['node1', 'node2'],
      /node2: seen TUNNEL_PORT_DROPPED/,
    ],
    [
      'the firewall that may drop it',
      {
        traced: lostBetween,
        suspects: { from: { ...strict, strictDevices: [] }, to: { strictDevices: [], firewalls: ['firewalld'] } },
      },
      'TUNNEL_PORT_DROPPED',
      ['node1', 'node2'],
      /firewalld runs on node2/,
    ],
    [
      'a strict filter on the receiver',
      {
        traced: { ...lostAfterTunnel, to: { ...lostAfterTunnel.to, pathFiltered: 100 } },
        suspects: { from: { strictDevices: [], firewalls: [] }, to: strict },
      },
      'RP_FILTER',
      ['node2'],
      /IPReversePathFilter grew by 100; the filter is strict on flannel\.1/,
    ],
    [
      'a strict filter on the way back',
      { traced: answersFiltered, suspects: { from: strict, to: { strictDevices: [], firewalls: [] } } },
      'RP_FILTER',
      ['node1'],
      /flannel\.1/,
    ],
    [
      'a FORWARD chain that drops what came',
      { traced: lostAfterTunnel, known: [problem('FORWARD_DROPPED', 'node1'), problem('FORWARD_DROPPED', 'node2')] },
      'FORWARD_DROPPED',
      ['node2'],
      /seen FORWARD_DROPPED; flannel\.1 of node1 sent 100/,
    ],
    [
      'a FORWARD chain that drops what is sent',
      { traced: neverSent, known: [problem('FORWARD_DROPPED', 'node1')] },
      'FORWARD_DROPPED',
      ['node1'],
      /sent 0 packets/,
    ],
    [
      'a firewall on the node that lost them',
      { traced: lostAfterTunnel, known: [problem('FIREWALL_ACTIVE', 'node2')] },
      'FIREWALL_ACTIVE',
      ['node2'],
      /seen FIREWALL/,
    ],
    [
      'a unit that does not run, where nothing else is found',
      { known: [problem('UNIT_STOPPED', 'node2')] },
      'UNIT_STOPPED',
      ['node2'],
      /seen/,
    ],
    [
      'a rule alone, where the tunnel is too busy to count',
      { traced: traced({ answered: 0 }, { pings: 0, answers: 0 }), known: [dropRule] },
      'TUNNEL_PORT_DROPPED',
      ['node2'],
      /seen TUNNEL/,
    ],
    [
      'no cause, and on which node to look',
      { traced: lostAfterTunnel },
      'PATH_CUT',
      ['node2'],
      /that of node2 got 100; the pod on node2 got 0 of 100/,
    ],
    ['no cause, on either node', {}, 'PATH_CUT', ['node1', 'node2'], /are as they should be/],
    [
      'the network between, without a tunnel',
      { tunnel: undefined, traced: lostBetween },
      'DROPPED_BETWEEN_HOSTS',
      ['node1', 'node2'],
      /got 0 of 100 pings/,
    ],
    [
      'the network between, on the way back',
      { tunnel: undefined, traced: answersLost },
      'DROPPED_BETWEEN_HOSTS',
      ['node2', 'node1'],
      /got 100 pings and answered 100, and the pod on node1 got 0/,
    ],
    [
      'a FORWARD chain, without a tunnel',
      { tunnel: undefined, traced: lostBetween, known: [problem('FORWARD_DROPPED', 'node2')] },
      'FORWARD_DROPPED',
      ['node2'],
      /seen/,
    ],
    [
      'no problem of other nodes',
      { known: [problem('ROUTE_MISSING', 'node1', 'node3'), problem('BRIDGE_DOWN', 'node3')] },
      'PATH_CUT',
      ['node1', 'node2'],
      /as they should/,
    ],
    [
      'no MTU, which lets small packets pass',
      { known: [problem('MTU_TOO_LARGE', 'node2')] },
      'PATH_CUT',
      ['node1', 'node2'],
      /as they should/,
    ],
  ])('is explained by %s', (_what, changes, code, nodes, why) => {
    const causes = causesOf(evidenceOf(changes));
    expect(causes).toMatchObject([{ code, nodes }]);
    expect(causes[0]?.why).toMatch(why);
  });

  it('needs no tracing where looking has told enough', () => {
    expect(certainCause(cutPath, [problem('TUNNEL_DOWN', 'node2')])).toBeDefined();
    expect(certainCause(cutPath, [problem('FORWARD_DROPPED', 'node2'), dropRule])).toBeUndefined();
  });
});

describe('a path on which something comes through', () => {
  const silent = { ok: false, said: '' };

  it('is not explained where it is good, whatever else is known', () => {
    expect(causesOf(evidenceOf({ path: goodPath, known: [problem('ROUTE_MISSING', 'node1', 'node2')] }))).toEqual([]);
  });

  it.each<readonly [string, Partial<PathResult>, Partial<Evidence>, string, RegExp]>([
    [
      'packets that are too large, as its devices show',
      { packet: { largest: 1354, wanted: 1450 } },
      { known: [problem('MTU_TOO_LARGE', 'node2')] },
      'MTU_TOO_LARGE',
      /seen MTU_TOO_LARGE; of the 1450 bytes of the pod's device 1354 come through/,
    ],
    [
      'packets that are too large for something between',
      { packet: { largest: 1354, wanted: 1450 } },
      {},
      'MTU_TOO_LARGE',
      /something on the way takes less/,
    ],
    [
      'a hidden address',
      { podToPod: { ok: false, said: '', ms: 1, seen: '10.0.0.1' } },
      {},
      'POD_ADDRESS_HIDDEN',
      /saw 10\.0\.0\.1 instead of 10\.244\.0\.5/,
    ],
    ['TCP that is dropped', { podToPod: { ok: false, said: '', ms: 1 } }, {}, 'TCP_DROPPED', /no answer/],
    [
      'a wrong way, by its route',
      { way: { found: 'direct', wanted: 'tunnel', device: 'host0' } },
      { known: [problem('ROUTE_WRONG', 'node1', 'node2'), problem('ROUTE_WRONG', 'node2', 'node1')] },
      'ROUTE_WRONG',
      /seen/,
    ],
    [
      'a wrong way, by something else',
      { way: { found: 'tunnel', wanted: 'direct', device: 'flannel.1' } },
      {},
      'WAY_WRONG',
      /leave by flannel\.1/,
    ],
    [
      'a Service that does not answer',
      { podToService: { ok: false, said: 'nc: timed out' } },
      {},
      'SERVICE_BROKEN',
      /timed out/,
    ],
    [
      'a Service behind which a pod does not reach itself',
      { from: 'node2', podToService: silent },
      {},
      'HAIRPIN_BROKEN',
      /no answer/,
    ],
    ['a host that is kept away', { hostToPod: { ok: false, said: 'curl: (28)' } }, {}, 'HOST_TO_POD_BROKEN', /curl/],
  ])('is explained by %s', (_what, path, changes, code, why) => {
    const causes = causesOf(evidenceOf({ path: { ...goodPath, ...path }, ...changes }));
    expect(causes).toMatchObject([{ code }]);
    expect(causes[0]?.why).toMatch(why);
  });

  it('is not blamed on Services and hosts where pods themselves fail', () => {
    const path = { ...goodPath, podToPod: { ok: false, said: '', ms: 1 }, podToService: silent, hostToPod: silent };
    expect(causesOf(evidenceOf({ path })).map(({ code }) => code)).toEqual(['TCP_DROPPED']);
  });

  it('has its figures as no reason', () => {
    const { packet, megabytesPerSecond, way, podToService, ...rest } = goodPath;
    expect([packet, megabytesPerSecond, way, podToService]).not.toContain(undefined);
    expect(causesOf(evidenceOf({ path: rest }))).toEqual([]);
  });
});
