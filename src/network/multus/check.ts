import { contains, hasHostBits, overlaps, parseAddress, parseCidr, splitList } from '../../inventory/cidr.ts';
import { standard } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { runsKubelet } from '../../inventory/model.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { combinationOf } from '../../inventory/resolve-cluster.ts';
import { rolesOf } from '../../inventory/resolve.ts';
import { multusVersion, name, networkStandard, schema } from './settings.ts';
import type { NetworkInput } from './settings.ts';

const at = (...keys: readonly (string | number)[]) => ['cluster', 'network', name, ...keys];

/** What no schema can say of Multus' settings. */
export function checkMultus(draft: Draft, report: Report): void {
  const { version = multusVersion, networks = [] } = writtenFor({ name, schema }, draft.cluster);
  if (!version.replace(/^v/, '').startsWith('4.3.')) {
    const message = "k8sup's edits are written for the files of Multus 4.3 alone";
    report({ code: 'MULTUS_UNSUPPORTED', path: at('version'), message, fix: `use Multus ${multusVersion}` });
  }
  if (combinationOf(draft.cluster).runtime === 'docker') {
    const message = 'Multus is set up for containerd: dockershim keeps network namespaces where it does not look';
    const fix = 'use cluster.runtime.type: containerd';
    report({ code: 'MULTUS_NEEDS_CONTAINERD', path: at(), atKey: true, message, fix });
  }
  if (draft.cluster.network?.secondInterface !== undefined) {
    const message = 'containerd gives pods the first two configurations, and with Multus these are two of one network';
    const path = ['cluster', 'network', 'secondInterface'];
    report({ code: 'MULTUS_AND_SECOND_INTERFACE', path, atKey: true, message, fix: 'name it in multus.networks' });
  }
  const titles = networks.map((network) => `${network.namespace ?? networkStandard.namespace}/${network.name}`);
  for (const [index, network] of networks.entries()) {
    if (titles.indexOf(titles[index] ?? '') !== index) {
      const message = `there is another network ${titles[index] ?? ''}`;
      report({ code: 'MULTUS_NETWORK_TWICE', path: at('networks', index, 'name'), message, fix: 'use another name' });
    }
    checkAddresses(draft, network, { index, report });
  }
}

interface Where {
  readonly index: number;
  readonly report: Report;
}

const rangeKeys = ['rangeStart', 'rangeEnd', 'gateway'] as const;

function checkAddresses(draft: Draft, network: NetworkInput, { index, report }: Where): void {
  const ipam = network.ipam ?? networkStandard.ipam;
  const path = (key: string) => at('networks', index, key);
  if (ipam !== 'host-local') {
    for (const key of ['subnet', ...rangeKeys] as const) {
      if (network[key] === undefined) continue;
      const message = `this is a setting of ipam: host-local: with ${ipam} it has no effect`;
      report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: path(key), atKey: true, message });
    }
    return;
  }
  if (network.subnet === undefined) {
    const message = `the network ${network.name} has no subnet, from which pods would get addresses`;
    report({ code: 'MULTUS_SUBNET_MISSING', path: at('networks', index), message, fix: 'add subnet, or ipam: static' });
    return;
  }
  checkSubnet(draft, network.subnet, { path: path('subnet'), report });
  checkRange(network, path, report);
  const nodes = draft.hosts.filter(({ host }) => runsKubelet({ roles: rolesOf(host, draft.onlyHost) }));
  if (nodes.length < 2) return;
  report({
    code: 'MULTUS_ADDRESSES_BY_NODE',
    severity: 'warning',
    path: path('subnet'),
    message: 'each node gives out these addresses by itself: pods on different nodes may get the same one',
    fix: 'use ipam: static, or let pods with this network run on one node alone',
  });
}

function checkSubnet(
  { cluster }: Draft,
  subnet: string,
  { path, report }: { readonly path: readonly (string | number)[]; readonly report: Report },
): void {
  const read = parseCidr(subnet);
  if (!('cidr' in read) || hasHostBits(read.cidr)) {
    const message = `${JSON.stringify(subnet)} is no block of addresses`;
    report({ code: 'CIDR_INVALID', path, message, fix: 'write for example "192.0.2.0/24"' });
    return;
  }
  for (const key of ['podCIDR', 'serviceCIDR'] as const) {
    for (const cidr of splitList(cluster.network?.[key] ?? standard.network[key])) {
      const other = parseCidr(cidr);
      if (!('cidr' in other) || !overlaps(read.cidr, other.cidr)) continue;
      const basedOn = [['cluster', 'network', key]];
      const message = `the subnet ${subnet} and the cluster's ${key} ${cidr} overlap`;
      report({ code: 'CIDR_OVERLAP', path, basedOn, message, fix: 'it is a network of the hosts: use its own block' });
    }
  }
}

function checkRange(network: NetworkInput, path: (key: string) => readonly (string | number)[], report: Report): void {
  const { subnet = '' } = network;
  const read = parseCidr(subnet);
  if (!('cidr' in read)) return;
  const values = rangeKeys.map((key) => {
    const written = network[key];
    if (written === undefined) return undefined;
    const address = parseAddress(written);
    if (address.kind !== 'none' && contains(read.cidr, address)) return address.value;
    const message = `${written} is not in ${subnet}`;
    report({ code: 'MULTUS_ADDRESS_OUTSIDE', path: path(key), basedOn: [path('subnet')], message });
    return undefined;
  });
  const [start, end] = values;
  if (start === undefined || end === undefined || start <= end) return;
  const message = `the range ends at ${network.rangeEnd ?? ''}, before it begins`;
  report({ code: 'MULTUS_RANGE_INVALID', path: path('rangeEnd'), basedOn: [path('rangeStart')], message });
}
