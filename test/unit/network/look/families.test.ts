import { describe, expect, it } from 'vitest';
import { testSpec } from '../../../../src/cli/network/spec.ts';
import { nodeProblems } from '../../../../src/network/look/node-problems.ts';
import { networkProbes } from '../../../../src/network/look/probes.ts';
import { judgeOf, lookOf, nodes } from './fixture.ts';

const judge = judgeOf();
const forwardDrop = '-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n';

it('a FORWARD chain that drops IPv6 where pods have it, which Docker may have set', () => {
  const dual = judgeOf(
    '{ plugin: flannel, podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }',
    '',
    true,
  );
  const look = lookOf('h1', { 'forward 6': forwardDrop }, dual);
  const both = { ...look, node: { ...look.node, podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] } };
  const dropped = (rules: string) =>
    nodeProblems(dual, { ...both, forward: { 4: [], 6: rules.split('\n') } }).filter(
      ({ code }) => code === 'FORWARD_DROPPED',
    );
  expect(dropped(forwardDrop)).toMatchObject([
    {
      why: expect.stringContaining('ip6tables') as string,
      fix: expect.stringContaining('fd00:10:244::/56') as string,
    },
  ]);
  expect(dropped(`${forwardDrop}-A K8SUP-DOCKER -s fd00:10:244::/56 -j ACCEPT`)).toEqual([]);
  const scripts = (of: typeof judge, node: typeof nodes.h1) =>
    networkProbes(of.status, of.inventory, node, []).filter(({ key }) => key.startsWith('forward'));
  expect(scripts(judge, nodes.h1).map(({ key }) => key)).toEqual(['forward 4']);
  expect(scripts(dual, both.node).map(({ key }) => key)).toEqual(['forward 4', 'forward 6']);
  for (const { script } of scripts(dual, both.node))
    expect(script.sh).toMatch(/FORWARD[^]*FLANNEL-FWD[^]*K8SUP-DOCKER/);
});

describe('the rule that hides pods', () => {
  const rule = (network: string): string => {
    const { status, inventory } = judgeOf(network);
    return status.masquerade?.(inventory, 4)?.sh ?? 'none';
  };

  it("is flannel's own, or k8sup's where some blocks are to see pods, or none", () => {
    expect(rule('{ plugin: flannel }')).toContain('FLANNEL-POSTRTG');
    expect(rule('{ plugin: flannel, nonMasqueradeCIDRs: [192.168.0.0/16] }')).toContain('K8SUP-POSTROUTING');
    expect(rule('{ plugin: flannel, flannel: { ipMasq: false } }')).toBe('none');
    expect(rule('{ plugin: bridge }')).toContain('K8SUP-POSTROUTING');
  });

  it('must be there in each family that is to hide them, and the test between nodes expects it in the first', () => {
    const dual = (flannel: string) => {
      const families = 'podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112"';
      const of = judgeOf(`{ plugin: flannel, ${families}, flannel: { ${flannel} } }`, '', true);
      const probes = networkProbes(of.status, of.inventory, nodes.h1, []);
      const spec = testSpec(of, { looks: [], unseen: [] }, new Set(), { all: false, seed: 1, throughput: true });
      return [probes.find(({ key }) => key === 'masquerade')?.script.sh, spec.masquerades] as const;
    };
    expect(dual('')).toEqual([expect.stringMatching(/ip flannel-ipv4[^]*&&[^]*ip6 flannel-ipv6/), true]);
    expect(dual('ipv6Masq: false')).toEqual([expect.not.stringContaining('ip6'), true]);
    expect(dual('ipMasq: false, ipv6Masq: true')).toEqual([expect.not.stringContaining(' ip k8sup'), false]);
    expect(dual('ipMasq: false')).toEqual([undefined, false]);
  });
});
