import { expect, test } from 'vitest';
import { k3sRows } from '../../../src/docs/k3s.ts';
import { inventoryOf } from '../components/fixture.ts';

test.each(k3sRows.map((row) => [row.flag, row] as const))('%s', (_flag, { inventory, becomes }) => {
  const { cluster } = inventoryOf(`
cluster:
  name: one
  ${inventory}
hosts: [{ name: a, address: 192.0.2.11 }]
`);
  const found = Object.keys(becomes).map((place) => [place, at(cluster, place.split('.'))]);
  expect(Object.fromEntries(found)).toEqual(becomes);
});

function at(value: unknown, [key, ...rest]: readonly string[]): unknown {
  return key === undefined ? value : at((value as Record<string, unknown>)[key], rest);
}
