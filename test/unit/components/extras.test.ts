import { expect, test } from 'vitest';
import { commandLine, withExtraArgs, withExtraConfig } from '../../../src/components/extras.ts';
import { chosen, keyed } from '../../../src/components/source.ts';
import { hostOf, newest, withExtras } from './fixture.ts';

const host = hostOf(newest, 'h1');

test('flags: replaced in place, taken away by null, new ones by name at the end', () => {
  const given = withExtras(host, 'apiserver', { extraArgs: { z: '1', b: '9', a: null, c: '3' } });
  const flags = withExtraArgs({ a: chosen('1', ''), b: chosen('2', ''), d: chosen('4', '') }, given, 'apiserver');
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
  expect(commandLine('/x', withExtraArgs({ [flag]: chosen(own, '') }, given, 'apiserver'))[1]).toBe(
    `--${flag}=${both}`,
  );
  expect(withExtraArgs({}, given, 'apiserver')[flag]).toBeDefined();
});

test('configuration: objects are merged, lists replaced, null takes away', () => {
  const extraConfig = { deep: { b: 2, gone: null, other: { c: [3] } }, list: [9], none: null };
  const given = withExtras(host, 'kubelet', { extraConfig });
  const ours = chosen({ a: 1, gone: 1, other: 'text' }, 'because');
  const list = keyed([1, 2], 'cluster.name');
  const tree = { deep: ours, list, none: chosen({}, ''), kept: { inside: keyed(true, 'cluster.name') } };
  const { config, fields } = withExtraConfig(tree, given, 'kubelet');
  const extras = (...path: string[]) => ({
    from: 'extras',
    keys: [
      ['hosts[]', 'kubelet', 'extraConfig', ...path],
      ['cluster', 'kubelet', 'extraConfig', ...path],
    ],
  });
  expect(fields).toEqual({
    'deep.a': { value: 1, source: ours.source },
    'deep.b': { value: 2, source: extras('deep', 'b') },
    'deep.other.c': { value: [3], source: extras('deep', 'other', 'c') },
    list: { value: [9], source: extras('list') },
    'kept.inside': { value: true, source: list.source },
  });
  expect(config).toEqual({
    deep: { a: 1, b: 2, other: { c: [3] } },
    list: [9],
    kept: { inside: true },
  });
  expect(ours.value).toEqual({ a: 1, gone: 1, other: 'text' });
});
