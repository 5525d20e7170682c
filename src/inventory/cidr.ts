import ipaddr from 'ipaddr.js';

export type Family = 'ipv4' | 'ipv6';

/** A block of addresses; `base` is the address as written, so that bits behind the mask can be seen. */
export interface Cidr {
  readonly family: Family;
  readonly base: bigint;
  readonly prefix: number;
}

/** One address; `range` is ipaddr.js' name of the block it is in, for example `private`, `loopback`, `uniqueLocal`, `linkLocal`. */
export interface Address {
  readonly kind: Family;
  readonly value: bigint;
  readonly range: string;
}

export type CidrResult = { readonly cidr: Cidr } | { readonly reason: 'syntax' };

/** Reads `10.0.0.0/8` or `fd00::/56`; shortened forms of IPv4 that some libraries accept (`10/8`, octal, hexadecimal) are syntax errors. */
export function parseCidr(text: string): CidrResult {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = parseAddress(parts?.[1] ?? '');
  const prefix = Number(parts?.[2]);
  if (address.kind === 'none' || prefix > widthOf(address.kind)) return { reason: 'syntax' };
  return { cidr: { family: address.kind, base: address.value, prefix } };
}

export type AddressResult = Address | { readonly kind: 'none' };

/** Reads one address, without a zone (`%eth0`): what is written into an inventory must mean the same on each host. */
export function parseAddress(text: string): AddressResult {
  if (ipaddr.IPv6.isValid(text) && !text.includes('%')) {
    const address = ipaddr.IPv6.parse(text);
    return { kind: 'ipv6', value: valueOf(address.parts, 16n), range: address.range() };
  }
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) || /(^|\.)0\d/.test(text)) return { kind: 'none' };
  const address = ipaddr.IPv4.parse(text);
  return { kind: 'ipv4', value: valueOf(address.octets, 8n), range: address.range() };
}

/** Bits of an address. */
export function widthOf(family: Family): number {
  return family === 'ipv4' ? 32 : 128;
}

/** For people: `IPv4`, `IPv6`. */
export function familyName(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}

/** Of an address or a block that is known to be one, as it stands in a resolved inventory or in what Kubernetes prints. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 'ipv6' : 'ipv4';
}

/** The parts of a list as Kubernetes' flags have it: `10.0.0.11,fd00::11`. */
export function splitList(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}

/** Number of addresses in the block. */
export function sizeOf(cidr: Cidr): bigint {
  return 1n << BigInt(widthOf(cidr.family) - cidr.prefix);
}

/** The block's first address. */
export function networkOf(cidr: Cidr): bigint {
  return cidr.base - (cidr.base % sizeOf(cidr));
}

export function hasHostBits(cidr: Cidr): boolean {
  return cidr.base !== networkOf(cidr);
}

export function contains(cidr: Cidr, { kind, value }: Pick<Address, 'kind' | 'value'>): boolean {
  return kind === cidr.family && value >= networkOf(cidr) && value < networkOf(cidr) + sizeOf(cidr);
}

/** Blocks of two families never do. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, firstOf(b)) || contains(b, firstOf(a));
}

/**
 * The address at `index`, counted from 0 at the network's own.
 *
 * @throws RangeError where the block has no such address.
 */
export function nthAddress(cidr: Cidr, index: bigint): string {
  if (index < 0n || index >= sizeOf(cidr))
    throw new RangeError(`${formatCidr(cidr)} has no address number ${index.toString()}`);
  return formatAddress({ kind: cidr.family, value: networkOf(cidr) + index });
}

/** The form of RFC 5952 for IPv6, the only one that Kubernetes' newer releases take. */
export function formatAddress({ kind, value }: Pick<Address, 'kind' | 'value'>): string {
  const bytes = Array.from({ length: widthOf(kind) / 8 }, (_, index) =>
    Number((value >> BigInt(widthOf(kind) - 8 * (index + 1))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

/** The block with its host bits cleared. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress({ kind: cidr.family, value: networkOf(cidr) })}/${cidr.prefix}`;
}

function firstOf(cidr: Cidr): Pick<Address, 'kind' | 'value'> {
  return { kind: cidr.family, value: networkOf(cidr) };
}

function valueOf(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((sum, part) => (sum << bits) + BigInt(part), 0n);
}
