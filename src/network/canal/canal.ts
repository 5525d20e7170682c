import type { Draft, Report } from '../../inventory/findings.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf, writtenFor } from '../../inventory/plugin.ts';
import type { PluginDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import type { Claim } from '../../resources/claims.ts';
import { checkFelix } from '../calico/check-felix.ts';
import { felixClaims } from '../calico/claims.ts';
import { felixKernel, felixPorts, mtuNeed, oldestKernel, udp } from '../calico/needs.ts';
import { calicoRules } from '../calico/rules.ts';
import type { NetworkPlugin } from '../plugin.ts';
import { upstreamManifest } from '../upstream/index.ts';
import { canalObjects } from './edits.ts';
import { name, resolveSettings, schema } from './settings.ts';
import type { CanalSettings } from './settings.ts';
import { canalStatus } from './status.ts';

/** What the inventory may say of Canal. */
const declaration: PluginDeclaration<CanalSettings> & { readonly schema: typeof schema } = {
  name,
  summary: "flannel's network with Calico's network policies, from Calico's own manifest",
  proof: 'rendered',
  enforcesPolicy: true,
  uses: ['secondInterface'],
  schema,
  version: (input) => resolveSettings(input).version,
  rules: calicoRules(name),
  check,
  resolve: (input, _nodes, hosts) => {
    const settings = resolveSettings(input);
    const names = hosts.map((host) => host.name);
    return { settings, needs: needsOf(input, settings, names) };
  },
};

/** Canal as pods of the cluster: upstream's release manifest, changed by what the inventory says. */
export const canal: NetworkPlugin<CanalSettings> = {
  ...declaration,
  status: canalStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: () => undefined,
  // Its own pods write it, with a token in the kubeconfig beside it that they renew.
  cniFiles: () => [],
  objects: async (context) => {
    const [file] = context.inventory.cluster.network.needs.upstream ?? [];
    if (file === undefined) throw new Error('Canal needs a file of upstream');
    return canalObjects(await upstreamManifest(context, file), context.inventory, canalSettings(context.inventory));
  },
  claims,
};

export function canalSettings({ cluster }: Inventory): CanalSettings {
  return settingsOf(declaration, cluster.network);
}

function needsOf(input: ClusterInput, settings: CanalSettings, hosts: readonly string[]): PluginNeeds {
  const { backend, manifestSha256, version, mtu, interface: link } = settings;
  const choice = { by: 'name', value: link ?? '', setting: `cluster.network.${name}.interface` } as const;
  const vxlan = backend === 'vxlan';
  const alternative = 'choose network.canal.backend: host-gw';
  return {
    artifacts: {},
    upstream: [
      {
        component: name,
        version,
        file: 'canal.yaml',
        ...(manifestSha256 === undefined ? {} : { sha256: manifestSha256 }),
      },
    ],
    ports: [...(vxlan ? [udp(settings.port, "Canal's vxlan")] : []), ...felixPorts(settings)],
    kernel: [...(vxlan ? [{ module: 'vxlan', by: 'Canal with vxlan', alternative }] : []), ...felixKernel(input)],
    programs: [],
    leaves: [],
    kernelRelease: oldestKernel('Canal'),
    ...(mtu === undefined ? {} : { mtu: [mtuNeed(name, mtu, vxlan ? 50 : 0)] }),
    ...(link === undefined ? {} : { nodeInterfaces: Object.fromEntries(hosts.map((host) => [host, choice])) }),
    // Routes by way of the other node itself.
    ...(vxlan
      ? {}
      : {
          subnet: {
            code: 'CANAL_ACROSS_SUBNETS',
            by: 'Canal with host-gw',
            alternative: 'choose network.canal.backend: vxlan',
            gateways: {},
          },
        }),
  };
}

function check({ cluster }: Draft, report: Report): void {
  const written = writtenFor({ name, schema }, cluster);
  const at = (...keys: readonly string[]) => ['cluster', 'network', name, ...keys];
  checkFelix(written, at, report);
  if (written.backend !== 'host-gw') return;
  for (const key of ['vni', 'port'] as const) {
    if (written[key] === undefined) continue;
    const message = 'this is a setting of vxlan: with host-gw it has no effect';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at(key), atKey: true, message });
  }
}

function claims(inventory: Inventory): readonly Claim[] {
  return [
    ...felixClaims,
    { kind: 'path', name: '/etc/cni/net.d/10-canal.conflist' },
    { kind: 'link', name: `flannel.${canalSettings(inventory).vni}` },
    { kind: 'chains', name: 'FLANNEL-' },
    // Its own, and those of host-gw over the host's interface.
    { kind: 'routes', name: inventory.cluster.network.podCIDR },
    { kind: 'path', name: '/run/flannel' },
  ];
}
