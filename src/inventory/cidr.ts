import ipaddr from 'ipaddr.js';

/** An IPv4 block; `base` is the address as written, so that bits behind the mask can be seen. */
export interface Cidr {
  readonly base: bigint;
  readonly prefix: number;
}

export type CidrResult = { readonly cidr: Cidr } | { readonly reason: 'syntax' | 'ipv6' };

/** Reads `10.0.0.0/8`; shortened forms that some libraries accept (`10/8`, octal, hexadecimal) are syntax errors. */
export function parseCidr(text: string): CidrResult {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = parseAddress(parts?.[1] ?? '');
  const prefix = Number(parts?.[2]);
  if (address.kind === 'ipv6') return { reason: 'ipv6' };
  if (address.kind !== 'ipv4' || prefix > 32) return { reason: 'syntax' };
  return { cidr: { base: address.value, prefix } };
}

export type AddressResult =
  | { readonly kind: 'ipv4'; readonly value: bigint; readonly range: string }
  | { readonly kind: 'ipv6' }
  | { readonly kind: 'none' };

/** Reads one address; `range` is ipaddr.js' name of the block it is in, for example `private`, `loopback`, `unicast`. */
export function parseAddress(text: string): AddressResult {
  if (ipaddr.IPv6.isValid(text)) return { kind: 'ipv6' };
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) || /(^|\.)0\d/.test(text)) return { kind: 'none' };
  const address = ipaddr.IPv4.parse(text);
  const value = address.octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return { kind: 'ipv4', value, range: address.range() };
}

/** Number of addresses in the block. */
export function sizeOf(cidr: Cidr): bigint {
  return 1n << BigInt(32 - cidr.prefix);
}

/** The block's first address. */
export function networkOf(cidr: Cidr): bigint {
  return cidr.base - (cidr.base % sizeOf(cidr));
}

export function hasHostBits(cidr: Cidr): boolean {
  return cidr.base !== networkOf(cidr);
}

export function contains(cidr: Cidr, address: bigint): boolean {
  return address >= networkOf(cidr) && address < networkOf(cidr) + sizeOf(cidr);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, networkOf(b)) || contains(b, networkOf(a));
}

/**
 * The address at `index`, counted from 0 at the network's own.
 *
 * @throws RangeError where the block has no such address.
 */
export function nthAddress(cidr: Cidr, index: bigint): string {
  if (index < 0n || index >= sizeOf(cidr))
    throw new RangeError(`${formatCidr(cidr)} has no address number ${index.toString()}`);
  return formatAddress(networkOf(cidr) + index);
}

export function formatAddress(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join('.');
}

/** The block with its host bits cleared. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(networkOf(cidr))}/${cidr.prefix}`;
}
