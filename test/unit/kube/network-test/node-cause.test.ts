import { describe, expect, it } from 'vitest';
import { nodeCauses, policyCauses } from '../../../../src/kube/network-test/node-cause.ts';
import { problem } from './fixture.ts';

describe('a node', () => {
  const masquerade = { ok: false, said: '', to: 'node2', wanted: true };

  it.each([
    ['without a test pod', { name: 'node1', absent: 'ImagePullBackOff' }, 'NODE_UNTESTED', /ImagePull/],
    ['without names', { name: 'node1', dns: { ok: false, said: "can't find" } }, 'DNS_BROKEN', /can't find/],
    [
      'that shows pods outside',
      { name: 'node1', masquerade: { ...masquerade, seen: '10.244.0.5' } },
      'MASQUERADE_MISSING',
      /node2 saw 10\.244\.0\.5; seen MASQUERADE_MISSING/,
    ],
    [
      'that hides pods where it must not',
      { name: 'node1', masquerade: { ...masquerade, seen: '10.0.0.1', wanted: false } },
      'MASQUERADE_UNWANTED',
      /saw 10\.0\.0\.1/,
    ],
    ['whose pods reach no node', { name: 'node1', masquerade }, 'POD_TO_NODE_BROKEN', /no answer/],
  ])('%s', (_what, node, code, why) => {
    const causes = nodeCauses(node, [problem('MASQUERADE_MISSING', 'node2'), problem('MASQUERADE_MISSING', 'node1')]);
    expect(causes).toMatchObject([{ code }]);
    expect(causes[0]?.why).toMatch(why);
  });

  it('is good where all that was tried is', () => {
    const good = { ok: true, said: '' };
    expect(nodeCauses({ name: 'node1', dns: good, masquerade: { ...masquerade, ok: true } }, [])).toEqual([]);
    expect(nodeCauses({ name: 'node1', dns: good }, [])).toEqual([]);
  });
});

it('a policy must deny and allow, where it does anything', () => {
  const [good, bad] = [
    { ok: true, said: 'good' },
    { ok: false, said: 'bad' },
  ];
  expect(policyCauses({ enforced: false, said: '' })).toEqual([]);
  expect(policyCauses({ enforced: true, deny: good, allow: good })).toEqual([]);
  expect(policyCauses({ enforced: true, deny: bad, allow: good })).toMatchObject([
    { code: 'POLICY_BROKEN', why: 'bad' },
  ]);
});
