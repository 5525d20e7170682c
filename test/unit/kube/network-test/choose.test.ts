import { describe, expect, it } from 'vitest';
import { choosePairs } from '../../../../src/kube/network-test/choose.ts';

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `node${index}`);

describe('the pairs that are tested', () => {
  it('are all, and each node with itself, of up to ten nodes', () => {
    const { pairs, chosen } = choosePairs(names(10), { all: false, seed: 1 });
    expect(pairs).toHaveLength(100);
    expect(pairs).toContainEqual({ from: 'node3', to: 'node3' });
    expect(chosen).toEqual({ how: 'all' });
    expect(choosePairs(names(11), { all: true, seed: 1 }).pairs).toHaveLength(121);
  });

  it.each([11, 12, 100])('are a ring and three others of %i nodes, never one twice', (count) => {
    const { pairs, chosen } = choosePairs(names(count), { all: false, seed: 7 });
    expect(chosen).toEqual({ how: 'ring and random', seed: 7 });
    expect(pairs).toHaveLength(count * 5);
    expect(new Set(pairs.map(({ from, to }) => `${from} ${to}`)).size).toBe(pairs.length);
    for (const [index, from] of names(count).entries())
      expect(pairs).toContainEqual({ from, to: `node${(index + 1) % count}` });
  });

  it('are the same with the same seed, and others with another one', () => {
    const chosen = (seed: number) => JSON.stringify(choosePairs(names(50), { all: false, seed }).pairs);
    expect(chosen(5)).toBe(chosen(5));
    expect(chosen(5)).not.toBe(chosen(6));
  });
});
