import { familyName, formatCidr, hasHostBits, parseAddress, parseCidr, splitList } from '../cidr.ts';
import type { Cidr, Family } from '../cidr.ts';
import { standard } from '../defaults.ts';
import type { Report } from '../findings.ts';
import type { Path } from '../path.ts';

/** A readable block of the inventory, and what it is called in messages. */
export interface Block {
  readonly cidr: Cidr;
  readonly path: Path;
  /** For example `the pods' 10.244.0.0/16`. */
  readonly name: string;
}

export const podPath: Path = ['cluster', 'network', 'podCIDR'];
export const servicePath: Path = ['cluster', 'network', 'serviceCIDR'];

/** Undefined where a part of the list is no block: of such a list nothing more can be said. */
export function readBlocks(
  text: string,
  about: { readonly path: Path; readonly of: string },
  report: Report,
): readonly Block[] | undefined {
  const { path, of } = about;
  const blocks = splitList(text).map((part) => readBlock(part, path, report));
  const readable = blocks.flatMap((cidr) => (cidr === undefined ? [] : [cidr]));
  if (readable.length < blocks.length) return undefined;
  if (new Set(readable.map(({ family }) => family)).size < readable.length) {
    const message = `${text} has two blocks of one family: a cluster has one IPv4 block, one IPv6 block, or one of each`;
    report({ code: 'CIDR_SAME_FAMILY', path, message, fix: 'keep one of them, or write one block that holds both' });
    return undefined;
  }
  return readable.map((cidr) => ({ cidr, path, name: `${of} ${formatCidr(cidr)}` }));
}

const reserved: readonly string[] = [
  'loopback',
  'linkLocal',
  'multicast',
  'broadcast',
  'unspecified',
  'ipv4Mapped',
]; // prettier-ignore

function readBlock(text: string, path: Path, report: Report): Cidr | undefined {
  const result = parseCidr(text);
  if ('reason' in result) {
    const message = `${JSON.stringify(text)} is not a block of addresses`;
    const example = path === servicePath ? standard.network.serviceCIDR : standard.network.podCIDR;
    const fix = `write an address and a mask, for example ${example}; with two families, both with a comma between`;
    report({ code: 'CIDR_INVALID', path, message, fix });
    return undefined;
  }
  const { cidr } = result;
  if (hasHostBits(cidr)) {
    const message = `${text} has bits set behind its mask`;
    report({ code: 'CIDR_HOST_BITS', path, message, fix: `did you mean ${formatCidr(cidr)}?` });
  }
  const first = parseAddress(text.split('/')[0] ?? '');
  if (first.kind !== 'none' && reserved.includes(first.range)) {
    report({ code: 'CIDR_RESERVED', path, message: `${text} is reserved for other uses (${first.range})` });
    return undefined;
  }
  return cidr;
}

/** Both families of the defaults' kind, for messages. */
export function exampleOf(key: 'podCIDR' | 'serviceCIDR', families: readonly Family[] = ['ipv4', 'ipv6']): string {
  const ipv6 = { podCIDR: 'fd00:10:244::/56', serviceCIDR: 'fd00:10:96::/112' } as const;
  return families.map((family) => (family === 'ipv4' ? standard.network[key] : ipv6[key])).join(',');
}

/** `IPv4 and IPv6`. */
export function namesOf(families: readonly Family[]): string {
  return families.map(familyName).join(' and ');
}
