import { contains, hasHostBits, overlaps, parseAddress, parseCidr, splitList } from '../../inventory/cidr.ts';
import type { Cidr } from '../../inventory/cidr.ts';
import { standard } from '../../inventory/defaults.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { writtenFor } from '../../inventory/plugin.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import type { CombinationRule } from '../../inventory/support.ts';
import { kubeOvnVersion, name, podCIDR, resolveSettings, schema } from './settings.ts';
import type { KubeOvnInput } from './settings.ts';

const at = (...keys: readonly (string | number)[]) => ['cluster', 'network', name, ...keys];

export const kubeOvnRules: readonly CombinationRule[] = [
  {
    code: 'KUBE_OVN_UNSUPPORTED',
    severity: 'error',
    path: ['network', name, 'version'],
    applies: ({ pluginVersion }) => pluginVersion?.startsWith('1.16.') !== true,
    message: "k8sup's values are written for the chart of Kube-OVN 1.16 alone",
    fix: `use Kube-OVN ${kubeOvnVersion}`,
  },
  {
    code: 'KUBE_OVN_NEEDS_KUBERNETES_1_29',
    severity: 'error',
    path: ['network', 'plugin'],
    applies: ({ kubernetes }) => !isAtLeast(kubernetes, 1, 29),
    message: 'the chart of Kube-OVN 1.16 asks for Kubernetes 1.29 or newer',
    fix: 'use a newer Kubernetes, or network.plugin: flannel',
  },
];

/** What no schema can say of Kube-OVN's settings. */
export function checkKubeOvn(draft: Draft, report: Report): void {
  const written = writtenFor({ name, schema }, draft.cluster);
  checkVlan(written, report);
  checkJoin(draft, report);
  checkPodAddresses(draft, written, report);
}

function checkVlan({ networkType, vlan, interface: link }: KubeOvnInput, report: Report): void {
  const isVlan = networkType === 'vlan';
  if (isVlan && vlan === undefined) {
    const message = 'networkType: vlan needs the interface that carries it';
    report({ code: 'KUBE_OVN_VLAN_MISSING', path: at('networkType'), message, fix: 'add network.kube-ovn.vlan' });
  }
  const idle = [
    ...(!isVlan && vlan !== undefined ? [['vlan', 'this is of networkType: vlan']] : []),
    ...(isVlan && link !== undefined ? [['interface', 'with networkType: vlan it is vlan.interface that counts']] : []),
  ];
  for (const [key = '', message = ''] of idle)
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at(key), atKey: true, message });
}

/** Hosts have addresses of it, so that it must be nobody else's. */
function checkJoin({ cluster, hosts }: Draft, report: Report): void {
  const path = at('joinCIDR');
  for (const text of splitList(resolveSettings(cluster).joinCIDR)) {
    const read = parseCidr(text);
    if (!('cidr' in read) || hasHostBits(read.cidr)) {
      const message = `${JSON.stringify(text)} is no block of addresses`;
      report({ code: 'CIDR_INVALID', path, message, fix: 'write for example "100.64.0.0/16"' });
      continue;
    }
    for (const key of ['podCIDR', 'serviceCIDR'] as const) {
      const others = splitList(cluster.network?.[key] ?? standard.network[key]).map(parseCidr);
      if (!others.some((other) => 'cidr' in other && overlaps(read.cidr, other.cidr))) continue;
      const message = `joinCIDR ${text} and ${key} overlap`;
      const basedOn = [['cluster', 'network', key]];
      report({ code: 'CIDR_OVERLAP', path, basedOn, message, fix: 'give them blocks of their own' });
    }
    for (const { index, host } of hosts) {
      if (!splitList(host.address).some((own) => holds(read.cidr, own))) continue;
      const message = `${host.address} is inside joinCIDR ${text}: packets to this host would go astray`;
      report({ code: 'HOST_IN_CLUSTER_CIDR', path: ['hosts', index, 'address'], basedOn: [path], message });
    }
  }
}

function checkPodAddresses({ cluster }: Draft, { podGateway, excludeIPs = [] }: KubeOvnInput, report: Report): void {
  const pods = splitList(podCIDR(cluster)).map(parseCidr);
  const basedOn = [['cluster', 'network', 'podCIDR']];
  const outside = (text: string, path: readonly (string | number)[]): void => {
    if (pods.some((block) => 'cidr' in block && holds(block.cidr, text))) return;
    const message = `${JSON.stringify(text)} is no address of podCIDR ${podCIDR(cluster)}`;
    report({ code: 'KUBE_OVN_ADDRESS_OUTSIDE', path, basedOn, message });
  };
  for (const gateway of podGateway === undefined ? [] : splitList(podGateway)) outside(gateway, at('podGateway'));
  for (const [index, range] of excludeIPs.entries())
    for (const text of range.split('..')) outside(text, at('excludeIPs', index));
}

function holds(block: Cidr, text: string): boolean {
  const address = parseAddress(text);
  return address.kind !== 'none' && contains(block, address);
}
