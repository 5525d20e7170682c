import { contains, formatCidr, hasHostBits, networkOf, overlaps, parseAddress, parseCidr, sizeOf } from '../cidr.ts';
import type { Cidr } from '../cidr.ts';
import { standard } from '../defaults.ts';
import type { Draft, Report } from '../findings.ts';
import { given } from '../given.ts';
import { runsKubelet } from '../model.ts';
import type { Path } from '../path.ts';
import { rolesOf } from '../resolve.ts';

const podPath = ['cluster', 'network', 'podCIDR'];
const servicePath = ['cluster', 'network', 'serviceCIDR'];
const maskPath = ['cluster', 'network', 'nodeCIDRMaskSize'];
const dnsPath = ['cluster', 'network', 'dnsIP'];

/** Address blocks: well-formed, apart from each other and from the hosts, and large enough. */
export function checkNetwork(draft: Draft, report: Report): void {
  const written = { ...standard.network, ...given(draft.cluster.network) };
  const pods = readCidr(written.podCIDR, podPath, report);
  if (!draft.kubernetes) {
    if (pods !== undefined) checkHostsOutside(draft, report, { cidr: pods, path: podPath, name: written.podCIDR });
    return;
  }
  const services = readCidr(written.serviceCIDR, servicePath, report);
  if (pods !== undefined && services !== undefined && overlaps(pods, services)) {
    const message = `the Services' ${written.serviceCIDR} and the pods' ${written.podCIDR} overlap`;
    const [path, basedOn] =
      draft.cluster.network?.serviceCIDR === undefined ? [podPath, [servicePath]] : [servicePath, [podPath]];
    report({ code: 'CIDR_OVERLAP', path, basedOn, message, fix: 'give them blocks of their own' });
  }
  if (pods !== undefined) {
    checkHostsOutside(draft, report, { cidr: pods, path: podPath, name: `the pods' ${written.podCIDR}` });
    checkNodeMask(draft, report, pods);
  }
  (written.nonMasqueradeCIDRs ?? []).forEach((cidr, index) => {
    readCidr(cidr, ['cluster', 'network', 'nonMasqueradeCIDRs', index], report);
  });
  if (services !== undefined) {
    checkHostsOutside(draft, report, {
      cidr: services,
      path: servicePath,
      name: `the Services' ${written.serviceCIDR}`,
    });
    checkServices(services, draft.cluster.network?.dnsIP, report);
  }
}

function readCidr(text: string, path: Path, report: Report): Cidr | undefined {
  const result = parseCidr(text);
  if ('reason' in result || text.includes(',')) {
    const family = text.includes(':');
    const message = family
      ? 'IPv6 and dual stack are not supported yet'
      : `${JSON.stringify(text)} is not a block of IPv4 addresses`;
    const fix = `write an address and a mask, for example ${standard.network.podCIDR}`;
    report({ code: family ? 'IPV6_UNSUPPORTED' : 'CIDR_INVALID', path, message, fix });
    return undefined;
  }
  const { cidr } = result;
  if (hasHostBits(cidr)) {
    const message = `${text} has bits set behind its mask`;
    report({ code: 'CIDR_HOST_BITS', path, message, fix: `did you mean ${formatCidr(cidr)}?` });
  }
  const first = parseAddress(text.split('/')[0] ?? '');
  if (
    first.kind === 'ipv4' &&
    ['loopback', 'linkLocal', 'multicast', 'broadcast', 'unspecified'].includes(first.range)
  ) {
    report({ code: 'CIDR_RESERVED', path, message: `${text} is reserved for other uses (${first.range})` });
  }
  return cidr;
}

interface Block {
  readonly cidr: Cidr;
  readonly path: readonly string[];
  readonly name: string;
}

function checkHostsOutside(draft: Draft, report: Report, block: Block): void {
  for (const { index, host } of draft.hosts) {
    const address = parseAddress(host.address);
    if (address.kind !== 'ipv4' || !contains(block.cidr, address.value)) continue;
    const message = `${host.address} is inside ${block.name}: packets to this host would go astray`;
    const fix = 'choose a block that no host and no network of yours uses';
    report({ code: 'HOST_IN_CLUSTER_CIDR', path: ['hosts', index, 'address'], basedOn: [block.path], message, fix });
  }
}

function checkNodeMask(draft: Draft, report: Report, pods: Cidr): void {
  const mask = draft.cluster.network?.nodeCIDRMaskSize ?? standard.network.nodeCIDRMaskSize;
  const path = draft.cluster.network?.nodeCIDRMaskSize === undefined ? podPath : maskPath;
  const basedOn = [podPath, maskPath];
  if (mask < pods.prefix) {
    const message = `a node's part (/${mask}) is larger than the whole pod CIDR (/${pods.prefix})`;
    report({ code: 'NODE_MASK_TOO_WIDE', path, basedOn, message, fix: `use a mask of ${pods.prefix} or more` });
    return;
  }
  const only = draft.onlyHost;
  const nodes = draft.hosts.filter(({ host }) => runsKubelet({ roles: rolesOf(host, only) })).length;
  const room = 2n ** BigInt(mask - pods.prefix);
  if (room < BigInt(nodes)) {
    const message = `/${pods.prefix} has room for ${room.toString()} nodes of /${mask}, but there are ${nodes}`;
    report({
      code: 'POD_CIDR_TOO_SMALL',
      path: podPath,
      basedOn,
      message,
      fix: 'use a wider podCIDR or a larger nodeCIDRMaskSize',
    });
  }
  checkMaxPods(draft, report, mask);
}

function checkMaxPods(draft: Draft, report: Report, mask: number): void {
  const maxPods = draft.cluster.kubelet?.maxPods ?? standard.kubelet.maxPods;
  // The network's own address, its gateway and the broadcast address are no pod's.
  const usable = 2 ** (32 - mask) - 3;
  if (maxPods <= usable) return;
  const set = draft.cluster.kubelet?.maxPods !== undefined;
  const message = `maxPods is ${maxPods}, but a /${mask} has addresses for ${Math.max(usable, 0)} pods`;
  report({
    code: 'MAX_PODS_TOO_MANY',
    path: set ? ['cluster', 'kubelet', 'maxPods'] : maskPath,
    basedOn: [['cluster', 'kubelet', 'maxPods'], maskPath],
    message,
    fix: 'lower cluster.kubelet.maxPods or use a smaller nodeCIDRMaskSize',
  });
}

function checkServices(services: Cidr, dnsIP: string | undefined, report: Report): void {
  if (services.prefix < 12 || services.prefix > 28) {
    const message = `a /${services.prefix} cannot be served: the API server takes /12 at most, and DNS needs the tenth address`;
    report({ code: 'SERVICE_CIDR_SIZE', path: servicePath, message, fix: 'use a mask between 12 and 28' });
  }
  if (dnsIP === undefined) return;
  const address = parseAddress(dnsIP);
  const basedOn = [servicePath];
  if (address.kind !== 'ipv4') {
    report({ code: 'ADDRESS_INVALID', path: dnsPath, message: `${JSON.stringify(dnsIP)} is not an IPv4 address` });
    return;
  }
  if (!contains(services, address.value)) {
    const message = `${dnsIP} is outside the Services' ${formatCidr(services)}`;
    report({
      code: 'DNS_IP_OUTSIDE',
      path: dnsPath,
      basedOn,
      message,
      fix: 'leave it out: the tenth address is taken',
    });
    return;
  }
  const offset = address.value - networkOf(services);
  const taken =
    offset === 0n
      ? "the block's own"
      : offset === 1n
        ? "the API server's"
        : offset === sizeOf(services) - 1n
          ? 'the last'
          : undefined;
  if (taken !== undefined) {
    const message = `${dnsIP} is ${taken} address of ${formatCidr(services)}`;
    report({ code: 'DNS_IP_TAKEN', path: dnsPath, basedOn, message, fix: 'leave it out: the tenth address is taken' });
  }
}
