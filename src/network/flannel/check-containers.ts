import { formatCidr, networkOf, parseAddress, parseCidr, sizeOf } from '../../inventory/cidr.ts';
import { standard } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import type { Path } from '../../inventory/path.ts';
import { addressesOf } from '../../inventory/addresses.ts';
import { rolesOf } from '../../inventory/resolve.ts';
import type { Written } from './check.ts';
import { subnetLenOf } from './check-subnets.ts';

/** What cannot be, or has no effect, without Kubernetes, and whether each container host gets a subnet. */
export function checkWithoutKubernetes(draft: Draft, { written, place }: Input, report: Report): void {
  const at = (key: keyof Written): Path => [...place, key];
  if (written.deploy === 'daemonset') {
    const message = 'without Kubernetes there are no DaemonSets';
    report({ code: 'FLANNEL_WITHOUT_KUBERNETES', path: at('deploy'), message, fix: 'use deploy: unit' });
  }
  if (written.cniPluginVersion !== undefined) {
    const message = 'Docker uses no CNI plugin: this has no effect';
    const path = at('cniPluginVersion');
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, message });
  }
  // It stands in flannel's own regular expression and in a URL too.
  if (
    written.etcdPrefix !== undefined &&
    !/^(\/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)+$/.test(written.etcdPrefix)
  ) {
    const message = `${JSON.stringify(written.etcdPrefix)} is no prefix of keys that flannel and both APIs of etcd understand`;
    const fix = 'begin it with "/", end it without, and use letters, digits, "_", "-" and single dots';
    report({ code: 'ETCD_PREFIX_INVALID', path: at('etcdPrefix'), message, fix });
  }
  if (refuseIPv6(draft, report)) return;
  checkRoom(draft, { written, place }, report);
}

/** A lease reaches Docker by `--bip`, which is one IPv4 address; flannel's own mk-docker-opts.sh tells it no other either. */
function refuseIPv6(draft: Draft, report: Report): boolean {
  const podCIDR = draft.cluster.network?.podCIDR ?? '';
  if (podCIDR.includes(':')) {
    const message = 'without Kubernetes containers have IPv4 addresses alone: flannel tells Docker no other lease';
    const path = ['cluster', 'network', 'podCIDR'];
    report({ code: 'CONTAINERS_IPV4_ONLY', path, message, fix: `use one IPv4 block, for example ${standard.network.podCIDR}` }); // prettier-ignore
  }
  for (const { index, host } of containerHostsOf(draft)) {
    const kinds = addressesOf(host).map((text) => parseAddress(text).kind);
    if (kinds.includes('ipv4') || kinds.includes('none')) continue;
    const message = `${host.name} has no IPv4 address, by which flannel leads to its containers`;
    const path = ['hosts', index, 'address'];
    report({ code: 'FAMILY_MISSING', path, message, fix: 'write its IPv4 address, first or second' });
  }
  return podCIDR.includes(':');
}

function containerHostsOf(draft: Draft): Draft['hosts'] {
  return draft.hosts.filter(({ host }) => rolesOf(host, draft.onlyHost).has('container'));
}

interface Input {
  readonly written: Written;
  readonly place: Path;
}

/** flannel leaves out the first subnet unless it is told to begin there. */
function checkRoom(draft: Draft, { written, place }: Input, report: Report): void {
  const parsed = parseCidr(draft.cluster.network?.podCIDR ?? standard.network.podCIDR);
  if (!('cidr' in parsed)) return;
  const { cidr } = parsed;
  const length = written.subnetLen ?? subnetLenOf(cidr);
  const size = 1n << BigInt(32 - length);
  const valueOf = (text: string | undefined, standing: bigint): bigint => {
    const address = parseAddress(text ?? '');
    return address.kind === 'ipv4' ? address.value : standing;
  };
  const first = valueOf(written.subnetMin, networkOf(cidr) + size);
  const last = valueOf(written.subnetMax, networkOf(cidr) + sizeOf(cidr) - size);
  const room = last < first ? 0n : (last - first) / size + 1n;
  const hosts = containerHostsOf(draft).length;
  if (room >= BigInt(hosts)) return;
  report({
    code: 'SUBNETS_TOO_FEW',
    path: ['cluster', 'network', 'podCIDR'],
    basedOn: [
      [...place, 'subnetLen'],
      [...place, 'subnetMin'],
      [...place, 'subnetMax'],
    ],
    message: `flannel has ${room.toString()} subnets of /${length} to give out of ${formatCidr(cidr)}, but there are ${hosts} container hosts`,
    fix: 'use a wider podCIDR, a larger subnetLen, or a wider range of subnetMin and subnetMax',
  });
}
