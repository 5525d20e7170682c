import type { Host, Inventory } from '../../inventory/model.ts';
import { lines, rawShell, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { Sections } from '../facts/sections.ts';
import { firewallNeeds } from './needs.ts';
import { firewalldRules } from './rules.ts';

/** What a firewall that is kept says of itself. */
export type FirewallFact =
  | {
      readonly kind: 'firewalld';
      /** That the interface with the host's address is in. */
      readonly zone: string;
      /** Indexes of the rules of `firewalldRules` that are in force. */
      readonly there: ReadonlySet<number>;
    }
  | {
      readonly kind: 'ufw';
      /** Commands, as `ufw show added` prints them. */
      readonly added: readonly string[];
      /** Rules of the files that it loads before its own. */
      readonly before: readonly string[];
    };

/** Asks firewalld or ufw by their own programs, where one of them is on and stays on: neither loads anything that it has not loaded yet. */
export function firewallSection(inventory: Inventory, host: Host): Sh {
  if (inventory.cluster.firewall !== 'keep') return rawShell(':');
  const queries = firewalldRules(firewallNeeds(inventory, host), '$zone').map(({ query }) => query);
  return lines([
    sh`echo @@firewall
if systemctl is-active --quiet firewalld.service && command -v firewall-cmd >/dev/null; then
  link=$(ip -o address show 2>/dev/null | awk -v a=${`${host.address}/`} 'index($4, a) == 1 { print $2; exit }')
  zone=$(firewall-cmd --get-zone-of-interface="$link" 2>/dev/null) || zone=$(firewall-cmd --get-default-zone 2>/dev/null)
  p zone "$zone"`,
    ...queries.map((words, index) => {
      const asked = words.map((word) => (word === '--zone=$zone' ? rawShell('--zone="$zone"') : sh`${word}`));
      const command = rawShell(`firewall-cmd ${asked.map((word) => word.sh).join(' ')}`);
      return sh`  ${command} >/dev/null 2>&1 && p there ${index}`;
    }),
    sh`elif systemctl is-active --quiet ufw.service && command -v ufw >/dev/null; then
  p ufw yes
  ufw show added 2>/dev/null
  cat /etc/ufw/before.rules /etc/ufw/before6.rules 2>/dev/null | sed -n '/^-A ufw6*-before-input /p'
fi`,
  ]);
}

/** Undefined where none is kept, or none could be asked. */
export function readFirewall(read: Sections): FirewallFact | undefined {
  const zone = read.value('firewall', 'zone');
  if (zone !== undefined) {
    return { kind: 'firewalld', zone, there: new Set(read.values('firewall', 'there').map(Number)) };
  }
  if (read.value('firewall', 'ufw') === undefined) return undefined;
  const starting = (word: string): readonly string[] => read.lines('firewall').filter((line) => line.startsWith(word));
  return { kind: 'ufw', added: starting('ufw '), before: starting('-A ') };
}
