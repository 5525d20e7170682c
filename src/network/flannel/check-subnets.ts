import { contains, formatCidr, parseAddress, parseCidr, widthOf } from '../../inventory/cidr.ts';
import type { Cidr } from '../../inventory/cidr.ts';
import { standard } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import type { Path } from '../../inventory/path.ts';
import type { Written } from './check.ts';

interface Input {
  readonly written: Written;
  readonly manager: 'kube' | 'etcd';
  readonly place: Path;
}

/**
 * The subnets that flannel gives out by itself, by the rules that it has for them (pkg/subnet/config.go): with Kubernetes it takes the pod CIDRs of
 * nodes instead, and would not even look at these settings.
 */
export function checkSubnets(draft: Draft, { written, manager, place }: Input, report: Report): void {
  const keys = ['subnetLen', 'subnetMin', 'subnetMax', 'etcdPrefix'] as const;
  if (manager === 'kube') {
    for (const key of keys.filter((one) => written[one] !== undefined)) {
      const message =
        'flannel reads this with the etcd manager alone: with Kubernetes each host gets the pod CIDR of its node';
      const fix = key === 'etcdPrefix' ? 'take it out' : 'use cluster.network.nodeCIDRMaskSize and podCIDR';
      report({ code: 'SETTING_NEEDS_ETCD_MANAGER', path: [...place, key], atKey: true, message, fix });
    }
    return;
  }
  const result = parseCidr(draft.cluster.network?.podCIDR ?? standard.network.podCIDR);
  if (!('cidr' in result)) return;
  const network = result.cidr;
  const length = written.subnetLen ?? subnetLenOf(network);
  if (length < network.prefix + 2) {
    const message = `flannel wants room for four subnets at least, but a /${network.prefix} has less than four /${length}`;
    const fix = `use ${network.prefix + 2} or more`;
    report({ code: 'SUBNET_LEN_TOO_SHORT', path: [...place, 'subnetLen'], basedOn: [podPath], message, fix });
    return;
  }
  checkEnds({ network, length, written, place }, report);
}

const podPath: Path = ['cluster', 'network', 'podCIDR'];

/** flannel's own default. */
export function subnetLenOf(network: Cidr): number {
  return network.prefix <= 22 ? 24 : network.prefix + 2;
}

interface Ends {
  readonly network: Cidr;
  readonly length: number;
  readonly written: Written;
  readonly place: Path;
}

function checkEnds({ network, length, written, place }: Ends, report: Report): void {
  const values = new Map<string, bigint>();
  for (const key of ['subnetMin', 'subnetMax'] as const) {
    const text = written[key];
    if (text === undefined) continue;
    const path = [...place, key];
    const basedOn = [podPath];
    const address = parseAddress(text);
    if (address.kind !== network.family) {
      const message = `${JSON.stringify(text)} is not an address of the pods' family`;
      report({ code: 'ADDRESS_INVALID', path, message });
    } else if (!contains(network, address)) {
      const message = `${text} is outside the network ${formatCidr(network)}`;
      report({ code: 'SUBNET_OUTSIDE_NETWORK', path, basedOn, message, fix: 'choose one inside it' });
    } else if (address.value % (1n << BigInt(widthOf(network.family) - length)) !== 0n) {
      const message = `${text} is not where a subnet of /${length} begins`;
      report({ code: 'SUBNET_NOT_ALIGNED', path, basedOn, message });
    } else values.set(key, address.value);
  }
  const [least, most] = [values.get('subnetMin'), values.get('subnetMax')];
  if (least === undefined || most === undefined || least <= most) return;
  const message = `the last subnet ${written.subnetMax ?? ''} is before the first ${written.subnetMin ?? ''}`;
  report({ code: 'SUBNETS_REVERSED', path: [...place, 'subnetMax'], message });
}
