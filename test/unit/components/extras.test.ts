import { expect, test } from 'vitest';
import { commandLine, withExtraArgs, withExtraConfig } from '../../../src/components/extras.ts';
import { hostOf, newest, withExtras } from './fixture.ts';

const host = hostOf(newest, 'h1');

test('flags: replaced in place, taken away by null, new ones by name at the end', () => {
  const given = withExtras(host, 'apiserver', { extraArgs: { z: '1', b: '9', a: null, c: '3' } });
  const flags = withExtraArgs({ a: '1', b: '2', d: '4' }, given, 'apiserver');
  expect(commandLine('/x', flags)).toEqual(['/x', '--b=9', '--d=4', '--c=3', '--z=1']);
});

test.each([
  [
    'enable-admission-plugins',
    'NodeRestriction',
    'AlwaysPullImages, NodeRestriction',
    'NodeRestriction,AlwaysPullImages',
  ],
  ['controllers', '*,bootstrapsigner,tokencleaner', '-tokencleaner,ttl', '*,bootstrapsigner,-tokencleaner,ttl'],
  ['feature-gates', 'A=true,B=true', 'B=false,C=true', 'A=true,B=false,C=true'],
])('flags that are lists are added to: %s', (flag, own, extra, both) => {
  const given = withExtras(host, 'apiserver', { extraArgs: { [flag]: extra } });
  expect(withExtraArgs({ [flag]: own }, given, 'apiserver')).toEqual({ [flag]: both });
  expect(withExtraArgs({}, given, 'apiserver')[flag]).toBeDefined();
});

test('configuration: objects are merged, lists replaced, null takes away', () => {
  const extraConfig = { deep: { b: 2, gone: null, other: { c: [3] } }, list: [9], none: null };
  const given = withExtras(host, 'kubelet', { extraConfig });
  const config = { deep: { a: 1, gone: 1, other: 'text' }, list: [1, 2], none: {}, kept: true };
  expect(withExtraConfig(config, given, 'kubelet')).toEqual({
    deep: { a: 1, b: 2, other: { c: [3] } },
    list: [9],
    kept: true,
  });
  expect(config.deep).toEqual({ a: 1, gone: 1, other: 'text' });
});
