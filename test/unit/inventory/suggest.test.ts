import { expect, test } from 'vitest';
import { editDistance, suggest } from '../../../src/inventory/suggest.ts';

test.each([
  ['mastr', 'master'],
  ['podCidr', 'podCIDR'],
  ['adress', 'address'],
  ['hsots', 'hosts'],
])('%s was meant to be %s', (word, meant) => {
  expect(suggest(word, ['roles', 'master', 'podCIDR', 'address', 'hosts'])).toBe(meant);
});

test('a word that is far from all gets no suggestion', () => {
  expect(suggest('calico', ['flannel', 'bridge', 'none'])).toBeUndefined();
});

test.each([
  ['', 'abc', 3],
  ['ab', 'ba', 1],
  ['kitten', 'sitting', 3],
])('from %s to %s it takes %i edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
});
