import { contains, parseAddress, parseCidr, widthOf } from './cidr.ts';
import type { Cidr } from './cidr.ts';

/** An address of a host's interface with its prefix, as `ip addr` shows it. */
export interface InterfaceAddress {
  readonly interface: string;
  readonly cidr: string;
}

export interface Subnet {
  readonly interface: string;
  readonly cidr: Cidr;
}

/** The subnet that a host has an address on; undefined where only the bare address is known, so that nobody can tell who is on it. */
export function subnetOf(address: string, addresses: readonly InterfaceAddress[]): Subnet | undefined {
  const wanted = parseAddress(address);
  if (wanted.kind === 'none') return undefined;
  for (const { interface: link, cidr: text } of addresses) {
    const parsed = parseCidr(text);
    if (!('cidr' in parsed)) continue;
    const { cidr } = parsed;
    if (cidr.family !== wanted.kind || cidr.base !== wanted.value) continue;
    return cidr.prefix === widthOf(cidr.family) ? undefined : { interface: link, cidr };
  }
  return undefined;
}

export function isOnSubnet({ cidr }: Pick<Subnet, 'cidr'>, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed.kind !== 'none' && contains(cidr, parsed);
}
