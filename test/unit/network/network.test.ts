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

test('none writes, starts and asks for nothing, and says what comes next', () => {
  expect(none.component(target)).toBeUndefined();
  expect(none.cniFiles(target)).toEqual([]);
  const [note] = none.notes?.({ inventory: newest, podCIDRs: { h1: ['10.244.0.0/24'] } }) ?? [];
  expect(note).toMatch(
    /\/etc\/cni\/net\.d, its plugins to \/opt\/cni\/bin.*\n.*custom-columns.*\n +h1 10\.244\.0\.0\/24\n/,
  );
});
