import { describe, expect, it } from 'vitest';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { testNetwork } from '../../../../src/kube/network-test/network-test.ts';
import type { NetworkTestSpec } from '../../../../src/kube/network-test/spec.ts';
import { inventoryOf } from '../../components/fixture.ts';
import { actionContext } from '../fixture.ts';
import type { Answer, Sent } from '../fixture.ts';
import { problem, spec } from './fixture.ts';

const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

function pod(name: string, ip: string, status: object = ready): object {
  return {
    kind: 'Pod',
    metadata: { name, uid: `uid-${name}` },
    spec: {},
    status: { podIP: ip, podIPs: [{ ip }], hostIP: ip, ...status },
  };
}

function service(name: string, clusterIP: string): object {
  return { kind: 'Service', metadata: { name, uid: name }, spec: { clusterIP, clusterIPs: [clusterIP] }, status: {} };
}

const items = [
  pod('pod-0', '10.244.0.5'),
  pod('pod-1', '10.244.1.7'),
  pod('receiver-0', '10.0.0.1'),
  pod('receiver-1', '10.0.0.2'),
  service('to-0', '10.96.1.1'),
  service('to-1', '10.96.1.2'),
];

/** What a pod says whose paths are 0 and 1, or 2 and 3. */
function fromPod(script: string): string {
  const [self, other, own] = script.includes('10.244.1.7') ? ['0', '1', '10.244.0.5'] : ['3', '2', '10.244.1.7'];
  return `@@k8sup ping ${other} time=0.4 ms
@@k8sup pod ${other} saw ${own}
@@k8sup service ${other} saw ${own}
@@k8sup hops ${other} 10.244.0.1 10.244.1.0
@@k8sup service ${self} saw 10.0.0.1
@@k8sup dns . Name: kubernetes Address: 10.96.0.1
@@k8sup node . saw 10.0.0.1
`;
}

const fromHost = ['0', '1', '2', '3']
  .map(
    (key) =>
      `@@k8sup host ${key} saw x1\n@@k8sup host ${key} saw 10.0.0.1\n@@k8sup route ${key} x dev flannel.1\n@@k8sup packet ${key} 1450 1450\n`,
  )
  .join('')
  .replaceAll(/.*saw x1\n/g, '');

function cluster(change: Answer = () => undefined): Answer {
  return (sent) => {
    const answered = change(sent);
    if (answered !== undefined) return answered;
    const { to, script, contents } = sent;
    if (to !== 'kube') return script.includes('curl') ? fromHost : '';
    if (script.includes('create -f')) return JSON.stringify({ items });
    if (contents.includes('receive()')) return '@@k8sup rate 1 67108864 20\n@@k8sup rate 2 67108864 10\n';
    if (script.includes('exec -i')) return fromPod(contents);
    return undefined;
  };
}

async function run(answer: Answer, changes: Partial<NetworkTestSpec> = {}, signal?: AbortSignal) {
  const { context, sent, events } = actionContext(answer, signal === undefined ? {} : { signal });
  const report = await testNetwork({ ...context, stageId: 'network test' }, { ...spec, ...changes }, 20_000);
  return { report, sent, events };
}

const removals = (sent: readonly Sent[]): readonly string[] =>
  sent.map(({ script }) => script).filter((script) => /^kubectl -n k8sup-network-test delete pods /.test(script));

describe('a network test', () => {
  it('of a good cluster has every path with its figures, and leaves nothing', async () => {
    const { report, sent, events } = await run(cluster());
    expect(report.problems).toEqual([]);
    expect(report.paths.map(({ from, to, megabytesPerSecond }) => [from, to, megabytesPerSecond])).toEqual([
      ['node1', 'node1', undefined],
      ['node1', 'node2', 335.5],
      ['node2', 'node1', 671.1],
      ['node2', 'node2', undefined],
    ]);
    expect(report.paths[1]).toMatchObject({
      podToPod: { ms: 0.4 },
      packet: { largest: 1450 },
      way: { found: 'tunnel' },
    });
    expect(report).toMatchObject({
      chosen: { how: 'all' },
      nodes: [{ name: 'node1', dns: { ok: true }, masquerade: { ok: true, to: 'node2' } }, { name: 'node2' }],
      policy: { enforced: false, said: 'not enforced by flannel' },
    });
    expect(removals(sent)).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual([
      'stage-start',
      ...(Array(4).fill('progress') as string[]),
      'stage-end',
    ]);
    expect(events.at(-1)).toMatchObject({ ok: true });
  });

  it('puts its pods on their nodes itself, whatever keeps pods away there', async () => {
    const { sent } = await run(cluster());
    const contents = sent.find(({ script }) => script.includes('create -f'))?.contents ?? '';
    const objects = contents.split('}{"apiVersion":"v1","kind":"List"')[1] ?? '';
    expect(objects.match(/"nodeName":"node[12]"/g)).toHaveLength(4);
    expect(objects.match(/"tolerations":\[\{"operator":"Exists"\}\]/g)).toHaveLength(4);
    expect(objects.match(/"hostNetwork":true/g)).toHaveLength(2);
    expect(contents).toContain('"pod-security.kubernetes.io/enforce":"privileged"');
  });

  it('asks for no Service and no name where pods reach none', async () => {
    const lan = inventoryOf(`
cluster: { name: lan, kubernetesVersion: 1.36.3, network: { plugin: macvlan, macvlan: { subnet: 10.0.0.0/24, ranges: { node1: { from: 10.0.0.20, to: 10.0.0.133 }, node2: { from: 10.0.0.134, to: 10.0.0.250 } } } } }
hosts:
  - { name: node1, address: 10.0.0.1, roles: [etcd, master, node] }
  - { name: node2, address: 10.0.0.2, roles: [node] }
`);
    const { context, sent } = actionContext(cluster(), { inventory: lan });
    const report = await testNetwork({ ...context, stageId: 'network test' }, { ...spec, throughput: false }, 20_000);
    expect(report.paths.map(({ from, to }) => [from, to])).toEqual([
      ['node1', 'node2'],
      ['node2', 'node1'],
    ]);
    const asked = sent.filter(({ script }) => script.includes('exec -i')).map(({ contents }) => contents);
    expect(asked).toHaveLength(2);
    expect(asked.join()).not.toMatch(/say service|say dns|10\.96\./);
  });

  it('measures no throughput where none is asked for', async () => {
    const { report, sent } = await run(cluster(), { throughput: false });
    expect(sent.some(({ contents }) => contents.includes('receive()'))).toBe(false);
    expect(report.paths.some(({ megabytesPerSecond }) => megabytesPerSecond !== undefined)).toBe(false);
  });

  it('traces what is cut, and tells one cause once', async () => {
    const looks = new Map<string, number>();
    const silent = cluster(({ to, script, contents }) => {
      if (contents.includes('ping_it'))
        return '@@k8sup dns . Name: x Address: 10.96.0.1\n@@k8sup node . saw 10.0.0.1\n';
      if (to === 'kube') return undefined;
      if (script.includes('curl')) return fromHost.replaceAll(/@@k8sup packet.*\n/g, '');
      if (!script.includes('tunnelSent')) return '';
      const look = (looks.get(to) ?? 0) + 1;
      looks.set(to, look);
      // Every second look comes after the pings, which leave node1 and never come to node2; its own come to node1.
      const count = Math.floor(look / 2) * 100;
      const counted =
        to === 'node1'
          ? `tunnelSent ${count}\ntunnelReceived ${count}\npings ${look > 2 ? count : 0}\nanswers ${look > 2 ? count : 0}\n`
          : `tunnelSent ${count}\ntunnelReceived 0\npings 0\nanswers 0\nanswered 0\n`;
      return look % 2 === 1 ? `${counted}then\n${counted}` : counted;
    });
    const { report, events } = await run(silent, { throughput: false });
    expect(report.problems.filter(({ code }) => code === 'TUNNEL_PORT_DROPPED')).toMatchObject([
      {
        nodes: ['node1', 'node2'],
        why: expect.stringContaining('sent 100 packets, and that of node2 got 0') as string,
      },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'stage-end', ok: false });
    expect(events.filter((event) => event.type === 'progress' && event.text.startsWith('tracing'))).toHaveLength(2);
  });

  it('traces nothing where looking has told the cause', async () => {
    const silent = cluster(({ contents }) => (contents.includes('ping_it') ? '@@k8sup dns . x\n' : undefined));
    const { report, sent } = await run(silent, { known: [problem('ROUTE_MISSING', 'node1', 'node2')] });
    expect(report.problems.map(({ code }) => code)).toContain('ROUTE_MISSING');
    expect(sent.some(({ script }) => script.includes('tunnelSent'))).toBe(false);
  });

  it('goes on without a node whose pod does not start, or cannot be asked, and says why', async () => {
    const waiting = {
      containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } }],
    };
    const left = [pod('pod-0', '', { phase: 'Pending', ...waiting }), ...items.slice(1)];
    const { report } = await run(
      cluster(({ script }) => (script.includes('create -f') ? JSON.stringify({ items: left }) : undefined)),
      { absent: [{ name: 'node3', reason: 'it is not Ready' }] },
    );
    expect(report.paths.map(({ from, to }) => [from, to])).toEqual([['node2', 'node2']]);
    expect(report.problems.map(({ code, why }) => [code, why])).toEqual([
      ['NODE_UNTESTED', 'its test pod is Pending after 60 s: ErrImagePull, no such image'],
      ['NODE_UNTESTED', 'it is not Ready'],
    ]);
    const refused = new K8supError({
      code: 'KUBE_COMMAND',
      kind: 'kubernetes',
      what: 'kubectl failed',
      why: 'refused',
    });
    const second = await run(
      cluster(({ contents }) =>
        contents.includes('10.244.1.7') && contents.includes('ping_it') ? refused : undefined,
      ),
    );
    expect(second.report.paths.map(({ from }) => from)).toEqual(['node2', 'node2']);
    expect(second.report.problems).toMatchObject([
      { code: 'NODE_UNTESTED', why: 'its test pod could not be asked: refused' },
    ]);
  });

  it('of no node at all starts nothing', async () => {
    const { report, sent } = await run(cluster(), {
      nodes: [],
      absent: [{ name: 'node1', reason: 'it is not Ready' }],
    });
    expect(report).toMatchObject({ paths: [], problems: [{ code: 'NODE_UNTESTED' }] });
    expect(sent.some(({ script }) => script.includes('create -f'))).toBe(false);
  });

  it("leaves somebody else's namespace alone", async () => {
    const { context, sent } = actionContext(
      cluster(({ script }) => (script.includes('create -f') ? 'foreign k8sup-network-test mine\n' : undefined)),
    );
    await expect(testNetwork(context, spec, 20_000)).rejects.toMatchObject({ code: 'NETWORK_TEST_NAMESPACE' });
    const own = '-l app.kubernetes.io/managed-by=k8sup --field-selector metadata.name=k8sup-network-test';
    expect(removals(sent)).toEqual([expect.stringContaining(own)]);
    expect(sent[0]?.script).toContain(own);
  });

  it.each(['curl', 'exec -i', 'create -f'])(
    'stopped at its %s takes its namespace away, without waiting',
    async (part) => {
      const stop = new AbortController();
      const { context, sent } = actionContext(
        cluster(({ script }) => {
          if (script.includes(part))
            stop.abort(new K8supError({ code: 'CANCELLED', kind: 'cancelled', what: 'stopped' }));
          return undefined;
        }),
        { signal: stop.signal },
      );
      await expect(testNetwork(context, spec, 20_000)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(removals(sent)).toEqual([expect.stringContaining('--wait=false')]);
    },
  );

  it('that cannot take its namespace away says so', async () => {
    const stuck = new K8supError({
      code: 'KUBE_COMMAND',
      kind: 'kubernetes',
      what: 'kubectl failed',
      why: 'timed out',
    });
    const { report } = await run(
      cluster(({ script }) => (/^kubectl -n k8sup-network-test delete pods /.test(script) ? stuck : undefined)),
    );
    expect(report.problems).toMatchObject([{ code: 'NAMESPACE_LEFT', why: 'timed out' }]);
  });

  it('proves one deny and one allow where the plugin makes policies true', async () => {
    const answer = cluster(({ script }) =>
      script.includes('networkpolicy') ? 'deny closed\nallow open\n' : undefined,
    );
    const { report, sent } = await run(answer, { enforcesPolicy: true });
    expect(report.policy).toMatchObject({ enforced: true, deny: { ok: true }, allow: { ok: true } });
    const policies = sent.find(({ script }) => script.includes('networkpolicy'))?.contents ?? '';
    expect(policies).toContain('"podSelector":{"matchLabels":{"pod":"pod-0"}},"policyTypes":["Ingress"]');
    expect(policies).toContain('"from":[{"podSelector":{"matchLabels":{"pod":"pod-1"}}}]');
    const unknown = await run(cluster(), { enforcesPolicy: undefined });
    expect(unknown.report.policy).toEqual({ enforced: false, said: 'not tried: the network is not by k8sup' });
  });
});
