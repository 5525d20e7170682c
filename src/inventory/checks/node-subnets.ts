import { familyName, sizeOf } from '../cidr.ts';
import type { Family } from '../cidr.ts';
import { standard } from '../defaults.ts';
import type { Draft, Report } from '../findings.ts';
import { runsKubelet } from '../model.ts';
import type { Path } from '../path.ts';
import { rolesOf } from '../resolve.ts';
import { podPath } from './blocks.ts';
import type { Block } from './blocks.ts';

const maskKeys = { ipv4: 'nodeCIDRMaskSize', ipv6: 'nodeCIDRMaskSizeIPv6' } as const satisfies Record<Family, string>;
/** Nodes of an IPv6 pod CIDR are counted in a bitmap of so many bits (Kubernetes' cidrset, `clusterSubnetMaxDiff`). */
const widestIPv6 = 16;

/** The parts that nodes get of the pod CIDRs: enough of them, and each large enough. */
export function checkNodeSubnets(draft: Draft, report: Report, pods: readonly Block[]): void {
  for (const family of ['ipv4', 'ipv6'] as const) {
    const block = pods.find(({ cidr }) => cidr.family === family);
    if (block !== undefined) checkBlock(draft, report, block);
    else if (draft.cluster.network?.[maskKeys[family]] !== undefined) {
      const message = `pods have no ${familyName(family)} addresses: this has no effect`;
      const path = ['cluster', 'network', maskKeys[family]];
      report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, basedOn: [podPath], atKey: true, message });
    }
  }
}

function checkBlock(draft: Draft, report: Report, { cidr }: Block): void {
  const key = maskKeys[cidr.family];
  const mask = draft.cluster.network?.[key] ?? standard.network[key];
  const maskPath: Path = ['cluster', 'network', key];
  const path = draft.cluster.network?.[key] === undefined ? podPath : maskPath;
  const basedOn = [podPath, maskPath];
  if (mask < cidr.prefix) {
    const message = `a node's part (/${mask}) is larger than the whole ${familyName(cidr.family)} pod CIDR (/${cidr.prefix})`;
    report({ code: 'NODE_MASK_TOO_WIDE', path, basedOn, message, fix: `set ${key} to ${cidr.prefix} or more` });
    return;
  }
  if (cidr.family === 'ipv6' && mask - cidr.prefix > widestIPv6) {
    const message = `Kubernetes divides an IPv6 pod CIDR into ${String(2 ** widestIPv6)} parts at most: /${cidr.prefix} has too many of /${mask}`;
    const fix = `use a podCIDR of /${mask - widestIPv6} or smaller, or set ${key} to ${cidr.prefix + widestIPv6} or less`;
    report({ code: 'POD_CIDR_TOO_WIDE', path, basedOn, message, fix });
  }
  const nodes = draft.hosts.filter(({ host }) => runsKubelet({ roles: rolesOf(host, draft.onlyHost) })).length;
  const room = 2n ** BigInt(mask - cidr.prefix);
  if (room < BigInt(nodes)) {
    const message = `/${cidr.prefix} has room for ${room.toString()} nodes of /${mask}, but there are ${nodes}`;
    const fix = `use a wider podCIDR or a larger ${key}`;
    report({ code: 'POD_CIDR_TOO_SMALL', path: podPath, basedOn, message, fix });
  }
  checkMaxPods(draft, report, { family: cidr.family, mask });
}

function checkMaxPods(draft: Draft, report: Report, part: { readonly family: Family; readonly mask: number }): void {
  const maxPods = draft.cluster.kubelet?.maxPods ?? standard.kubelet.maxPods;
  // The network's own address, its gateway and the broadcast address are no pod's.
  const usable = sizeOf({ family: part.family, base: 0n, prefix: part.mask }) - 3n;
  if (BigInt(maxPods) <= usable) return;
  const maskPath = ['cluster', 'network', maskKeys[part.family]];
  const podsPath = ['cluster', 'kubelet', 'maxPods'];
  const set = draft.cluster.kubelet?.maxPods !== undefined;
  const message = `maxPods is ${maxPods}, but a /${part.mask} has addresses for ${(usable < 0n ? 0n : usable).toString()} pods`;
  report({
    code: 'MAX_PODS_TOO_MANY',
    path: set ? podsPath : maskPath,
    basedOn: [podsPath, maskPath],
    message,
    fix: `lower cluster.kubelet.maxPods or use a smaller ${maskKeys[part.family]}`,
  });
}
