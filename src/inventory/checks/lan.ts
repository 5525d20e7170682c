import { contains, formatCidr, overlaps, parseAddress, parseCidr, splitList } from '../cidr.ts';
import type { Cidr, Family } from '../cidr.ts';
import { standard } from '../defaults.ts';
import type { Draft, Report } from '../findings.ts';
import { given } from '../given.ts';
import { runsKubelet } from '../model.ts';
import type { Path } from '../path.ts';
import { rolesOf } from '../resolve.ts';
import { combinationOf } from '../resolve-cluster.ts';
import type { LanInput } from '../schema/lan.ts';

interface Range {
  readonly host: string;
  readonly family: Family;
  readonly path: Path;
  readonly from: bigint;
  readonly to: bigint;
}

/** A network that pods become part of: its addresses are there, apart from each other and from all that is taken. */
export function checkLan(lan: LanInput, path: Path, draft: Draft, report: Report): void {
  const parsed = parseCidr(lan.subnet);
  if (!('cidr' in parsed)) {
    const message = `${JSON.stringify(lan.subnet)} is not a block of addresses`;
    report({ code: 'CIDR_INVALID', path: [...path, 'subnet'], message });
    return;
  }
  const { cidr } = parsed;
  checkApart(cidr, [...path, 'subnet'], draft, report);
  if (lan.gateway !== undefined && !isIn(cidr, lan.gateway)) {
    const message = `${JSON.stringify(lan.gateway)} is not an address of ${formatCidr(cidr)}`;
    report({ code: 'GATEWAY_OUTSIDE', path: [...path, 'gateway'], basedOn: [[...path, 'subnet']], message });
  }
  checkHosts(lan, path, draft, report);
  const ranges = readRanges(lan, path, cidr, report);
  ranges.forEach((range, index) => {
    checkRange(range, { lan, draft, others: ranges.slice(0, index) }, report);
  });
}

/** A second interface is an affair of containerd's: dockershim and cri-dockerd take the first configuration alone. */
export function checkSecondInterface(draft: Draft, report: Report): void {
  const second = draft.cluster.network?.secondInterface;
  if (second === undefined) return;
  const path = ['cluster', 'network', 'secondInterface'];
  if (combinationOf(draft.cluster).runtime === 'docker') {
    report({
      code: 'SECOND_INTERFACE_NEEDS_CONTAINERD',
      path,
      atKey: true,
      message: 'with Docker a pod gets one interface: only containerd gives it several (max_conf_num)',
      fix: 'choose cluster.runtime.type: containerd, or leave it out',
    });
  }
  checkLan(second, path, draft, report);
}

function checkApart(cidr: Cidr, path: Path, { cluster }: Draft, report: Report): void {
  const written = { ...standard.network, ...given(cluster.network) };
  for (const key of ['podCIDR', 'serviceCIDR'] as const) {
    const others = splitList(written[key]).map((text) => parseCidr(text));
    if (!others.some((other) => 'cidr' in other && overlaps(cidr, other.cidr))) continue;
    const message = `${formatCidr(cidr)} and ${key} ${written[key]} overlap`;
    const basedOn = [['cluster', 'network', key]];
    report({ code: 'CIDR_OVERLAP', path, basedOn, message, fix: `give ${key} a block of its own` });
  }
}

function checkHosts({ ranges }: LanInput, path: Path, { hosts, onlyHost }: Draft, report: Report): void {
  const known = hosts.map(({ host }) => host.name);
  for (const name of Object.keys(ranges).filter((one) => !known.includes(one))) {
    const message = `there is no host ${JSON.stringify(name)}`;
    const fix = `the hosts are ${known.join(', ')}`;
    report({ code: 'HOST_UNKNOWN', path: [...path, 'ranges', name], atKey: true, message, fix });
  }
  const without = hosts.filter(
    ({ host }) => runsKubelet({ roles: rolesOf(host, onlyHost) }) && ranges[host.name] === undefined,
  );
  if (without.length === 0) return;
  const message = `there are no addresses for pods of ${without.map(({ host }) => host.name).join(', ')}`;
  report({ code: 'RANGE_MISSING', path: [...path, 'ranges'], message, fix: 'give each host a range of its own' });
}

function readRanges(lan: LanInput, path: Path, cidr: Cidr, report: Report): readonly Range[] {
  return Object.entries(lan.ranges).flatMap(([host, { from, to }]) => {
    const place = [...path, 'ranges', host];
    const [first, last] = [parseAddress(from), parseAddress(to)];
    if (first.kind === 'none' || last.kind === 'none' || !contains(cidr, first) || !contains(cidr, last)) {
      const message = `${from} to ${to} is not inside ${formatCidr(cidr)}`;
      report({ code: 'RANGE_OUTSIDE', path: place, basedOn: [[...path, 'subnet']], message });
      return [];
    }
    if (last.value < first.value) {
      report({ code: 'RANGE_OUTSIDE', path: place, message: `${to} comes before ${from}`, fix: 'swap them' });
      return [];
    }
    return [{ host, family: cidr.family, path: place, from: first.value, to: last.value }];
  });
}

interface Around {
  readonly lan: LanInput;
  readonly draft: Draft;
  readonly others: readonly Range[];
}

function checkRange(range: Range, { lan, draft, others }: Around, report: Report): void {
  const { host, path, family, from, to } = range;
  for (const other of others.filter((one) => one.from <= to && from <= one.to)) {
    const message = `pods of ${host} and of ${other.host} would get the same addresses`;
    report({ code: 'RANGE_OVERLAP', path, basedOn: [other.path], message, fix: 'give each host a range of its own' });
  }
  const taken = [
    ...draft.hosts.flatMap((one) => splitList(one.host.address)),
    ...(lan.gateway === undefined ? [] : [lan.gateway]),
  ];
  for (const address of taken) {
    const parsed = parseAddress(address);
    if (parsed.kind !== family || parsed.value < from || parsed.value > to) continue;
    const fix = 'leave it out of the range';
    report({ code: 'RANGE_TAKEN', path, message: `${address} is in it, and is no pod's`, fix });
  }
  const maxPods = draft.cluster.kubelet?.maxPods ?? standard.kubelet.maxPods;
  const size = to - from + 1n;
  if (size >= BigInt(maxPods)) return;
  const message = `maxPods is ${maxPods}, but the range has ${size.toString()} addresses`;
  const basedOn = [['cluster', 'kubelet', 'maxPods']];
  report({
    code: 'MAX_PODS_TOO_MANY',
    path,
    basedOn,
    message,
    fix: 'lower cluster.kubelet.maxPods, or widen the range',
  });
}

function isIn(cidr: Cidr, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed.kind !== 'none' && contains(cidr, parsed);
}
