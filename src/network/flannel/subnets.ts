import { contains, formatCidr, networkOf, parseAddress, parseCidr } from '../../inventory/cidr.ts';
import type { Cidr } from '../../inventory/cidr.ts';
import { standard as defaults } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { rolesOf } from '../../inventory/resolve.ts';

/** What is written of leases. */
export interface SubnetInput {
  readonly subnetLen: number;
  readonly subnetMin?: string | undefined;
  readonly subnetMax?: string | undefined;
}

const at = (key: string): readonly string[] => ['cluster', 'network', 'flannel', key];
const networkPath = ['cluster', 'network', 'podCIDR'];

/** Leases that flannel would refuse at its start (subnet/config.go, CheckNetworkConfig), or that are too few for the hosts. */
export function checkSubnets(draft: Draft, { subnetLen, subnetMin, subnetMax }: SubnetInput, report: Report): void {
  const parsed = parseCidr(draft.cluster.network?.podCIDR ?? defaults.network.podCIDR);
  // Said by the check of the network itself.
  if (!('cidr' in parsed)) return;
  const { cidr } = parsed;
  const basedOn = [networkPath, at('subnetLen')];
  if (subnetLen < cidr.prefix + 2) {
    const message = `flannel wants room for four subnets at least, which /${subnetLen} of ${formatCidr(cidr)} has not`;
    const fix = `use a subnetLen of ${cidr.prefix + 2} or more, or a wider podCIDR`;
    report({ code: 'SUBNET_TOO_WIDE', path: at('subnetLen'), basedOn, message, fix });
    return;
  }
  const size = 1n << BigInt(32 - subnetLen);
  const first = boundary({ key: 'subnetMin', text: subnetMin, cidr, size }, report) ?? networkOf(cidr) + size;
  const end = networkOf(cidr) + (1n << BigInt(32 - cidr.prefix));
  const last = boundary({ key: 'subnetMax', text: subnetMax, cidr, size }, report) ?? end - size;
  const room = last < first ? 0n : (last - first) / size + 1n;
  const hosts = draft.hosts.filter(({ host }) => rolesOf(host, draft.onlyHost).has('container')).length;
  if (room >= BigInt(hosts)) return;
  const message = `there is room for ${room.toString()} subnets of /${subnetLen}, but there are ${hosts} container hosts`;
  const path = subnetMax === undefined ? (subnetMin === undefined ? networkPath : at('subnetMin')) : at('subnetMax');
  report({ code: 'SUBNETS_TOO_FEW', path, basedOn: [...basedOn, at('subnetMin')], message, fix: 'widen the range' });
}

interface Boundary {
  readonly key: 'subnetMin' | 'subnetMax';
  readonly text: string | undefined;
  readonly cidr: Cidr;
  readonly size: bigint;
}

/** Undefined where it is left out, or wrong, which is reported. */
function boundary({ key, text, cidr, size }: Boundary, report: Report): bigint | undefined {
  if (text === undefined) return undefined;
  const path = at(key);
  const address = parseAddress(text);
  if (address.kind !== 'ipv4') {
    report({ code: 'ADDRESS_INVALID', path, message: `${JSON.stringify(text)} is not an IPv4 address` });
    return undefined;
  }
  const basedOn = [networkPath, at('subnetLen')];
  if (!contains(cidr, address.value)) {
    const message = `${text} is outside the network ${formatCidr(cidr)}`;
    report({ code: 'SUBNET_OUTSIDE', path, basedOn, message, fix: 'use an address inside, or another podCIDR' });
    return undefined;
  }
  if (address.value % size !== 0n) {
    const message = `${text} is not where a subnet begins`;
    report({ code: 'SUBNET_UNALIGNED', path, basedOn, message, fix: 'use the first address of a subnet' });
    return undefined;
  }
  return address.value;
}
