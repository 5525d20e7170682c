import { familyOf } from '../../inventory/cidr.ts';
import type { Family } from '../../inventory/cidr.ts';
import type { NeededProtocol } from '../../inventory/plugin.ts';
import { peersOf } from './needs.ts';
import type { FirewallNeed, FirewallNeeds } from './needs.ts';

const permanent = 'firewall-cmd --permanent';
const families = ['ipv4', 'ipv6'] as const;
const protocols = ['tcp', 'udp'] as const;
type Protocol = (typeof protocols)[number];

/** A rule as the user types it, and how firewalld is asked for it. */
export interface FirewalldRule {
  readonly command: string;
  /** Arguments of firewall-cmd, which exits 0 where the rule is in force. */
  readonly query: readonly string[];
}

/** Set of the cluster's hosts: without it there would be a rule for each pair of host and port. */
function hostSet(family: Family): string {
  return family === 'ipv4' ? 'k8sup-hosts' : 'k8sup-hosts6';
}

/**
 * firewall-cmd(1): written permanently, so that a reload takes them up.
 *
 * @param zone - that the host's interface is in.
 */
export function firewalldRules(needs: FirewallNeeds, zone: string): readonly FirewalldRule[] {
  const guarded = needs.ports.filter(({ from }) => from === 'hosts');
  return [
    ...families.flatMap((family) => {
      const peers = needs.peers.filter((peer) => familyOf(peer) === family);
      const sent = needs.protocols.filter((protocol) => (protocol.family ?? family) === family);
      return guarded.length + sent.length === 0 || peers.length === 0
        ? []
        : peerRules({ family, peers, guarded, sent, zone });
    }),
    ...needs.ports
      .filter(({ from }) => from === 'anyone')
      .map(({ protocol, ports }) => ({
        command: `${permanent} --zone=${zone} --add-port=${ports}/${protocol}`,
        query: [`--zone=${zone}`, `--query-port=${ports}/${protocol}`],
      })),
    ...needs.pods.map((cidr) => ({
      command: `${permanent} --zone=trusted --add-source=${cidr}`,
      query: ['--zone=trusted', `--query-source=${cidr}`],
    })),
  ];
}

interface Peers {
  readonly family: Family;
  readonly peers: readonly string[];
  readonly guarded: readonly FirewallNeed[];
  readonly sent: readonly NeededProtocol[];
  readonly zone: string;
}

function peerRules({ family, peers, guarded, sent, zone }: Peers): readonly FirewalldRule[] {
  const set = hostSet(family);
  const option = family === 'ipv6' ? ' --option=family=inet6' : '';
  const what = [
    ...guarded.map(({ protocol, ports }) => `port port="${ports}" protocol="${protocol}"`),
    ...sent.map(({ number }) => `protocol value="${String(number)}"`),
  ];
  return [
    ...peers.map((peer, index) => ({
      command: `${index === 0 ? `${permanent} --new-ipset=${set} --type=hash:ip${option}; ` : ''}${permanent} --ipset=${set} --add-entry=${peer}`,
      query: [`--ipset=${set}`, `--query-entry=${peer}`],
    })),
    ...what.map((element) => {
      const rule = `rule source ipset="${set}" ${element} accept`;
      return {
        command: `${permanent} --zone=${zone} --add-rich-rule='${rule}'`,
        query: [`--zone=${zone}`, `--query-rich-rule=${rule}`],
      };
    }),
  ];
}

/** ufw(8), each rule as `ufw show added` prints it. */
export function ufwRules(needs: FirewallNeeds): readonly string[] {
  const { ports, peers, pods } = needs;
  const range = (need: FirewallNeed): string => need.ports.replace('-', ':');
  return [
    ...ports.filter(({ from }) => from === 'anyone').map((need) => `ufw allow ${range(need)}/${need.protocol}`),
    ...protocols.flatMap((protocol) => {
      const list = guardedPorts(needs, protocol).join(',');
      return list === '' ? [] : peers.map((peer) => `ufw allow from ${peer} to any port ${list} proto ${protocol}`);
    }),
    ...needs.protocols
      .filter(({ number }) => number === espNumber)
      .flatMap((protocol) => peersOf(needs, protocol).map((peer) => `ufw allow from ${peer} proto esp`)),
    ...pods.flatMap((cidr) => [`ufw allow from ${cidr}`, `ufw route allow from ${cidr}`, `ufw route allow to ${cidr}`]),
  ];
}

/** The only one of those that networks need which ufw has a name for; it takes no numbers (`supported_protocols` in ufw/util.py). */
const espNumber = 50;

/** A rule that ufw's own command line has no words for, with the line of a file that it makes. */
export interface UfwFileRule {
  readonly command: string;
  readonly line: string;
}

/** Into the files that ufw loads before its own rules, into their table filter; they are in force after `ufw reload`. */
export function ufwFileRules(needs: FirewallNeeds): readonly UfwFileRule[] {
  return needs.protocols
    .filter(({ number }) => number !== espNumber)
    .flatMap((protocol) =>
      peersOf(needs, protocol).map((peer) => {
        const six = familyOf(peer) === 'ipv6' ? '6' : '';
        const line = `-A ufw${six}-before-input -s ${peer} -p ${String(protocol.number)} -j ACCEPT`;
        return { command: `sed -i '/^# End required lines/a ${line}' /etc/ufw/before${six}.rules`, line };
      }),
    );
}

/** Statements for the chains of a ruleset file, by the names that Debian's has. */
export function nftRules(needs: FirewallNeeds): readonly string[] {
  const add = 'nft add rule inet filter';
  return [
    ...protocols.flatMap((protocol) => {
      const open = needs.ports.filter((need) => need.from === 'anyone' && need.protocol === protocol);
      const guarded = guardedPorts(needs, protocol);
      return [
        ...(open.length === 0 ? [] : [`${add} input ${protocol} dport { ${open.map((need) => need.ports).join(', ')} } accept`]), // prettier-ignore
        ...(guarded.length === 0
          ? []
          : byFamily(needs.peers).map(
              ([family, peers]) =>
                `${add} input ${family} saddr { ${peers.join(', ')} } ${protocol} dport { ${guarded.join(', ')} } accept`,
            )),
      ];
    }),
    ...needs.protocols.flatMap((protocol) =>
      byFamily(peersOf(needs, protocol)).map(
        ([family, peers]) =>
          `${add} input ${family} saddr { ${peers.join(', ')} } meta l4proto ${String(protocol.number)} accept`,
      ),
    ),
    ...byFamily(needs.pods).flatMap(([family, pods]) => [
      `${add} input ${family} saddr { ${pods.join(', ')} } accept`,
      `${add} forward ${family} saddr { ${pods.join(', ')} } accept`,
      `${add} forward ${family} daddr { ${pods.join(', ')} } accept`,
    ]),
  ];
}

/** iptables(8), before what may refuse. */
export function iptablesRules(needs: FirewallNeeds): readonly string[] {
  const program = (address: string): string => (familyOf(address) === 'ipv6' ? 'ip6tables' : 'iptables');
  const programs = [...new Set(['iptables', ...[...needs.peers, ...needs.pods].map(program)])];
  return [
    ...protocols.flatMap((protocol) => {
      const open = needs.ports.filter((need) => need.from === 'anyone' && need.protocol === protocol);
      const list = open.map((need) => need.ports.replace('-', ':')).join(',');
      const guarded = guardedPorts(needs, protocol).join(',');
      const accept = (ports: string): string => `-p ${protocol} -m multiport --dports ${ports} -j ACCEPT`;
      return [
        ...(list === '' ? [] : programs).map((name) => `${name} -I INPUT ${accept(list)}`),
        ...(guarded === '' ? [] : needs.peers).map((peer) => `${program(peer)} -I INPUT -s ${peer} ${accept(guarded)}`),
      ];
    }),
    ...needs.protocols.flatMap((protocol) =>
      peersOf(needs, protocol).map(
        (peer) => `${program(peer)} -I INPUT -s ${peer} -p ${String(protocol.number)} -j ACCEPT`,
      ),
    ),
    ...needs.pods.flatMap((cidr) => [
      `${program(cidr)} -I INPUT -s ${cidr} -j ACCEPT`,
      `${program(cidr)} -I FORWARD -s ${cidr} -j ACCEPT`,
      `${program(cidr)} -I FORWARD -d ${cidr} -j ACCEPT`,
    ]),
  ];
}

function guardedPorts({ ports }: FirewallNeeds, protocol: Protocol): readonly string[] {
  return ports.filter((need) => need.from === 'hosts' && need.protocol === protocol).map((need) => need.ports);
}

function byFamily(addresses: readonly string[]): readonly (readonly ['ip' | 'ip6', readonly string[]])[] {
  const found = families.map((family) => addresses.filter((address) => familyOf(address) === family));
  return [['ip', found[0] ?? []] as const, ['ip6', found[1] ?? []] as const].filter(([, own]) => own.length > 0);
}
