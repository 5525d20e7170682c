import type { Draft, Report } from '../findings.ts';
import type { Path } from '../path.ts';
import { additionsOf, sharedKeys } from '../plugin.ts';
import type { PluginDeclaration } from '../plugin.ts';
import { combinationOf, pluginName } from '../resolve-cluster.ts';
import { suggest } from '../suggest.ts';
import { addressingOf } from '../support.ts';
import { podPath } from './blocks.ts';
import { judgeCombination } from './versions.ts';

const pluginPath = ['cluster', 'network', 'plugin'];

/** The pod network: one that there is, one alone, and with what it goes together. */
export function checkPlugins(draft: Draft, plugins: readonly PluginDeclaration[], report: Report): void {
  const name = pluginName(draft.cluster);
  const plugin = plugins.find((candidate) => candidate.name === name);
  checkOthers(draft, plugins, report);
  if (plugin === undefined) {
    const known = plugins.map((candidate) => candidate.name);
    const near = suggest(name, known);
    report({
      code: 'PLUGIN_UNSUPPORTED',
      path: pluginPath,
      message: `the network plugin ${JSON.stringify(name)} is not supported`,
      fix: near === undefined ? `use ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`,
    });
    return;
  }
  if (plugin.proof === 'rendered') {
    const message = `${name} is rendered, but not proved: no end-to-end test has run it on real hosts`;
    report({ code: 'PLUGIN_NOT_PROVED', severity: 'warning', path: pluginPath, message });
  }
  const combination = combinationOf(draft.cluster, plugin);
  const addressing = addressingOf(combination.families);
  if (plugin.proof === 'proved' && !(plugin.provedWith ?? ['IPv4']).includes(addressing)) {
    const message = `${name} with ${addressing} is rendered, but not proved: no end-to-end test has run it on real hosts`;
    report({ code: 'FAMILIES_NOT_PROVED', severity: 'warning', path: podPath, basedOn: [pluginPath], message });
  }
  judgeCombination(combination, plugin.rules, report);
  checkShared(draft, plugin, report);
  plugin.check?.(draft, report);
  checkAdditions(draft, { plugin, plugins }, report);
}

/** Each goes with some plugins alone. */
function checkAdditions(
  draft: Draft,
  { plugin, plugins }: { readonly plugin: PluginDeclaration; readonly plugins: readonly PluginDeclaration[] },
  report: Report,
): void {
  for (const addition of additionsOf(plugins)) {
    const { name, proof } = addition;
    if (!addition.isChosen(draft.cluster)) continue;
    const path = ['cluster', 'network', name];
    if (plugin.additions?.includes(addition) !== true) {
      const beside = plugins.filter(({ additions = [] }) => additions.includes(addition));
      const message = `${name} does not go with the network plugin ${plugin.name}`;
      const fix = `take it out, or use ${beside.map((other) => other.name).join(', ')}`;
      report({ code: 'ADDITION_UNSUPPORTED', path, atKey: true, basedOn: [pluginPath], message, fix });
      continue;
    }
    if (proof === 'rendered') {
      const message = `${name} is rendered, but not proved: no end-to-end test has run it on real hosts`;
      report({ code: 'PLUGIN_NOT_PROVED', severity: 'warning', path, atKey: true, message });
    }
    addition.check?.(draft, report);
  }
}

function checkShared({ cluster }: Draft, { name, uses = sharedKeys }: PluginDeclaration, report: Report): void {
  for (const key of sharedKeys) {
    if (uses.includes(key) || cluster.network?.[key] === undefined) continue;
    const message = `${name} does not use it: it has no effect`;
    const path = ['cluster', 'network', key];
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, basedOn: [pluginPath], message });
  }
}

/** Settings of another plugin are more likely a half-finished change than a wish. */
function checkOthers({ cluster, hosts }: Draft, plugins: readonly PluginDeclaration[], report: Report): void {
  const chosen = pluginName(cluster);
  for (const { name, hostSchema } of plugins.filter((plugin) => plugin.name !== chosen)) {
    const places: readonly Path[] = [
      ...(cluster.network?.[name] === undefined ? [] : [['cluster', 'network', name]]),
      ...hosts
        .filter(({ host }) => hostSchema !== undefined && host[name] !== undefined)
        .map(({ index }) => ['hosts', index, name]),
    ];
    for (const path of places) {
      report({
        code: 'TWO_PLUGINS',
        path,
        atKey: true,
        basedOn: [pluginPath],
        message: `these are settings of ${name}, but the network plugin is ${chosen}: a cluster has one`,
        fix: `take them out, or write plugin: ${name}`,
      });
    }
  }
}
