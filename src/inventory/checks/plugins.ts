import type { Draft, Report } from '../findings.ts';
import { sharedKeys } from '../plugin.ts';
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
function checkOthers({ cluster }: Draft, plugins: readonly PluginDeclaration[], report: Report): void {
  const chosen = pluginName(cluster);
  for (const { name } of plugins) {
    if (name === chosen || cluster.network?.[name] === undefined) continue;
    report({
      code: 'TWO_PLUGINS',
      path: ['cluster', 'network', name],
      atKey: true,
      basedOn: [pluginPath],
      message: `these are settings of ${name}, but the network plugin is ${chosen}: a cluster has one`,
      fix: `take them out, or write plugin: ${name}`,
    });
  }
}
