import { afterEach, describe, expect, it, vi } from 'vitest';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import { joinNodes } from '../../../src/kube/join.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';
import { csrJson, joiningClient, kubeletSubject, pemOf, requestDer } from '../../support/csr.ts';
import { actionContext, approvedIn, inventory } from './fixture.ts';
import type { Answer, Sent } from './fixture.ts';

afterEach(() => vi.useRealTimers());
const [node1, node2] = [hostOf(inventory, 'node1'), hostOf(inventory, 'node2')];
const listed = 'kubectl get csr -o json';
const looking = (script: string): boolean => script.includes('@@k8sup-nodes');

/** A request for a serving certificate as the apiserver prints it; with a certificate once it was signed. */
const serving = (name: string, certificate?: string, request = `csr-${name}`) => ({
  metadata: { name: request },
  spec: { request: 'bm8=', signerName: 'kubernetes.io/kubelet-serving', username: `system:node:${name}` },
  status: { conditions: [{ type: 'Approved' }], ...(certificate === undefined ? {} : { certificate }) },
});
const requests = (...items: readonly object[]): string => JSON.stringify({ items });
/** What one look of the wait prints. */
const seen = (registered: readonly string[], ...items: readonly object[]): string =>
  `${requests(...items)}\n@@k8sup-nodes\n${registered.map((name) => `node/${name}\n`).join('')}`;
const joined = (names: readonly string[]): string => seen(names, ...names.map((name) => serving(name, 'LS0t')));

/** A cluster in which these nodes are registered with a serving certificate. */
const withNodes =
  (...names: readonly string[]): Answer =>
  ({ to, script }) => {
    if (to !== 'kube') return undefined;
    if (looking(script)) return joined(names);
    return script === listed ? requests() : undefined;
  };
const revocations = (sent: readonly Sent[]) => sent.filter(({ script }) => script.includes('delete secret'));
const removals = (sent: readonly Sent[]) =>
  sent.filter(({ script }) => script.endsWith('\nrm -f /etc/kubernetes/bootstrap.kubeconfig')).map(({ to }) => to);

describe('joining', () => {
  it('makes a token that expires, hands it out on standard input alone, and takes all of it back', async () => {
    const { context, sent, events } = actionContext(withNodes('node1', 'node2'));
    await joinNodes([node1, node2], context);
    const secret = JSON.parse(sent[0]?.contents ?? '') as {
      metadata: { name: string };
      stringData: Record<string, string>;
    };
    const [id = '', rest = ''] = [secret.stringData['token-id'], secret.stringData['token-secret']];
    expect(`${id}.${rest}`).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(secret.metadata.name).toBe(`bootstrap-token-${id}`);
    const expires = Date.parse(secret.stringData['expiration'] ?? '') - Date.now();
    expect(expires).toBeGreaterThan(3_500_000);
    expect(expires).toBeLessThanOrEqual(3_600_000);
    expect(secret.stringData['auth-extra-groups']).toBe('system:bootstrappers:k8sup');
    const given = sent.filter(({ contents }) => contents.includes(`${id}.${rest}`)).map(({ to }) => to);
    expect(given).toEqual(['node1', 'node2']);
    expect(sent.map(({ script }) => script).join('\n')).not.toContain(rest);
    expect(JSON.stringify(events)).not.toContain(rest);
    expect(revocations(sent)).toHaveLength(1);
    expect(revocations(sent)[0]?.script).toContain(`bootstrap-token-${id} `);
    expect([...removals(sent)].sort()).toEqual(['node1', 'node2']);
  });

  it('makes another token each time', async () => {
    const names = new Set<string>();
    for (let turn = 0; turn < 20; turn += 1) {
      const { context, sent } = actionContext(withNodes('node1'));
      await joinNodes([node1], context);
      names.add((JSON.parse(sent[0]?.contents ?? '') as { metadata: { name: string } }).metadata.name);
    }
    expect(names.size).toBe(20);
  });

  it('goes on with the others where a kubelet cannot be started, and fails at the end', async () => {
    const { context, sent, events } = actionContext((one) =>
      one.to === 'node1' && one.script.includes('systemctl') ? new Error('connection lost') : withNodes('node2')(one),
    );
    await expect(joinNodes([node1, node2], context)).rejects.toThrow('connection lost');
    expect(events.flatMap((event) => (event.type === 'progress' ? [event.host] : []))).toEqual(['node2']);
    expect(revocations(sent)).toHaveLength(1);
    expect([...removals(sent)].sort()).toEqual(['node1', 'node2']);
  });

  it('takes the token back also where a host is lost, and tells the first error', async () => {
    const { context, sent, events } = actionContext((one) =>
      one.to === 'node1' ? new Error('node1 is lost') : withNodes('node2')(one),
    );
    await expect(joinNodes([node1, node2], context)).rejects.toThrow('node1 is lost');
    expect(revocations(sent)).toHaveLength(1);
    expect(removals(sent)).toContain('node2');
    expect(events).toContainEqual({ type: 'warning', text: 'after the join: node1 is lost' });
  });

  it('takes the token back after the run was stopped at once', async () => {
    const abort = new AbortController();
    const { context, sent } = actionContext(
      (one) => {
        if (one.script.includes('get csr')) abort.abort(new Error('stopped at once'));
        return withNodes()(one);
      },
      { signal: abort.signal },
    );
    await expect(joinNodes([node1], context)).rejects.toThrow('stopped at once');
    expect(revocations(sent)).toHaveLength(1);
    expect(removals(sent)).toEqual(['node1']);
  });

  it('waits until each host has its serving certificate, and tells of each once', async () => {
    let looks = 0;
    const { context, events } = actionContext((one) => {
      if (!looking(one.script)) return withNodes()(one);
      looks += 1;
      if (looks === 1) return seen(['node1', 'node2'], serving('node1'));
      return joined(looks === 2 ? ['node1'] : ['node1', 'node2']);
    });
    await joinNodes([node1, node2], context);
    expect(looks).toBe(3);
    expect(events.flatMap((event) => (event.type === 'progress' ? [event.host] : []))).toEqual(['node1', 'node2']);
  });

  it('does not count the serving certificate of an earlier join', async () => {
    const old = serving('node1', 'LS0t', 'csr-old');
    let looks = 0;
    const { context } = actionContext(({ script }) => {
      if (script === listed) return requests(old);
      if (!looking(script)) return undefined;
      looks += 1;
      return seen(['node1'], old, ...(looks === 1 ? [] : [serving('node1', 'LS0t')]));
    });
    await joinNodes([node1], context);
    expect(looks).toBe(2);
  });

  it.skipIf(noFakeHost !== undefined)(
    'starts a kubelet without any certificate of an earlier cluster, serving ones too',
    async () => {
      using host = fakeHost();
      host.program('systemctl', ':');
      host.write('/etc/kubernetes/kubelet.kubeconfig', 'old');
      for (const name of ['kubelet-client-current.pem', 'kubelet-server-current.pem', 'kubelet.key'])
        host.write(`/var/lib/kubelet/pki/${name}`, 'old');
      const { context } = actionContext(withNodes('node1'));
      await joinNodes([node1], { ...context, executor: () => host.executor });
      expect(await host.sh('ls /var/lib/kubelet/pki /etc/kubernetes')).toBe(
        '/etc/kubernetes:\n\n/var/lib/kubelet/pki:\nkubelet.key\n',
      );
    },
  );

  it('goes on where the apiserver does not answer for a while', async () => {
    const down = new K8supError({ code: 'KUBE_UNREACHABLE', kind: 'kubernetes', what: 'no apiserver answers' });
    let looks = 0;
    const { context } = actionContext((one) => {
      if (looking(one.script)) looks += 1;
      return looking(one.script) && looks < 3 ? down : withNodes('node1')(one);
    });
    await joinNodes([node1], context);
    expect(looks).toBe(3);
  });

  it('tells of a kubelet that could not be started also where another host does not come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const lost = new K8supError({ code: 'CONNECTION_LOST', kind: 'connection', what: 'node2 is lost', why: 'reset' });
    const { context, events } = actionContext((one) => {
      if (one.to === 'node2' && one.script.includes('journalctl')) return lost;
      if (one.to === 'node1' && one.script.includes('systemctl')) return new Error('no kubelet on node1');
      return withNodes()(one);
    });
    const failed = expect(joinNodes([node1, node2], context)).rejects.toMatchObject({
      code: 'JOIN_TIMEOUT',
      message: 'node2 did not join within 180 s',
      why: 'node2: its journal could not be read: node2 is lost',
    });
    await vi.advanceTimersByTimeAsync(200_000);
    await failed;
    expect(events).toContainEqual({ type: 'warning', text: 'after the join: no kubelet on node1' });
  });

  it('lets a bootstrapper ask only for hosts that are still joining', async () => {
    const asked = (name: string) => {
      const requestPem = pemOf(requestDer({ subject: kubeletSubject(name) }));
      return csrJson({ ...joiningClient, name: `csr-${name}`, requestPem });
    };
    let looks = 0;
    const { context, sent } = actionContext((one) => {
      if (!looking(one.script)) return withNodes()(one);
      looks += 1;
      return seen(
        ['node1', 'node2'],
        asked('node1'),
        asked('node2'),
        ...(looks === 1 ? [] : [serving('node2', 'LS0t')]),
      );
    });
    await joinNodes([node2], context);
    expect(new Set(approvedIn(sent))).toEqual(new Set(['csr-node2']));
  });

  it.skipIf(noFakeHost !== undefined)('starts no kubelet whose command somebody replaced', async () => {
    using host = fakeHost();
    const dropIn = '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf';
    host.program('systemctl', 'echo "$*" >> /srv/systemctl.log');
    host.write(dropIn, '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS\n');
    const { context } = actionContext(withNodes('node1'));
    await expect(joinNodes([node1], { ...context, executor: () => host.executor })).rejects.toMatchObject({
      code: 'KUBELET_START',
      why: expect.stringContaining(`${dropIn} replaces the command of kubelet.service`) as string,
    });
    expect(await host.sh('ls /srv')).toBe('');
  });

  it.skipIf(noFakeHost !== undefined)('does nothing on a host that another k8sup holds', async () => {
    using host = fakeHost();
    host.program('systemctl', 'echo "$*" >> /srv/systemctl.log');
    host.program('flock', '[ "$3" = /run/k8sup ]');
    host.write('/run/k8sup/holder', 'k8sup apply of ann@desk\n');
    const { context } = actionContext(withNodes('node1'));
    await expect(joinNodes([node1], { ...context, executor: () => host.executor })).rejects.toMatchObject({
      code: 'KUBELET_START',
      why: 'another k8sup is at work on this host: k8sup apply of ann@desk',
    });
    expect(await host.sh('ls /srv /etc/kubernetes 2>/dev/null || :')).toBe('/srv:\n');
  });

  it('gives up at its limit with the journals and the requests that were left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const request = { ...serving('node2', undefined, 'csr-x'), status: {} };
    const { context, sent } = actionContext((one) => {
      if (one.script.includes('journalctl')) return 'no route\u001b[2J to host\n';
      if (looking(one.script)) return seen(['node1'], serving('node1', 'LS0t'), request);
      return one.script === listed ? requests() : undefined;
    });
    const failed = expect(joinNodes([node1, node2], context)).rejects.toMatchObject({
      code: 'JOIN_TIMEOUT',
      message: 'node2 did not join within 180 s',
      hosts: ['node2'],
      why: expect.stringMatching(
        /^left pending: csr-x of system:node:node2: .+\nnode2, last lines of its kubelet:\nno route\\x1b\[2J to host$/,
      ) as string,
    });
    await vi.advanceTimersByTimeAsync(200_000);
    await failed;
    expect(revocations(sent)).toHaveLength(1);
    expect(sent.some(({ script }) => script.includes('approve'))).toBe(false);
  });
});

describe('joining with a token file', () => {
  const classic = inventoryOf(`
cluster: { name: one, kubernetesVersion: 1.20.15, bootstrap: token-file, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: node1, address: 10.0.0.1, roles: [etcd, master, node] }
  - { name: node2, address: 10.0.0.2, roles: [master, node] }
`);
  const writes = (sent: readonly Sent[]) =>
    sent
      .filter(({ script }) => script.includes('token.csv'))
      .map(({ to, contents }) => `${to} ${contents === '' ? 'empty' : 'line'}`);

  it('writes the line to one master after the other, and takes it out again', async () => {
    const { context, sent } = actionContext(withNodes('node2'), { inventory: classic });
    await joinNodes([node2], context);
    expect(writes(sent)).toEqual(['node1 line', 'node2 line', 'node1 empty', 'node2 empty']);
    const line = sent.find(({ contents }) => contents.includes('kubelet-bootstrap'))?.contents ?? '';
    expect(line).toMatch(/^[0-9a-f]{32},kubelet-bootstrap,10001,"system:bootstrappers:k8sup"\n$/);
    expect(sent.map(({ script }) => script).join('\n')).not.toContain(line.slice(0, 32));
  });

  it('takes the line out of the first master where the second does not come back', async () => {
    const { context, sent } = actionContext(
      (one) => (one.to === 'node2' && one.contents !== '' ? new Error('node2 is lost') : withNodes()(one)),
      { inventory: classic },
    );
    await expect(joinNodes([node1], context)).rejects.toThrow('node2 is lost');
    expect(writes(sent)).toEqual(['node1 line', 'node2 line', 'node1 empty', 'node2 empty']);
  });

  it('takes the line out of the other masters where one does not answer any more', async () => {
    const { context, sent } = actionContext(
      (one) => (one.to === 'node1' && one.contents === '' ? new Error('node1 is lost') : withNodes('node2')(one)),
      { inventory: classic },
    );
    await expect(joinNodes([node2], context)).rejects.toThrow('node1 is lost');
    expect(writes(sent).at(-1)).toBe('node2 empty');
  });
});

describe.skipIf(noFakeHost !== undefined)('a token file', () => {
  const one = inventoryOf(`
cluster: { name: one, kubernetesVersion: 1.20.15, bootstrap: token-file }
hosts: [{ name: node1, address: 10.0.0.1, roles: [etcd, master, node] }]
`);

  it('is there whole while the apiserver is restarted for it, for root alone, and empty afterwards', async () => {
    using host = fakeHost();
    host.program(
      'systemctl',
      'case $* in "restart --no-block kube-apiserver"*) stat -c "%a %s" /etc/kubernetes/token.csv >> /srv/log;; esac',
    );
    host.program('curl', 'echo 200');
    const { context } = actionContext(withNodes('node1'), { inventory: one });
    await joinNodes([node1], { ...context, executor: () => host.executor });
    expect(host.read('/srv/log')).toMatch(/^600 [1-9]\d\n600 0\n$/);
    expect(host.read('/etc/kubernetes/token.csv')).toBe('');
  });

  it('is refused before anything is done where --limit leaves out a master', async () => {
    const { context, sent } = actionContext(withNodes('node2'), { inventory: one });
    await expect(joinNodes([node2], { ...context, hosts: [node2] })).rejects.toMatchObject({
      code: 'LIMIT_LEAVES_OUT_MASTERS',
      message: '--limit leaves out node1, and hosts must join with a token file',
    });
    expect(sent).toEqual([]);
  });
});
