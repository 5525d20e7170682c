import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookAtNetwork } from '../../../../src/cli/network/look.ts';
import { testSpec } from '../../../../src/cli/network/spec.ts';
import type { RunContext } from '../../../../src/engine/run-context.ts';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import { actionContext } from '../../kube/fixture.ts';
import { cli } from '../io.ts';
import { changed, judgeOf, lookOf, nodes } from '../../network/look/fixture.ts';

const judge = judgeOf();
const gone = new K8supError({
  code: 'HOST_UNREACHABLE',
  kind: 'connection',
  what: 'h2 cannot be reached',
  why: 'refused',
});

describe('looking at a network', () => {
  const items = [nodes.h1, nodes.h2].map(({ name, address, podCIDRs, annotations }) => ({
    metadata: { name, annotations },
    spec: { podCIDRs },
    status: { addresses: [{ type: 'InternalIP', address }], conditions: [{ type: 'Ready', status: 'True' }] },
  }));

  /** Answers each section with what a unit's state looks like. */
  const answers = (script: string): string =>
    [...script.matchAll(/^printf '%s\\n' '?(@@k8sup-\w+)> ([^'\n]+?)'?$/gm)]
      .map(([, mark = '', key = '']) => `${mark}> ${key}\nactive\n\n${mark}< 0 ${key}\n`)
      .join('');

  const look = (registered: readonly object[], h2: (script: string) => string | Error) => {
    const { context, sent } = actionContext(
      ({ to, script }) => {
        if (to === 'kube') return JSON.stringify({ items: registered });
        return to === 'h2' ? h2(script) : answers(script);
      },
      { inventory: judge.inventory },
    );
    return { found: lookAtNetwork(context as unknown as RunContext, judge), sent };
  };

  it('costs one round trip for each node, and asks for the routes to all others', async () => {
    const { found, sent } = look(items, answers);
    const { looks, unseen } = await found;
    expect(unseen).toEqual([]);
    expect(looks).toMatchObject([
      { node: { name: 'h1', podCIDRs: ['10.244.1.0/24'], ready: true }, unit: 'active', masquerade: true },
      { node: { name: 'h2' } },
    ]);
    expect(sent.map(({ to }) => to).sort()).toEqual(['h1', 'h2', 'kube']);
    expect(sent.find(({ to }) => to === 'h1')?.script).toContain('ip -4 -o route get 10.244.0.0');
  });

  it('tells of nodes that do not answer, and of hosts that are no node', async () => {
    expect((await look(items, () => gone).found).unseen).toMatchObject([{ node: { name: 'h2' }, reason: 'refused' }]);
    expect((await look(items.slice(0, 1), answers).found).unseen).toMatchObject([
      { node: { name: 'h2', address: '10.88.0.12' }, reason: 'no such node is registered in the cluster' },
    ]);
    await expect(look(items, () => new TypeError('a bug')).found).rejects.toThrow('a bug');
  });
});

describe('what a network test is told', () => {
  const flags = { all: false, seed: 1, throughput: true };
  const both = new Set(['h1', 'h2']);

  it('are the nodes that were looked at, what is known of them, and the plugin', () => {
    const looks = [lookOf('h1', { routes: '' }), lookOf('h2')];
    const spec = testSpec(judge, { looks, unseen: [] }, both, flags);
    expect(spec).toMatchObject({ plugin: 'flannel', mode: 'vxlan', enforcesPolicy: false, absent: [], seed: 1 });
    expect(spec.nodes.map(({ name }) => name)).toEqual(['h1', 'h2']);
    expect(spec.tunnel(4)).toMatchObject({ device: 'flannel.1', port: 8472 });
    const broken = testSpec(judge, { looks: [lookOf('h1', { unit: 'failed' })], unseen: [] }, both, flags);
    expect(broken.known).toMatchObject([{ code: 'UNIT_STOPPED' }]);
    const strict = lookOf('h1', { ...changed('sysctls', 'all/rp_filter 2', 'all/rp_filter 1'), firewalls: 'ufw\n' });
    expect(testSpec(judge, { looks: [strict], unseen: [] }, both, flags).suspects('h1')).toEqual({
      strictDevices: ['cni0', 'flannel.1'],
      firewalls: ['ufw'],
    });
  });

  it('is how packets that leave by a device go, and how they should', () => {
    const spec = testSpec(judge, { looks: [lookOf('h1'), lookOf('h2')], unseen: [] }, both, flags);
    const pair = { from: 'h1', to: 'h2' };
    expect(spec.way(pair, 4, 'flannel.1')).toEqual({ found: 'tunnel', wanted: 'tunnel' });
    expect(spec.way(pair, 4, 'host0')).toEqual({ found: 'direct', wanted: 'tunnel' });
    const none = judgeOf('{ plugin: none }');
    const free = testSpec(none, { looks: [lookOf('h1', {}, none)], unseen: [] }, both, flags);
    expect(free.way(pair, 4, 'host0')).toEqual({ found: 'direct' });
  });

  it('leaves out nodes that are not Ready or not seen, with the reason, and those that were not asked for', () => {
    const tired = { ...lookOf('h1'), node: { ...nodes.h1, ready: false } };
    const unseen = [{ node: nodes.h2, reason: 'refused' }];
    const absent = [
      { name: 'h2', reason: 'refused' },
      { name: 'h1', reason: 'it is not Ready' },
    ];
    expect(testSpec(judge, { looks: [tired], unseen }, both, flags)).toMatchObject({ nodes: [], absent });
    expect(testSpec(judge, { looks: [lookOf('h1')], unseen }, new Set(['h1']), flags)).toMatchObject({ absent: [] });
  });
});

it.each(['status', 'test'])('network %s of hosts without Kubernetes is refused before any is reached', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-network-'));
  const inventory = join(folder, 'inventory.yaml');
  writeFileSync(
    inventory,
    'cluster: { name: one, network: { plugin: flannel } }\nhosts:\n  - { name: h1, address: 192.0.2.11, roles: [etcd, container] }\n',
  );
  const { code, err } = await cli('network', name, inventory);
  rmSync(folder, { recursive: true });
  expect(code).toBe(64);
  expect(err).toContain('NO_KUBERNETES');
});
