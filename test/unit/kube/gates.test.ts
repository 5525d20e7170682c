import { describe, expect, it } from 'vitest';
import { nodesReadyGate } from '../../../src/kube/gates.ts';
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
