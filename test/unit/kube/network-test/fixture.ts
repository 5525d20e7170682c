import type { NetworkProblem, PathResult } from '../../../../src/engine/network-report.ts';
import type { Evidence } from '../../../../src/kube/network-test/cause.ts';
import type { TestPod } from '../../../../src/kube/network-test/pods.ts';
import type { NetworkTestSpec } from '../../../../src/kube/network-test/spec.ts';

export const pods: readonly TestPod[] = [
  { node: 'node1', name: 'pod-0', uid: 'aaaa-1', addresses: ['10.244.0.5'], serviceAddresses: ['10.96.1.1'] },
  { node: 'node2', name: 'pod-1', uid: 'bbbb-2', addresses: ['10.244.1.7'], serviceAddresses: ['10.96.1.2'] },
];

export const spec: NetworkTestSpec = {
  plugin: 'flannel',
  mode: 'vxlan',
  enforcesPolicy: false,
  nodes: [
    { name: 'node1', address: '10.0.0.1' },
    { name: 'node2', address: '10.0.0.2' },
  ],
  absent: [],
  known: [],
  way: (_pair, _family, device) => ({ found: device === 'flannel.1' ? 'tunnel' : 'direct', wanted: 'tunnel' }),
  tunnel: () => ({ device: 'flannel.1', port: 8472 }),
  suspects: () => ({ strictDevices: [], firewalls: [] }),
  masquerades: true,
  nonMasqueradeCIDRs: [],
  all: false,
  seed: 1,
  throughput: true,
};

const attempt = { ok: true, said: 'seen as 10.244.0.5' };

const way = { found: 'tunnel', wanted: 'tunnel', device: 'flannel.1' } as const;

export const goodPath: PathResult = {
  ...{ from: 'node1', to: 'node2', family: 4, way },
  podToPod: { ...attempt, ms: 0.4, seen: '10.244.0.5' },
  podToService: attempt,
  hostToPod: attempt,
  hops: ['10.244.0.1', '10.244.1.0'],
  packet: { largest: 1450, wanted: 1450 },
  megabytesPerSecond: 400,
};

const silent = { ok: false, said: '' };

/** Nothing comes from pod to pod. */
export const cutPath: PathResult = {
  ...{ from: 'node1', to: 'node2', family: 4, way },
  ...{ podToPod: silent, podToService: silent, hostToPod: silent, hops: [] },
};

export function evidenceOf(changes: Partial<Evidence>): Evidence {
  return {
    path: cutPath,
    own: '10.244.0.5',
    known: [],
    tunnel: { device: 'flannel.1', port: 8472 },
    traced: undefined,
    suspects: { from: { strictDevices: [], firewalls: [] }, to: { strictDevices: [], firewalls: [] } },
    ...changes,
  };
}

/** What looking told. */
export function problem(code: string, ...nodes: readonly string[]): NetworkProblem {
  return { code, nodes, what: `${code} of ${nodes.join('-')}`, why: `seen ${code}`, fix: `fix ${code}` };
}
