import { contains, familyOf, parseAddress, parseCidr } from './cidr.ts';
import type { Cidr, Family } from './cidr.ts';

/** Which of a host's interfaces leads to the other hosts: exactly one way of saying it. */
export interface InterfaceChoice {
  readonly by: 'name' | 'address' | 'regex' | 'can-reach';
  readonly value: string;
  /** The setting that chose it, for example `cluster.network.flannel.interface`. */
  readonly setting: string;
}

/** What of a host's facts tells about its interfaces. */
export interface HostLinks {
  readonly addresses: readonly { readonly interface: string; readonly cidr: string }[];
  readonly routes: readonly { readonly cidr: string; readonly interface: string }[];
  readonly defaultInterface: string | undefined;
}

/** An interface, and the address by which other hosts reach it. */
export interface ChosenInterface {
  readonly name: string;
  readonly address: string;
  /** Of the address' own network; undefined where the host could not tell. */
  readonly prefix: number | undefined;
}

/**
 * The interface that a choice means on a host, by the family of the host's own address: without a choice, that of this address. An interface with several addresses counts by the
 * host's own where it has it, else by its first. A regular expression is matched against addresses first and names then, as flannel does.
 */
export function chosenInterface(
  choice: InterfaceChoice | undefined,
  address: string,
  links: HostLinks,
): ChosenInterface | undefined {
  const family = familyOf(address);
  const usable = links.addresses.filter(({ cidr }) => isUsable(plain(cidr), family));
  const of = (entry: HostLinks['addresses'][number] | undefined): ChosenInterface | undefined =>
    entry === undefined
      ? undefined
      : { name: entry.interface, address: plain(entry.cidr), prefix: prefixOf(entry.cidr, entry.interface) };
  const ofLink = (name: string | undefined): ChosenInterface | undefined => {
    const own = usable.filter((entry) => entry.interface === name);
    return of(own.find(({ cidr }) => plain(cidr) === address) ?? own[0]);
  };
  const value = choice?.value ?? address;
  switch (choice?.by ?? 'address') {
    case 'name':
      return ofLink(value);
    case 'address':
      return of(usable.find(({ cidr }) => plain(cidr) === value));
    case 'regex': {
      const pattern = new RegExp(value);
      const byAddress = usable.find(({ cidr }) => pattern.test(plain(cidr)));
      return of(byAddress) ?? ofLink(usable.find((entry) => pattern.test(entry.interface))?.interface);
    }
    case 'can-reach':
      return ofLink(routeTo(value, links));
  }
}

/** The interface of the longest route to an address, or that of the IPv4 default route. */
function routeTo(address: string, { routes, defaultInterface }: HostLinks): string | undefined {
  const target = parseAddress(address);
  if (target.kind === 'none') return undefined;
  const matching = routes
    .map((route) => ({ link: route.interface, cidr: cidrOf(route.cidr) }))
    .filter(({ cidr }) => cidr !== undefined && contains(cidr, target))
    .toSorted((a, b) => (b.cidr?.prefix ?? 0) - (a.cidr?.prefix ?? 0));
  return matching[0]?.link ?? (target.kind === 'ipv4' ? defaultInterface : undefined);
}

function cidrOf(text: string): Cidr | undefined {
  const result = parseCidr(text);
  return 'cidr' in result ? result.cidr : undefined;
}

function isUsable(address: string, family: Family): boolean {
  const parsed = parseAddress(address);
  return parsed.kind === family && parsed.range !== 'loopback' && (family === 'ipv4' || parsed.range !== 'linkLocal');
}

function plain(cidr: string): string {
  return cidr.split('/')[0] ?? '';
}

/** Without the program ip a host tells its addresses alone: with neither interface nor mask. */
function prefixOf(cidr: string, link: string): number | undefined {
  return link === '' ? undefined : Number(cidr.split('/')[1]);
}
