import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf } from '../../inventory/plugin.ts';
import type { KernelNeed, NeededPort, PluginDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import type { Claim } from '../../resources/claims.ts';
import type { NetworkPlugin } from '../plugin.ts';
import { loopbackTcp, tcp, udp } from '../ports.ts';
import { addObjects, edit, objectsOf, rewriteImages, upstreamChart } from '../upstream/index.ts';
import type { UpstreamContext } from '../upstream/index.ts';
import { firstCertificates } from './certificates-job.ts';
import { checkCilium, ciliumRules } from './check.ts';
import { name, resolveSettings, schema } from './settings.ts';
import type { CiliumSettings } from './settings.ts';
import { ciliumStatus } from './status.ts';
import { ciliumValues } from './values.ts';

/** What the inventory may say of Cilium. */
const declaration: PluginDeclaration<CiliumSettings> & { readonly schema: typeof schema } = {
  name,
  summary: "eBPF on every node, from Cilium's chart: tunnels or routes, network policies, kube-proxy's work if wanted",
  proof: 'rendered',
  uses: [],
  enforcesPolicy: true,
  schema,
  version: (input) => resolveSettings(input, 1).version,
  rules: ciliumRules,
  check: checkCilium,
  resolve: (input, nodes) => {
    const settings = resolveSettings(input, nodes);
    return { settings, needs: needsOf(settings) };
  },
};

/** Cilium as pods of the cluster: its chart, rendered with what the inventory says. */
export const cilium: NetworkPlugin<CiliumSettings> = {
  ...declaration,
  status: ciliumStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  // Its own pods write it.
  cniFiles: () => [],
  objects,
  claims,
};

export function ciliumSettings({ cluster }: Inventory): CiliumSettings {
  return settingsOf(declaration, cluster.network);
}

async function objects(context: UpstreamContext): Promise<readonly KubeObject[]> {
  const { inventory } = context;
  const settings = ciliumSettings(inventory);
  const [file] = inventory.cluster.network.needs.upstream ?? [];
  if (file === undefined) throw new Error('Cilium needs its chart');
  const values = ciliumValues(inventory, settings);
  const chart = await upstreamChart(context, { file, release: name, namespace: 'kube-system', values });
  const edited = edit(chart, settings.hubble.enabled && addObjects(firstCertificates(objectsOf(chart), file)));
  return rewriteImages(objectsOf(edited), settings.images);
}

function needsOf(settings: CiliumSettings): PluginNeeds {
  const { version, sha256, kubeProxyReplacement, ipam, mtu } = settings;
  return {
    artifacts: {},
    upstream: [{ component: name, version, file: 'cilium.tgz', ...(sha256 === undefined ? {} : { sha256 }) }],
    ports: portsOf(settings),
    kernel: kernelOf(settings),
    programs: [],
    leaves: [],
    ...(mtu === undefined ? {} : { mtu: [{ bytes: mtu, setting: `cluster.network.${name}.mtu` }] }),
    // From 1.18 on (its page of system requirements).
    kernelRelease: {
      major: 5,
      minor: 10,
      by: 'Cilium',
      alternative: 'use a newer kernel, or network.plugin: flannel',
    },
    ...(kubeProxyReplacement ? { replacesKubeProxy: true } : {}),
    fixed: [
      { key: 'ipam', name: "Cilium's ipam", value: ipam, reason: 'nodes keep the addresses that they gave to pods' },
    ],
  };
}

/** Of the page on system requirements, without those of parts that are off. */
function portsOf({ routing, tunnel, tunnelPort, encryption, hubble }: CiliumSettings): readonly NeededPort[] {
  return [
    ...(routing === 'tunnel' ? [udp(tunnelPort, `Cilium's ${tunnel}`)] : []),
    ...(encryption === 'wireguard' ? [udp(51871, "Cilium's WireGuard")] : []),
    tcp(4240, "Cilium's health between nodes"),
    ...(hubble.enabled ? [tcp(4244, 'Hubble')] : []),
    loopbackTcp(9879, "Cilium's health"),
    loopbackTcp(9234, "Cilium's operator"),
  ];
}

function kernelOf({ routing, tunnel, encryption }: CiliumSettings): readonly KernelNeed[] {
  const other = tunnel === 'vxlan' ? 'geneve' : 'vxlan';
  const alternative = `choose network.cilium.tunnel: ${other}, or routing: native`;
  return [
    ...(routing === 'tunnel' ? [{ module: tunnel, by: `Cilium with ${tunnel}`, alternative }] : []),
    ...(encryption === 'none'
      ? []
      : [{ module: 'wireguard', by: 'Cilium with WireGuard', alternative: 'leave network.cilium.encryption out' }]),
  ];
}

/** Its programs are pinned to files: without these the kernel lets go of them. Taken back in the order of clean, the last first. */
function claims({ cluster }: Inventory): readonly Claim[] {
  return [
    { kind: 'path', name: '/run/cilium' },
    { kind: 'mount', name: '/run/cilium/cgroupv2' },
    { kind: 'path', name: '/sys/fs/bpf/cilium' },
    { kind: 'path', name: '/sys/fs/bpf/tc/globals' },
    { kind: 'path', name: '/etc/cni/net.d/05-cilium.conflist' },
    { kind: 'path', name: '/opt/cni/bin/cilium-cni' },
    { kind: 'path', name: '/var/lib/cilium' },
    // Containers of others have such names too, for links of another kind.
    { kind: 'links', name: 'lxc', value: 'veth' },
    { kind: 'link', name: 'cilium_host' },
    { kind: 'link', name: 'cilium_vxlan' },
    { kind: 'link', name: 'cilium_geneve' },
    { kind: 'link', name: 'cilium_wg0' },
    { kind: 'chains', name: 'CILIUM_' },
    { kind: 'chains', name: 'OLD_CILIUM_' },
    { kind: 'ipsets', name: 'cilium_' },
    { kind: 'bpf', name: 'cil' },
    // Of its proxy.
    { kind: 'route-table', name: '2004' },
    { kind: 'route-table', name: '2005' },
    ...cluster.network.podCIDRs.map((block): Claim => ({ kind: 'routes', name: block })),
  ];
}
