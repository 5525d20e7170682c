import { describe, expect, it } from 'vitest';
import { nodesReadyGate, workloadsGate } from '../../../src/kube/gates.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { inventory } from './fixture.ts';

const gate = nodesReadyGate(inventory, new Set());
const tainted = 'node1 True <none>\nnode2 True gpu,node.kubernetes.io/not-ready';
const free = 'node1 True <none>\nnode2 True gpu';

/** A host whose kubectl gives one answer after the other, the last one for ever, and whose clock goes a minute at each look. */
function hostWith(...answers: readonly string[]): FakeHost {
  const host = fakeHost();
  answers.forEach((answer, index) => host.write(`/srv/answers/${String(index + 1)}`, `${answer}\n`));
  host.program('sleep', ':');
  host.program('date', 'echo x >> /srv/clock; echo $(( $(wc -l < /srv/clock) * 60 ))');
  host.program(
    'kubectl',
    `case $* in
  *'--no-headers'*)
    case $* in *'get node/node1 node/node2 '*) ;; *) exit 9;; esac
    echo x >> /srv/looks; n=$(wc -l < /srv/looks); [ -e /srv/answers/$n ] || n=${String(answers.length)}
    if grep -q Error /srv/answers/$n; then cat /srv/answers/$n >&2; exit 1; fi
    cat /srv/answers/$n ;;
  *) echo "shown: $*" ;;
esac`,
  );
  return host;
}

/** What the gate said at its end, and how often it looked. */
async function outcome(...answers: readonly string[]) {
  using host = hostWith(...answers);
  const said = await host.sh(`( ${gate.check.sh}\n) 2>&1 && echo open || echo shut`);
  return { said, looks: host.read('/srv/looks').trim().split('\n').length };
}

describe.skipIf(noFakeHost !== undefined)('the gate for nodes', () => {
  it('opens at the first look where all are Ready', async () => {
    expect(await outcome(free)).toEqual({ said: 'open\n', looks: 1 });
  });

  it.each([
    ['a taint that still keeps pods away', tainted],
    ['a node that is not Ready', 'node1 True <none>\nnode2 Unknown <none>'],
    ['a look that failed', 'Error from server: etcdserver: leader changed'],
  ])('waits for %s', async (_what, first) => {
    expect(await outcome(first, free)).toEqual({ said: 'open\n', looks: 2 });
  });

  it('stays shut at its limit, and blames the nodes that are not ready', async () => {
    const { said } = await outcome('node1 False <none>\nnode2 True node.kubernetes.io/unreachable');
    expect(said).toMatch(/shown: get nodes -o wide\n[\s\S]*shut\n$/);
    expect(gate.journals?.hosts(said)).toEqual(['node1', 'node2']);
    expect((await outcome(free.replace('True', 'False'))).said).toContain(
      'not ready: node1 Ready=False taints=<none>\n',
    );
  });

  it('stays shut while every look fails, and says why', async () => {
    const { said } = await outcome('Error from server (NotFound): nodes "node2" not found');
    expect(said).toMatch(/^Error from server \(NotFound\)[\s\S]*shut\n$/);
  });

  it('asks nothing of a node on a host that the run goes on without', () => {
    expect(gate.check.sh).toContain('get node/node1 node/node2 --no-headers');
    expect(nodesReadyGate(inventory, new Set(['node2'])).check.sh).toContain('get node/node1 --no-headers');
  });
});

const workload = (kind: string, name: string) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'kube-system' },
});
const network = [workload('DaemonSet', 'agent'), workload('Deployment', 'controllers'), workload('ConfigMap', 'other')];

/** What the gate said of a cluster that gives one answer after the other, the last one for ever. */
async function waited(unreachable: number, ...answers: readonly string[]): Promise<string> {
  using host = fakeHost();
  answers.forEach((answer, index) => host.write(`/srv/answers/${String(index + 1)}`, `${answer}\n`));
  host.program('sleep', ':');
  host.program('date', 'echo x >> /srv/clock; echo $(( $(wc -l < /srv/clock) * 60 ))');
  host.program(
    'kubectl',
    `case $* in
  *'-n kube-system get daemonset/agent deployment/controllers --no-headers'*)
    echo x >> /srv/looks; n=$(wc -l < /srv/looks); [ -e /srv/answers/$n ] || n=${String(answers.length)}
    if grep -q Error /srv/answers/$n; then cat /srv/answers/$n >&2; exit 1; fi
    cat /srv/answers/$n ;;
  *'get pods'*) echo 'agent-x node1 Pending false ImagePullBackOff <none>'; echo 'agent-y node2 Running true <none> <none>' ;;
  *) echo "shown: $*" ;;
esac`,
  );
  const said = await host.sh(
    `( ${workloadsGate('pods', network, unreachable)?.check.sh ?? ''}\n) 2>&1 && echo open || echo shut`,
  );
  return `${said}${String(host.read('/srv/looks').trim().split('\n').length)} looks`;
}

/** As kubectl prints them: written, seen, scheduled, replicas, updated, new, up, available, how. */
const agent = (written: number, up: number, updated = up, how = 'RollingUpdate'): string =>
  `DaemonSet agent ${String(written)} 2 3 <none> ${String(updated)} <none> ${up === 0 ? '<none>' : String(up)} <none> ${how}`;
const controllers = (up: string): string => `Deployment controllers 1 1 <none> 2 <none> 2 <none> ${up} <none>`;

describe.skipIf(noFakeHost !== undefined)('the gate for pods of the network', () => {
  it('is none where nothing makes pods', () =>
    expect(workloadsGate('pods', [network[2] ?? workload('', '')], 0)).toBeUndefined());

  it('opens once all of them run as they are written', async () => {
    expect(await waited(0, `${agent(2, 3)}\n${controllers('2')}`)).toBe('open\n1 looks');
  });

  it.each([
    ['a DaemonSet whose change was not seen yet', `${agent(3, 3)}\n${controllers('2')}`],
    ['a node without its pod', `${agent(2, 2, 3)}\n${controllers('2')}`],
    ['pods of before the change', `${agent(2, 3, 1)}\n${controllers('2')}`],
    ['a Deployment that has too few', `${agent(2, 3)}\n${controllers('1')}`],
    ['one that has none', `${agent(2, 3)}\n${controllers('<none>')}`],
    ['a look that failed', 'Error from server: etcdserver: leader changed'],
  ])('waits for %s', async (_what, first) => {
    expect(await waited(0, first, `${agent(2, 3)}\n${controllers('2')}`)).toBe('open\n2 looks');
  });

  it('asks nothing of pods on hosts that the run goes on without, nor of those that are only changed by hand', async () => {
    expect(await waited(1, `${agent(2, 2)}\n${controllers('1')}`)).toBe('open\n1 looks');
    expect(await waited(0, `${agent(2, 3, 0, 'OnDelete')}\n${controllers('2')}`)).toBe('open\n1 looks');
  });

  it('stays shut at its limit, and says which pods wait for what', async () => {
    expect(await waited(0, `${agent(2, 0)}\n${controllers('2')}`)).toMatch(
      /^not ready: DaemonSet agent, 0 of 3 pods\nagent-x node1 Pending false ImagePullBackOff <none>\nshown: .* get events .*\nshut\n/,
    );
  });
});
