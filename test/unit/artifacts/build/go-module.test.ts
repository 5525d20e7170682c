import { expect, test } from 'vitest';
import { chosenPlugins, corednsMain } from '../../../../src/artifacts/build/go-module.ts';

const pluginCfg = `# comment: with a colon
metadata:metadata
prometheus:metrics
errors:errors
rewrite:rewrite
cache:cache
azure:azure
kubernetes:kubernetes
on:github.com/coredns/caddy/onevent
`;

test("a cluster's plugins are kept in the order of the module's own list", () => {
  expect(chosenPlugins(pluginCfg).map(({ directive }) => directive)).toEqual([
    'prometheus',
    'errors',
    'rewrite',
    'cache',
    'kubernetes',
  ]);
});

test('the main imports them by path and names them in order', () => {
  const text = corednsMain(chosenPlugins(pluginCfg));
  expect(text).toContain('\t_ "github.com/coredns/coredns/plugin/metrics"\n');
  expect(text).toMatch(
    /Directives = \[\]string\{\s+"prometheus",\s+"errors",\s+"rewrite",\s+"cache",\s+"kubernetes",\s+\}/,
  );
});
