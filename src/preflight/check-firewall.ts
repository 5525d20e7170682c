import type { Facts } from '../host/facts/model.ts';
import { firewallNeeds } from '../host/firewall/needs.ts';
import type { FirewallNeeds } from '../host/firewall/needs.ts';
import { firewalldRules, iptablesRules, nftRules, ufwFileRules, ufwRules } from '../host/firewall/rules.ts';
import type { HostCheck } from './host-check.ts';

type Problem = ReturnType<HostCheck>[number];

/** A firewall that is kept must let the cluster through: the rules that it lacks, as its operator types them. */
export const checkFirewall: HostCheck = (inventory, host, facts) => {
  const needs = firewallNeeds(inventory, host);
  const kept = inventory.cluster.firewall === 'keep' ? facts.firewalls : [];
  return [...kept.flatMap((unit) => keptFirewall(unit, needs, facts)), ...ruleLoaders(needs, facts)];
};

function keptFirewall(unit: string, needs: FirewallNeeds, { firewall }: Facts): readonly Problem[] {
  const asked = firewall !== undefined && unit === `${firewall.kind}.service`;
  const { missing, reload } =
    unit === 'ufw.service' ? missingOfUfw(needs, firewall) : missingOfFirewalld(needs, firewall);
  if (missing.length === 0) return [];
  return [
    {
      code: 'FIREWALL_KEPT',
      what: `${unit} stays on`,
      why: asked
        ? `it has not all rules that the cluster needs: ${String(missing.length)} are missing, unless wider ones of yours do the same`
        : 'it could not be asked which rules it has; the cluster needs these',
      fix: 'add them, or let k8sup switch it off: hostPreparation.firewall: disable',
      severity: 'warning',
      commands: [...missing, ...reload],
    },
  ];
}

interface Missing {
  readonly missing: readonly string[];
  /** What takes them up. */
  readonly reload: readonly string[];
}

function missingOfFirewalld(needs: FirewallNeeds, firewall: Facts['firewall']): Missing {
  const known = firewall?.kind === 'firewalld' ? firewall : { zone: 'public', there: new Set<number>() };
  const missing = firewalldRules(needs, known.zone).filter((_, index) => !known.there.has(index));
  return { missing: missing.map(({ command }) => command), reload: ['firewall-cmd --reload'] };
}

type UfwFact = Extract<Facts['firewall'], { kind: 'ufw' }>;
const unasked = { added: [], before: [] };

function missingOfUfw(needs: FirewallNeeds, firewall: Facts['firewall']): Missing {
  const { added, before }: Pick<UfwFact, 'added' | 'before'> = firewall?.kind === 'ufw' ? firewall : unasked;
  const there = new Set(added.map(withSortedPorts));
  const inFiles = ufwFileRules(needs).filter(({ line }) => !before.includes(line));
  const missing = ufwRules(needs).filter((rule) => !there.has(withSortedPorts(rule)));
  return {
    missing: [...missing, ...inFiles.map(({ command }) => command)],
    reload: inFiles.length === 0 ? [] : ['ufw reload'],
  };
}

/** A list of ports is one rule in any order; a comment changes no rule. */
function withSortedPorts(rule: string): string {
  return rule
    .replace(/ comment '.*'$/, '')
    .replace(/ port ([\d,:]+)/, (_, list: string) => ` port ${list.split(',').toSorted().join(',')}`);
}

/** Which of its rules do what is needed cannot be told from a ruleset: they are said, not looked for. */
function ruleLoaders(needs: FirewallNeeds, { ruleLoaders: loaders }: Facts): readonly Problem[] {
  if (loaders.length === 0) return [];
  const nft = loaders.includes('nftables.service');
  return [
    {
      code: 'FIREWALL_RULES',
      what: `${loaders.join(', ')} loads firewall rules of its operator's, which k8sup leaves alone`,
      why: 'where they refuse anything, these must be among them; and where loading them flushes all rules first, a reload takes those of kube-proxy and the pod network away too',
      fix: "add these, and have only the file's own tables flushed; else restart kube-proxy and the network's service after a reload",
      severity: 'warning',
      commands: nft ? nftRules(needs) : iptablesRules(needs),
    },
  ];
}
