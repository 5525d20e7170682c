import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf, writtenFor } from '../../inventory/plugin.ts';
import type { KernelNeed, MtuNeed, NeededPort, PluginDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import type { Claim } from '../../resources/claims.ts';
import type { NetworkPlugin } from '../plugin.ts';
import { tcp, udp } from '../ports.ts';
import { addArg, edit, inObject, objectsOf, rewriteImages, upstreamChart } from '../upstream/index.ts';
import type { UpstreamContext } from '../upstream/index.ts';
import { checkKubeOvn, kubeOvnRules } from './check.ts';
import { name, own, resolveSettings, schema } from './settings.ts';
import type { KubeOvnSettings } from './settings.ts';
import { kubeOvnStatus } from './status.ts';
import { kubeOvnValues, masterLabel } from './values.ts';

/** What the inventory may say of Kube-OVN. */
const declaration: PluginDeclaration<KubeOvnSettings> & { readonly schema: typeof schema } = {
  name,
  summary: "Open vSwitch and OVN on every node, from Kube-OVN's chart, with network policies",
  proof: 'rendered',
  uses: [],
  enforcesPolicy: (input) => writtenFor({ name, schema }, input).networkPolicy ?? own.networkPolicy,
  schema,
  version: (input) => resolveSettings(input).version,
  rules: kubeOvnRules,
  check: checkKubeOvn,
  resolve: (input) => {
    const settings = resolveSettings(input);
    return { settings, needs: needsOf(settings) };
  },
};

/** Kube-OVN as pods of the cluster: its chart, rendered with what the inventory says. kube-proxy stays: hosts reach Services by it. */
export const kubeOvn: NetworkPlugin<KubeOvnSettings> = {
  ...declaration,
  status: kubeOvnStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  // Its own pods write it.
  cniFiles: () => [],
  objects,
  claims: () => claims,
};

export function kubeOvnSettings({ cluster }: Inventory): KubeOvnSettings {
  return settingsOf(declaration, cluster.network);
}

async function objects(context: UpstreamContext): Promise<readonly KubeObject[]> {
  const { inventory } = context;
  const settings = kubeOvnSettings(inventory);
  const [file] = inventory.cluster.network.needs.upstream ?? [];
  if (file === undefined) throw new Error('Kube-OVN needs its chart');
  const values = kubeOvnValues(inventory, settings);
  const chart = await upstreamChart(context, { file, release: name, namespace: 'kube-system', values });
  const daemon = { kind: 'DaemonSet', name: 'kube-ovn-cni' } as const;
  const { mtu } = settings;
  const edited = edit(chart, mtu !== undefined && inObject(daemon, addArg('cni-server', '--mtu', String(mtu))));
  return rewriteImages(objectsOf(edited), settings.images);
}

function needsOf(settings: KubeOvnSettings): PluginNeeds {
  const { version, sha256, networkType, joinCIDR, vlan, mtu } = settings;
  const interfaces = [
    ...(networkType !== 'vlan' && settings.interface !== undefined
      ? [{ key: 'interface', link: settings.interface }]
      : []),
    ...(networkType === 'vlan' && vlan !== undefined ? [{ key: 'vlan.interface', link: vlan.interface }] : []),
  ];
  return {
    artifacts: {},
    upstream: [{ component: name, version, file: 'kube-ovn.tgz', ...(sha256 === undefined ? {} : { sha256 }) }],
    ports: portsOf(settings),
    kernel: kernelOf(networkType),
    programs: [],
    leaves: [],
    interfaces: interfaces.map(({ key, link }) => ({ name: link, setting: `cluster.network.${name}.${key}` })),
    ...(mtu === undefined ? {} : { mtu: [mtuNeed(settings, mtu)] }),
    nodeLabels: { master: { [masterLabel.key]: masterLabel.value } },
    fixed: [
      { key: 'joinCIDR', name: 'joinCIDR', value: joinCIDR, reason: 'nodes keep the address of it that they have' },
      {
        key: 'networkType',
        name: 'networkType',
        value: networkType,
        reason: 'subnets keep the kind of network that they were made with',
      },
    ],
  };
}

/** What a tunnel adds to a packet, as Kube-OVN itself reckons (pkg/util/const.go). */
const tunnelBytes = { geneve: 100, vxlan: 50, vlan: 0 } as const;

function mtuNeed({ networkType, vlan, interface: link }: KubeOvnSettings, mtu: number): MtuNeed {
  const out = networkType === 'vlan' ? vlan?.interface : link;
  const setting = `cluster.network.${name}.mtu`;
  const overhead = tunnelBytes[networkType];
  return { bytes: mtu + overhead, overhead, setting, ...(out === undefined ? {} : { interface: out }) };
}

/** Ports of its page on preparation; the databases are on masters alone, whose ports are asked of every node all the same. */
function portsOf({ networkType, metrics }: KubeOvnSettings): readonly NeededPort[] {
  return [
    tcp(6641, "OVN's northbound database"),
    tcp(6642, "OVN's southbound database"),
    tcp(6643, "copies of OVN's northbound database"),
    tcp(6644, "copies of OVN's southbound database"),
    ...(networkType === 'geneve' ? [udp(6081, "Kube-OVN's geneve")] : []),
    ...(networkType === 'vxlan' ? [udp(4789, "Kube-OVN's vxlan")] : []),
    tcp(10660, "kube-ovn-controller's health"),
    tcp(10665, "kube-ovn-cni's health"),
    ...(metrics ? [tcp(10661, "kube-ovn-monitor's metrics")] : []),
  ];
}

function kernelOf(networkType: KubeOvnSettings['networkType']): readonly KernelNeed[] {
  const other = networkType === 'geneve' ? 'vxlan' : 'geneve';
  return [
    ...['openvswitch', 'ip_set', 'ip_set_hash_net', 'xt_set'].map((module) => ({
      module,
      by: 'Kube-OVN',
      alternative: 'choose network.plugin: flannel',
    })),
    ...(networkType === 'vlan'
      ? []
      : [
          {
            module: networkType,
            by: `Kube-OVN with ${networkType}`,
            alternative: `choose network.kube-ovn.networkType: ${other}`,
          },
        ]),
  ];
}

/** Links of a datapath cannot be deleted from outside: they go with the module, once the daemon has ended. */
const claims: readonly Claim[] = [
  { kind: 'link', name: 'mirror0' },
  { kind: 'module-link', name: 'ovs-system', value: 'openvswitch' },
  { kind: 'chains', name: 'OVN-' },
  { kind: 'ipsets', name: 'ovn40 ovn60' },
  { kind: 'path', name: '/etc/cni/net.d/01-kube-ovn.conflist' },
  { kind: 'path', name: '/opt/cni/bin/kube-ovn' },
  { kind: 'path', name: '/etc/origin' },
  { kind: 'path', name: '/run/openvswitch' },
  { kind: 'path', name: '/run/ovn' },
  { kind: 'path', name: '/var/log/kube-ovn' },
  { kind: 'path', name: '/var/log/openvswitch' },
  { kind: 'path', name: '/var/log/ovn' },
];
