import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/host/facts/model.ts';
import { firewallNeeds } from '../../../src/host/firewall/needs.ts';
import { firewalldRules, ufwFileRules, ufwRules } from '../../../src/host/firewall/rules.ts';
import { preflight } from '../../../src/preflight/index.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';
import { goodFacts } from './fixture.ts';

const inventory = (firewall: string) =>
  inventoryOf(`
cluster: { name: one, hostPreparation: { firewall: ${firewall} } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, roles: [node] }
`);
const kept = inventory('keep');
const needs = firewallNeeds(kept, hostOf(kept, 'h1'));

function problems(changes: Partial<Facts>, of = kept) {
  return preflight(of, new Map([['h1', { ...goodFacts, ...changes }]]));
}

describe('a firewall that is kept', () => {
  it('that could not be asked: all rules are told, as they are typed', () => {
    const [problem] = problems({ firewalls: ['ufw.service'] });
    expect(problem).toMatchObject({ code: 'FIREWALL_KEPT', severity: 'warning', commands: ufwRules(needs) });
    expect(problem?.why).toContain('could not be asked');
    expect(problems({ firewalls: ['ufw.service'] }, inventory('disable'))).toEqual([]);
  });

  it('ufw: only what it lacks is told, whatever the order of ports', () => {
    const added = [
      ...ufwRules(needs).filter((rule) => !rule.includes('10250') && !rule.includes('6443')),
      "ufw allow 6443/tcp comment 'mine'",
    ];
    const reordered = ['ufw allow from 192.0.2.12 to any port 10250,10256,2379,2380 proto tcp'];
    const firewalls = ['ufw.service'];
    expect(problems({ firewalls, firewall: { kind: 'ufw', added, before: [] } })[0]).toMatchObject({
      commands: ['ufw allow from 192.0.2.12 to any port 2379,2380,10250,10256 proto tcp'],
    });
    expect(problems({ firewalls, firewall: { kind: 'ufw', added: [...added, ...reordered], before: [] } })).toEqual([]);
  });

  it('ufw: what stands in its files counts, and what does not is told with the reload', () => {
    const tunnels = inventoryOf(`
cluster: { name: one, hostPreparation: { firewall: keep }, network: { flannel: { backend: ipip } } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, roles: [node] }
`);
    const all = firewallNeeds(tunnels, hostOf(tunnels, 'h1'));
    const [rule] = ufwFileRules(all);
    const firewall = { kind: 'ufw', added: ufwRules(all), before: [] as string[] } as const;
    const told = (before: string[]) =>
      problems({ firewalls: ['ufw.service'], firewall: { ...firewall, before } }, tunnels).filter(
        ({ code }) => code === 'FIREWALL_KEPT',
      );
    expect(told([])[0]?.commands).toEqual([rule?.command, 'ufw reload']);
    expect(told([rule?.line ?? ''])).toEqual([]);
  });

  it('firewalld: only what it lacks, in the zone of the interface, and the reload', () => {
    const all = firewalldRules(needs, 'internal');
    const firewalls = ['firewalld.service'];
    const there = new Set(all.keys());
    expect(problems({ firewalls, firewall: { kind: 'firewalld', zone: 'internal', there } })).toEqual([]);
    there.delete(all.length - 1);
    expect(problems({ firewalls, firewall: { kind: 'firewalld', zone: 'internal', there } })[0]?.commands).toEqual([
      'firewall-cmd --permanent --zone=trusted --add-source=10.244.0.0/16',
      'firewall-cmd --reload',
    ]);
  });

  it('rules that the host loads by itself are told in the words of what loads them', () => {
    const [nft] = problems({ ruleLoaders: ['nftables.service'] });
    expect(nft?.commands?.[0]).toMatch(/^nft add rule inet filter input tcp dport/);
    const [tables] = problems({ ruleLoaders: ['netfilter-persistent.service'] });
    expect(tables).toMatchObject({ code: 'FIREWALL_RULES', severity: 'warning' });
    expect(tables?.commands?.[0]).toMatch(/^iptables -I INPUT -p tcp/);
    expect(tables?.why).toContain('reload');
  });
});
