import type { Draft, Report } from '../findings.ts';
import { combinationOf } from '../resolve-cluster.ts';
import { combinationRules, kubernetesSupport, minorOf } from '../support.ts';
import type { Combination, CombinationRule } from '../support.ts';

/** Kubernetes release, and what works with what. */
export function checkVersions(draft: Draft, report: Report): void {
  const combination = combinationOf(draft.cluster);
  if (draft.kubernetes) checkKubernetes(combination.kubernetes, report);
  judgeCombination(combination, rulesFor(draft, combinationRules), report);
}

/** Those of the rules that count in this inventory. */
export function rulesFor(
  { kubernetes }: Pick<Draft, 'kubernetes'>,
  rules: readonly CombinationRule[],
): readonly CombinationRule[] {
  const here = kubernetes ? 'kubernetes' : 'containers';
  return rules.filter(({ where = 'kubernetes' }) => where === 'both' || where === here);
}

/** Reports every rule that applies. */
export function judgeCombination(combination: Combination, rules: readonly CombinationRule[], report: Report): void {
  const basedOn = [
    ['cluster', 'kubernetesVersion'],
    ['cluster', 'runtime', 'type'],
  ];
  for (const rule of rules) {
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
