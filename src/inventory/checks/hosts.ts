import { addressesOf } from '../addresses.ts';
import { parseAddress, splitList } from '../cidr.ts';
import type { Draft, DraftHost, Report } from '../findings.ts';

const unusable: Readonly<Record<string, string>> = {
  loopback: 'a loopback address: other hosts would reach themselves by it',
  unspecified: 'no address of a host',
  broadcast: 'a broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address, which means another host on each link',
  ipv4Mapped: 'an IPv4 address in the form of IPv6: write it as IPv4',
};

/** Names and addresses: usable, and each of one host alone. */
export function checkHosts(draft: Draft, report: Report): void {
  for (const { index, host } of draft.hosts) {
    if (host.name === 'localhost') {
      const message = '"localhost" means another host everywhere';
      report({ code: 'HOST_NAME_INVALID', path: ['hosts', index, 'name'], message, fix: "use the host's own name" });
    }
    checkAddresses({ index, host }, report);
  }
  checkUnique(draft, report, { key: 'name', code: 'DUPLICATE_HOST_NAME', of: ({ host }) => [host.name] });
  checkUnique(draft, report, { key: 'address', code: 'DUPLICATE_ADDRESS', of: ({ host }) => addressesOf(host) });
}

function checkAddresses({ index, host }: DraftHost, report: Report): void {
  const path = ['hosts', index, 'address'];
  const parsed = splitList(host.address).map((text) => ({ text, address: parseAddress(text) }));
  for (const { text, address } of parsed) {
    if (address.kind === 'none') {
      const message = `${JSON.stringify(text)} is not an address`;
      const fix =
        'write the address that the other hosts use, for example 192.0.2.11, or one of each family: 192.0.2.11,2001:db8::11; a name to connect to goes into ssh.hostName';
      report({ code: 'ADDRESS_INVALID', path, message, fix });
    } else if (unusable[address.range] !== undefined) {
      report({ code: 'ADDRESS_UNUSABLE', path, message: `${text} is ${unusable[address.range] ?? ''}` });
    }
  }
  const kinds = parsed.map(({ address }) => address.kind);
  if (kinds.includes('none') || new Set(kinds).size === kinds.length) return;
  const message = `${host.address} has two addresses of one family: a host is known by one of each`;
  report({ code: 'ADDRESS_SAME_FAMILY', path, message, fix: 'keep the one that the other hosts use' });
}

interface Uniqueness {
  readonly key: 'name' | 'address';
  readonly code: string;
  readonly of: (host: DraftHost) => readonly string[];
}

function checkUnique(draft: Draft, report: Report, { key, code, of }: Uniqueness): void {
  const seen = new Map<string, DraftHost>();
  for (const entry of draft.hosts) {
    for (const value of new Set(of(entry))) {
      const first = seen.get(value);
      if (first === undefined) seen.set(value, entry);
      else {
        const owner = key === 'name' ? `hosts[${first.index}]` : first.host.name;
        const message = `the ${key} ${JSON.stringify(value)} is already that of ${owner}`;
        report({ code, path: ['hosts', entry.index, key], message, fix: `give each host its own ${key}` });
      }
    }
  }
}
