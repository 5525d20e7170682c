import { expect, test } from 'vitest';
import { networkPlugins } from '../../../src/network/network.ts';
import { factsOf, hostOf, newest } from '../components/fixture.ts';

const target = { inventory: newest, host: hostOf(newest, 'h1'), facts: factsOf(), podCIDRs: {} };

test('every plugin stands under its own name', () => {
  for (const [name, plugin] of Object.entries(networkPlugins)) expect(plugin.name).toBe(name);
});

test('none writes, starts, asks for and leaves nothing', () => {
  const { none } = networkPlugins;
  expect(none.component(target)).toBeUndefined();
  expect([none.cniFiles(target), none.objects(newest), none.claims(newest)]).toEqual([[], [], []]);
});
