import { combinationRules, kubernetesSupport, provedSystems } from '../inventory/support.ts';
import type { Addressing, CombinationRule, Proof } from '../inventory/support.ts';
import { labInventoryInput, labNetwork } from '../lab/inventory.ts';
import type { LabProfile } from '../lab/inventory.ts';
import { networkPlugins } from '../network/network.ts';
import { cell, code, markdownTable } from './markdown.ts';

/** What ran on real hosts, what is only rendered, and what is refused. */
export function supportReference(): string {
  const plugins = Object.fromEntries(networkPlugins.map(({ name, proof }) => [name, proof]));
  return [
    'The end-to-end tests build these two clusters on lab hosts:',
    profileTable(),
    'Everything else, by release and network:',
    markdownTable(
      ['', 'Proved', 'Rendered, not proved'],
      [
        ['Kubernetes', spans(kubernetesSupport, 'proved'), spans(kubernetesSupport, 'rendered')],
        ['Network', spans(plugins, 'proved'), spans(plugins, 'rendered')],
        ['Addresses', addressing(), 'the rest'],
        ['Operating system', provedSystems.join(', '), 'others with systemd; the preflight warns'],
      ],
    ),
    'Combinations that `validate` refuses, or warns of:',
    markdownTable(
      ['', 'Code', 'Why'],
      [...rulesOf('error'), ...rulesOf('warning')].map(({ severity, code: name, message }) => [
        severity === 'error' ? 'refused' : 'warned',
        code(name),
        cell(message),
      ]),
    ),
  ].join('\n\n');
}

/** `IPv4 with flannel, bridge; dual stack with …`. */
function addressing(): string {
  const proved = networkPlugins.filter(({ proof }) => proof === 'proved');
  const kinds: readonly Addressing[] = ['IPv4', 'dual stack', 'IPv6 alone'];
  return kinds
    .map((kind) => {
      const names = proved.filter(({ provedWith = ['IPv4'] }) => provedWith.includes(kind)).map(({ name }) => name);
      return `${kind} with ${names.join(', ')}`;
    })
    .join('; ');
}

function rulesOf(severity: CombinationRule['severity']): readonly CombinationRule[] {
  const rules = [...combinationRules, ...networkPlugins.flatMap((plugin) => plugin.rules)];
  return rules.filter((rule) => rule.severity === severity);
}

function profileTable(): string {
  const profiles: readonly LabProfile[] = ['newest', 'classic'];
  const columns = profiles.map((profile) => {
    const { cluster } = labInventoryInput({ lab: 'lab', hosts: profile === 'newest' ? 3 : 1, dir: '.', profile });
    return [
      cluster.kubernetesVersion,
      cluster.runtime?.type,
      cluster.bootstrap,
      labNetwork(profile),
      cluster.kubeProxy?.mode,
      cluster.coredns?.version,
    ].map((text) => cell(text ?? ''));
  });
  const titles = ['Kubernetes', 'Runtime', 'Bootstrap', 'Network', 'kube-proxy', 'CoreDNS'];
  return markdownTable(
    ['', ...profiles],
    titles.map((title, row) => [title, ...columns.map((column) => column[row] ?? '')]),
  );
}

/** `1.20, 1.22 to 1.25` of names in order; neighbours that share a proof are drawn together where they are numbers. */
function spans(support: Readonly<Record<string, Proof>>, proof: Proof): string {
  const names = Object.keys(support);
  const runs: string[][] = [];
  for (const [index, name] of names.entries()) {
    if (support[name] !== proof) continue;
    const run = runs.at(-1);
    const continues = /^[\d.]+$/.test(name) && run !== undefined && run.at(-1) === names[index - 1];
    if (continues) run.push(name);
    else runs.push([name]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0] ?? ''} to ${run.at(-1) ?? ''}` : run.join(', '))).join(', ');
}
