import { describe, expect, it } from 'vitest';
import { verifyCluster } from '../../../../src/kube/verify/verify.ts';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { actionContext } from '../fixture.ts';
import type { Answer, Sent } from '../fixture.ts';

const target = `node node1 10.0.0.1 unschedulable= 
node node2 10.0.0.2 unschedulable= 
pod web-a node1  10.244.0.5
pod web-b node2  10.244.1.7
service 30123 10.96.10.20 10.96.10.20
`;
const ping = (time: string): string => `PING x: 56 data bytes\n64 bytes: seq=0 ttl=62 time=${time} ms\n`;
const who = (name: string, saw: string): string =>
  `HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\npod ${name} saw ${saw}`;

/** What each attempt printed on a real cluster, in the order in which they are made. */
const good = [
  [0, `${ping('0.412')}${who('web-b', '::ffff:10.244.0.5')}`],
  [0, `${ping('0.398')}${who('web-a', '10.244.1.7')}`],
  [0, '10.244.0.5\n10.244.1.7'],
  [0, who('web-a', '10.244.0.5')],
  [
    0,
    'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1',
  ],
  [0, 'PING kubernetes.default (10.96.0.1): 56 data bytes'],
  [0, 'k8sup-exec'],
  [0, 'k8sup-verify started\n10.244.0.1 - - GET'],
] as const;
type Said = readonly (readonly [number, string])[];

function cluster(said: Said = good, change: Answer = () => undefined): Answer {
  return (sent) => {
    const changed = change(sent);
    if (changed !== undefined) return changed;
    const { to, script } = sent;
    if (to !== 'kube') {
      const route = '10.244.1.7 via 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \\    cache';
      return `ok node1\nok node2\nroute ${route}\n`;
    }
    if (script.includes('rollout status')) return target;
    if (!script.includes('@@k8sup-check')) return undefined;
    return said.map(([code, text], index) => `${text}\n@@k8sup-check ${String(index)} ${String(code)} 12\n`).join('');
  };
}

async function verify(answer: Answer, signal?: AbortSignal) {
  const { context, sent, events } = actionContext(answer, signal === undefined ? {} : { signal });
  const results = await verifyCluster(context, (check) => void events.push({ type: 'check', check }));
  return { results, sent, events };
}

const withSaid = (index: number, code: number, text: string): Said =>
  good.map((one, at) => (at === index ? [code, text] : one));
const removed = (sent: readonly Sent[]) => sent.filter(({ script }) => script.includes('delete namespace'));

describe('a verification', () => {
  it('of a good cluster is good in all rows, and told row by row', async () => {
    const { results, events, sent } = await verify(cluster());
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.map(({ name }) => name)).toEqual([
      'pods',
      'pod to pod',
      'pod to pod',
      'endpoints',
      'ClusterIP',
      'DNS',
      'DNS search list',
      'kubectl exec',
      'kubectl logs',
      'NodePort',
      'route',
      'NodePort',
      'route',
    ]);
    expect(results[1]).toMatchObject({
      tried: 'ping and http, node1 to node2',
      result: '10.244.0.5 to 10.244.1.7 in 0.412 ms, seen as itself',
      durationMs: 12,
    });
    expect(results.at(-1)?.result).toBe('10.244.1.7 via 10.0.0.2 dev eth0 src 10.0.0.1');
    expect(events.filter(({ type }) => type === 'check')).toHaveLength(results.length);
    expect(removed(sent)).toHaveLength(1);
  });

  it.each([
    [
      'a hidden (masqueraded) pod address',
      0,
      0,
      `${ping('0.4')}${who('web-b', '10.0.0.1')}`,
      /saw 10\.0\.0\.1 instead of 10\.244\.0\.5/,
    ],
    [
      'an address that only begins alike',
      0,
      0,
      `${ping('0.4')}${who('web-b', '10.244.0.55')}`,
      /saw 10\.244\.0\.55 instead/,
    ],
    ['no answer of the other pod', 0, 0, ping('0.4'), /saw nothing instead of/],
    ['a ping that is lost', 1, 1, 'PING x\n--- ping statistics ---\n2 packets, 100% packet loss', /100% packet loss/],
    ['a pod that is missing behind the Service', 2, 0, '10.244.0.5', /^1 of 2 pods listed$/],
    ['a Service that nobody answers', 3, 1, 'nc: timed out\u001b[2J', /^nc: timed out\\x1b\[2J$/],
    ['a Service that somebody else answers', 3, 0, 'HTTP/1.0 404 Not Found', /404/],
    ['a name that does not resolve', 4, 1, "** server can't find kubernetes", /can't find/],
    ['a name that resolves to something else', 4, 0, 'Name: x\nAddress: 10.96.0.11', /10\.96\.0\.11/],
    ['another address that only begins alike', 4, 0, 'Address: 10.96.0.12', /10\.96\.0\.12/],
    ['a name that the search list does not complete', 5, 1, "ping: bad address 'kubernetes.default'", /bad address/],
    ['an exec that is refused', 6, 1, 'error: unable to upgrade connection: Forbidden', /Forbidden/],
    ['an exec that says something else', 6, 0, 'x', /something else/],
    ['logs without their first line', 7, 0, 'x', /missing/],
  ])('finds %s', async (_title, index, code, text, result) => {
    const { results, sent } = await verify(cluster(withSaid(index, code, text)));
    const failed = results.filter(({ ok }) => !ok);
    expect(failed).toHaveLength(1);
    expect(results.indexOf(failed[0] ?? ({} as never))).toBe(index + 1);
    expect(failed[0]?.result).toMatch(result);
    expect(removed(sent)).toHaveLength(1);
  });

  it("of what fails has what pods and units said: CoreDNS's own log for names, journals of hosts for the rest", async () => {
    const answer = cluster(
      good.map(([code, text], index) => ([3, 4].includes(index) ? [1, 'nc: timed out'] : [code, text])),
      ({ to, script }) => {
        if (script.includes('journalctl')) return `journal of ${to}\n`;
        if (script.includes('kube-dns')) return 'log of CoreDNS\n';
        return script.includes('type=Warning') ? 'warning of the cluster\n' : undefined;
      },
    );
    const { context } = actionContext(answer, {});
    const told: (readonly [string, readonly string[]])[] = [];
    await verifyCluster(context, ({ name, ok }, outputs) => {
      if (ok) expect(outputs).toEqual([]);
      else told.push([name, outputs]);
    });
    const others = 'journal of node1\n\njournal of node2\n\nwarning of the cluster\n';
    expect(told).toEqual([
      ['ClusterIP', [others]],
      ['DNS', ['log of CoreDNS\n', others]],
    ]);
  });

  it('fails all the same where nothing more can be known', async () => {
    const gone = new K8supError({ code: 'HOST_LOST', kind: 'connection', what: 'gone' });
    const answer = cluster(withSaid(3, 1, 'nc: timed out'), ({ script }) => {
      return /journalctl|kube-dns|type=Warning/.test(script) ? gone : undefined;
    });
    const { results } = await verify(answer);
    expect(results.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['ClusterIP']);
  });

  it('of two families tries each of them', async () => {
    const both = `node node1 10.0.0.1 fd00::1 unschedulable=
node node2 10.0.0.2 fd00::2 unschedulable=
pod web-a node1  10.244.0.5 fd00:10:244::5
pod web-b node2  10.244.1.7 fd00:10:244:1::7
service 30123 10.96.10.20 10.96.10.20 fd00:10:96::20
`;
    const records = 'Name:\tweb\nAddress: 10.96.10.20\n\nName:\tweb\nAddress: fd00:10:96::20';
    const said: Said = [
      ...[good[0], [0, `${ping('0.5')}${who('web-b', '[fd00:10:244::5]')}`] as const],
      ...[good[1], [0, `${ping('0.5')}${who('web-a', 'fd00:10:244:1::7')}`] as const],
      [0, '10.244.0.5\n10.244.1.7\nfd00:10:244::5\nfd00:10:244:1::7'],
      ...[good[3], [0, who('web-a', '[fd00:10:244::5]')] as const],
      [0, records],
      ...good.slice(4),
    ];
    const answer = (of: Said): Answer =>
      cluster(of, ({ to, script }) => {
        if (to === 'kube') return script.includes('rollout status') ? both : undefined;
        return 'ok node1\nok node1\nok node2\nok node2\nroute 10.244.1.7 dev a\nroute fd00:10:244:1::7 dev a\n';
      });
    const { results, sent } = await verify(answer(said));
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.map(({ tried }) => tried)).toEqual(
      expect.arrayContaining([
        'ping and http, node1 to node2 by IPv4',
        'ping and http, node2 to node1 by IPv6',
        'http://[fd00:10:96::20] from a pod',
        'port 30123 of 2 nodes at 4 addresses from node1',
      ]),
    );
    expect(sent.find(({ to }) => to === 'node1')?.script).toContain('http://[fd00::2]:30123/');
    const hidden = said.map((one, at) => (at === 1 ? ([0, who('web-b', '[fd00::1]')] as const) : one));
    const without = hidden.map((one, at) => (at === 7 ? ([0, records.replace(/fd.*/, '')] as const) : one));
    expect((await verify(answer(without))).results.filter(({ ok }) => !ok).map(({ result }) => result)).toEqual([
      'the receiver saw fd00::1 instead of fd00:10:244::5: something masquerades pod traffic',
      expect.stringContaining('fd00:10:96::20 is missing'),
    ]);
  });

  it("reads an older busybox's nslookup, which names the host after the address", async () => {
    const text =
      'Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns\n\nName:      kubernetes\nAddress 1: 10.96.0.1 kubernetes.default';
    expect((await verify(cluster(withSaid(4, 0, text)))).results.every(({ ok }) => ok)).toBe(true);
  });

  it('finds a node whose NodePort does not answer', async () => {
    const { results } = await verify(
      cluster(good, ({ to }) => (to === 'node2' ? 'failed node1 curl: (7) refused\nok node2\n' : undefined)),
    );
    expect(results.filter(({ ok }) => !ok)).toMatchObject([
      { name: 'NodePort', tried: 'port 30123 of 2 nodes from node2', result: 'node1 curl: (7) refused' },
    ]);
  });

  it('finds a host that has no route to the pods', async () => {
    const cut = 'ok node1\nok node2\nunroutable RTNETLINK answers: Network is unreachable\n';
    const { results } = await verify(cluster(good, ({ to }) => (to === 'node2' ? cut : undefined)));
    expect(results.filter(({ ok }) => !ok)).toMatchObject([
      { name: 'route', tried: 'node2 to a pod on node1', result: 'RTNETLINK answers: Network is unreachable' },
    ]);
  });

  it('asks nothing of a host that the run goes on without', async () => {
    const { context, sent } = actionContext(cluster());
    const results = await verifyCluster({ ...context, unreachable: new Set(['node2']) }, () => undefined);
    expect(sent.map(({ to }) => to)).not.toContain('node2');
    expect(sent.find(({ to }) => to === 'node1')?.script).not.toContain('http://10.0.0.2:');
    expect(results.find(({ name }) => name === 'NodePort')?.tried).toBe('port 30123 of 1 nodes from node1');
  });

  it('finds a host whose script was cut off', async () => {
    const { results } = await verify(cluster(good, ({ to }) => (to === 'node2' ? 'ok node1\n' : undefined)));
    expect(results.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['NodePort']);
  });

  it('ends early, with the reason, where its pods do not start', async () => {
    const failure = new K8supError({
      code: 'KUBE_COMMAND',
      kind: 'kubernetes',
      what: 'kubectl failed',
      why: 'ImagePullBackOff',
    });
    const { results, sent } = await verify(
      cluster(good, ({ script }) => (script.includes('rollout') ? failure : undefined)),
    );
    expect(results).toMatchObject([{ name: 'pods', ok: false, result: 'ImagePullBackOff' }]);
    expect(removed(sent)).toHaveLength(1);
  });

  it.each([
    ['that takes pods and has none', 'node node3 10.0.0.3 unschedulable= \n', '2 ready on 2 nodes, none on node3'],
    ['that is cordoned', 'node node3 10.0.0.3 unschedulable=true NoSchedule\n', undefined],
    ['that a taint keeps free', 'node node3 10.0.0.3 unschedulable= PreferNoSchedule NoSchedule\n', undefined],
  ])('looks at a node %s', async (_title, line, failure) => {
    const { results } = await verify(
      cluster(good, ({ script }) => (script.includes('rollout status') ? `${line}${target}` : undefined)),
    );
    expect(results.find(({ name }) => name === 'pods')).toMatchObject(
      failure === undefined ? { ok: true } : { ok: false, result: failure },
    );
  });

  it('starts its pods anew until a node that the scheduler learns of late has one', async () => {
    const all = target.replace('pod web-b node2  10.244.1.7\n', '');
    const looks = [
      `${all}pod web-b node1  10.244.0.6\n`,
      `${all}pod web-b node2  10.244.1.7\npod web-old node1 2026-01-01T00:00:00Z 10.244.0.6\n`,
    ];
    const { results, sent } = await verify(
      cluster(good, ({ script }) => (script.includes('rollout status') ? looks.shift() : undefined)),
    );
    expect(results[0]).toMatchObject({ name: 'pods', ok: true, result: '2 ready on 2 nodes' });
    expect(sent.filter(({ script }) => script.includes('rollout restart'))).toHaveLength(1);
  });

  it('that cannot take its namespace away says so', async () => {
    const failure = new K8supError({
      code: 'KUBE_COMMAND',
      kind: 'kubernetes',
      what: 'kubectl failed',
      why: 'error: timed out waiting for the condition',
    });
    const { results } = await verify(
      cluster(good, ({ script }) => (script.includes('delete namespace') ? failure : undefined)),
    );
    expect(results.filter(({ ok }) => !ok)).toMatchObject([
      {
        name: 'clean-up',
        result: expect.stringMatching(/^k8sup-verify-[0-9a-f]{6} is still there: .*timed out/) as string,
      },
    ]);
  });

  it('takes its namespace away also after the run was stopped, without waiting then', async () => {
    const abort = new AbortController();
    const { context, sent } = actionContext(
      cluster(good, ({ script }) => {
        if (script.includes('@@k8sup-check')) abort.abort(new Error('stopped'));
        return undefined;
      }),
      { signal: abort.signal },
    );
    await expect(verifyCluster(context, () => undefined)).rejects.toThrow('stopped');
    expect(removed(sent).map(({ script }) => script)).toEqual([expect.stringContaining('--wait=false') as string]);
  });

  it('works in a namespace of its own each time', async () => {
    const names = await Promise.all([verify(cluster()), verify(cluster())]);
    const [a, b] = names.map(({ sent }) => /delete namespace (\S+)/.exec(removed(sent)[0]?.script ?? '')?.[1]);
    expect(a).toMatch(/^k8sup-verify-[0-9a-f]{6}$/);
    expect(a).not.toBe(b);
  });
});
