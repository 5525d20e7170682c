import { expect, test } from 'vitest';
import { mergeArgs, mergeConfig } from '../../../src/inventory/merge.ts';

test('flags of the user win, and null takes one away', () => {
  expect(mergeArgs({ v: '1', profiling: 'false' }, { v: '4', profiling: null, x: 'y' })).toEqual({ v: '4', x: 'y' });
});

test('configuration is merged deeply, null takes a field away at any depth, a list replaces a list', () => {
  const own = { a: { b: 1, c: 2 }, list: [1, 2], gone: true };
  expect(mergeConfig(own, { a: { c: null, d: { e: 3, f: null } }, list: [3], gone: null })).toEqual({
    a: { b: 1, d: { e: 3 } },
    list: [3],
  });
  expect(own).toEqual({ a: { b: 1, c: 2 }, list: [1, 2], gone: true });
});
