import { contains, formatCidr, networkOf, parseAddress, sizeOf, splitList, widthOf } from '../cidr.ts';
import type { Address, Cidr } from '../cidr.ts';
import type { Report } from '../findings.ts';
import { servicePath } from './blocks.ts';
import type { Block } from './blocks.ts';

const dnsPath = ['cluster', 'network', 'dnsIP'];

/** Bits of addresses that the API server takes at most (`maxCIDRBits` of its flags' validation), and that the tenth address needs. */
const widestBits = 20;
const narrowestBits = 4;

/** The Services' blocks, and the DNS addresses in them. */
export function checkServices(services: readonly Block[], dnsIP: string | undefined, report: Report): void {
  for (const { cidr } of services) {
    const bits = widthOf(cidr.family) - cidr.prefix;
    if (bits <= widestBits && bits >= narrowestBits) continue;
    const [widest, narrowest] = [widthOf(cidr.family) - widestBits, widthOf(cidr.family) - narrowestBits];
    const message = `a /${cidr.prefix} cannot be served: the API server takes /${widest} at most, and DNS needs the tenth address`;
    const fix = `use a mask between ${widest} and ${narrowest}`;
    report({ code: 'SERVICE_CIDR_SIZE', path: servicePath, message, fix });
  }
  if (dnsIP === undefined) return;
  const parsed = splitList(dnsIP).map((text) => ({ text, address: parseAddress(text) }));
  const wrong = parsed.find(({ address }) => address.kind === 'none');
  if (wrong !== undefined) {
    const message = `${JSON.stringify(wrong.text)} is not an address`;
    report({ code: 'ADDRESS_INVALID', path: dnsPath, message });
    return;
  }
  if (new Set(parsed.map(({ address }) => address.kind)).size < parsed.length) {
    const message = `${dnsIP} has two addresses of one family: the DNS Service has one of each`;
    report({ code: 'ADDRESS_SAME_FAMILY', path: dnsPath, message, fix: leaveOut });
    return;
  }
  for (const { text, address } of parsed) if (address.kind !== 'none') checkDns({ text, address }, services, report);
}

const leaveOut = 'leave it out: the tenth address is taken';

function checkDns(
  dns: { readonly text: string; readonly address: Address },
  services: readonly Block[],
  report: Report,
): void {
  const { text, address } = dns;
  const basedOn = [servicePath];
  const cidr = services.find((block) => contains(block.cidr, address))?.cidr;
  if (cidr === undefined) {
    const message = `${text} is outside the Services' ${services.map((block) => formatCidr(block.cidr)).join(',')}`;
    report({ code: 'DNS_IP_OUTSIDE', path: dnsPath, basedOn, message, fix: leaveOut });
    return;
  }
  const taken = takenBy(cidr, address.value - networkOf(cidr));
  if (taken === undefined) return;
  const message = `${text} is ${taken} address of ${formatCidr(cidr)}`;
  report({ code: 'DNS_IP_TAKEN', path: dnsPath, basedOn, message, fix: leaveOut });
}

function takenBy(cidr: Cidr, offset: bigint): string | undefined {
  if (offset === 0n) return "the block's own";
  if (offset === 1n) return "the API server's";
  return offset === sizeOf(cidr) - 1n ? 'the last' : undefined;
}
