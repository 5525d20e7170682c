import type { Draft, Report } from '../findings.ts';
import { combinationOf } from '../resolve-cluster.ts';
import { combinationRules, isPlugin, kubernetesSupport, minorOf, pluginSupport } from '../support.ts';
import { suggest } from '../suggest.ts';

/** Kubernetes release, plugin, and what works with what. */
export function checkVersions(draft: Draft, report: Report): void {
  const combination = combinationOf(draft.cluster);
  checkKubernetes(combination.kubernetes, report);
  checkPlugin(combination.plugin, report);
  const basedOn = [
    ['cluster', 'kubernetesVersion'],
    ['cluster', 'runtime', 'type'],
  ];
  for (const rule of combinationRules) {
    if (!rule.applies(combination)) continue;
    const { code, severity, message, fix } = rule;
    report({
      code,
      severity,
      message,
      path: ['cluster', ...rule.path],
      basedOn,
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

function checkKubernetes(version: string, report: Report): void {
  const path = ['cluster', 'kubernetesVersion'];
  const minor = minorOf(version);
  const proof = kubernetesSupport[minor];
  const known = Object.keys(kubernetesSupport);
  if (proof === undefined) {
    const range = `${known[0] ?? ''} to ${known.at(-1) ?? ''}`;
    const message = `Kubernetes ${version} is not supported: k8sup knows the flags and fields of ${range} alone`;
    report({ code: 'KUBERNETES_UNSUPPORTED', path, message, fix: `use a release of ${range}` });
  }
  if (proof === 'rendered') {
    const proved = known.filter((name) => kubernetesSupport[name] === 'proved').join(' and ');
    const message = `Kubernetes ${minor} is rendered from the same tables as ${proved}, but was not run on real hosts`;
    report({ code: 'KUBERNETES_NOT_PROVED', severity: 'warning', path, message });
  }
}

function checkPlugin(name: string, report: Report): void {
  if (isPlugin(name)) return;
  const known = Object.keys(pluginSupport);
  const near = suggest(name, known);
  report({
    code: 'PLUGIN_UNSUPPORTED',
    path: ['cluster', 'network', 'plugin'],
    message: `the network plugin ${JSON.stringify(name)} is not supported yet`,
    fix: near === undefined ? `use ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`,
  });
}
