import { contains, parseAddress, parseCidr } from './cidr.ts';
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

/** The subnet that a host has its address on; undefined where only the bare address is known, so that nobody can tell who is on it. */
export function subnetOf(address: string, addresses: readonly InterfaceAddress[]): Subnet | undefined {
  const found = addresses.find(({ cidr }) => cidr.split('/')[0] === address);
  const parsed = parseCidr(found?.cidr ?? '');
  if (found === undefined || !('cidr' in parsed) || parsed.cidr.prefix === 32) return undefined;
  return { interface: found.interface, cidr: parsed.cidr };
}

export function isOnSubnet({ cidr }: Pick<Subnet, 'cidr'>, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed.kind === 'ipv4' && contains(cidr, parsed.value);
}
