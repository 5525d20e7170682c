import type { FirewallNeed, FirewallNeeds } from './needs.ts';

/** How rules are written on a host. */
export type FirewallKind = 'firewalld' | 'ufw' | 'nftables' | 'iptables';

const protocols = ['tcp', 'udp'] as const;
type Protocol = (typeof protocols)[number];

/** A rule as the user types it, and how firewalld is asked for it. */
export interface FirewalldRule {
  readonly command: string;
  /** Arguments of firewall-cmd, which exits 0 where the rule is in force. */
  readonly query: readonly string[];
}

/** Set of the cluster's hosts: without it there would be a rule for each pair of host and port. */
const hostSet = 'k8sup-hosts';

/**
 * firewall-cmd(1): written permanently, so that a reload takes them up.
 *
 * @param zone - that the host's interface is in.
 */
export function firewalldRules({ ports, peers, pods }: FirewallNeeds, zone: string): readonly FirewalldRule[] {
  const permanent = 'firewall-cmd --permanent';
  const guarded = ports.some(({ from }) => from === 'hosts');
  return [
    ...(guarded ? peers : []).map((peer, index) => ({
      command: `${index === 0 ? `${permanent} --new-ipset=${hostSet} --type=hash:ip; ` : ''}${permanent} --ipset=${hostSet} --add-entry=${peer}`,
      query: [`--ipset=${hostSet}`, `--query-entry=${peer}`],
    })),
    ...ports.map(({ protocol, ports: range, from }) => {
      if (from === 'anyone') {
        const port = `${range}/${protocol}`;
        return {
          command: `${permanent} --zone=${zone} --add-port=${port}`,
          query: [`--zone=${zone}`, `--query-port=${port}`],
        };
      }
      const rule = `rule source ipset="${hostSet}" port port="${range}" protocol="${protocol}" accept`;
      return {
        command: `${permanent} --zone=${zone} --add-rich-rule='${rule}'`,
        query: [`--zone=${zone}`, `--query-rich-rule=${rule}`],
      };
    }),
    ...pods.map((cidr) => ({
      command: `${permanent} --zone=trusted --add-source=${cidr}`,
      query: ['--zone=trusted', `--query-source=${cidr}`],
    })),
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
    ...pods.flatMap((cidr) => [`ufw allow from ${cidr}`, `ufw route allow from ${cidr}`, `ufw route allow to ${cidr}`]),
  ];
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
    ...byFamily(needs.pods).flatMap(([family, pods]) => [
      `${add} input ${family} saddr { ${pods.join(', ')} } accept`,
      `${add} forward ${family} saddr { ${pods.join(', ')} } accept`,
      `${add} forward ${family} daddr { ${pods.join(', ')} } accept`,
    ]),
  ];
}

/** iptables(8), before what may refuse. */
export function iptablesRules(needs: FirewallNeeds): readonly string[] {
  const program = (address: string): string => (address.includes(':') ? 'ip6tables' : 'iptables');
  return [
    ...protocols.flatMap((protocol) => {
      const open = needs.ports.filter((need) => need.from === 'anyone' && need.protocol === protocol);
      const list = open.map((need) => need.ports.replace('-', ':')).join(',');
      const guarded = guardedPorts(needs, protocol).join(',');
      return [
        ...(list === '' ? [] : [`iptables -I INPUT -p ${protocol} -m multiport --dports ${list} -j ACCEPT`]),
        ...(guarded === '' ? [] : needs.peers).map(
          (peer) => `${program(peer)} -I INPUT -s ${peer} -p ${protocol} -m multiport --dports ${guarded} -j ACCEPT`,
        ),
      ];
    }),
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
  const families = [
    ['ip', addresses.filter((address) => !address.includes(':'))],
    ['ip6', addresses.filter((address) => address.includes(':'))],
  ] as const;
  return families.filter(([, found]) => found.length > 0);
}
