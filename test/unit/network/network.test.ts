import { expect, test } from 'vitest';
import { networkSchema } from '../../../src/inventory/schema/network.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { none } from '../../../src/network/none/none.ts';
import { factsOf, hostOf, newest } from '../components/fixture.ts';

const target = { inventory: newest, host: hostOf(newest, 'h1'), facts: factsOf(), podCIDRs: {} };

test('every plugin has a name of its own, and it is no other key of the network', () => {
  const names = networkPlugins.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name in networkSchema.shape)).toEqual([]);
});

test('none writes, starts, asks for and leaves nothing', () => {
  expect(none.component(target)).toBeUndefined();
  expect([none.cniFiles(target), none.claims(newest)]).toEqual([[], []]);
});
