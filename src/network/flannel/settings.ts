import { z } from 'zod';
import type { Draft, Report } from '../../inventory/findings.ts';
import { given } from '../../inventory/given.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf, writtenFor } from '../../inventory/plugin.ts';
import type { NeededPort, PluginDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import { fixedPorts } from '../../inventory/ports.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, interfaceName, mtu, optional, port, version } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';

export interface FlannelSettings {
  readonly version: string;
  readonly cniPluginVersion: string;
  readonly backend: 'vxlan' | 'host-gw';
  readonly directRouting: boolean;
  readonly vni: number;
  readonly port: number;
  /** Undefined: flannel derives it from the interface. */
  readonly mtu?: number;
  /** Interface name; undefined: the one that carries the host's address. */
  readonly interface?: string;
}

const standard = {
  version: '0.28.4',
  cniPluginVersion: '0.9.1',
  backend: 'vxlan',
  directRouting: false,
  vni: 1,
  port: 8472,
} as const;

const name = 'flannel';

const schema = z.strictObject({
  version: optional(version, 'flannel version', standard.version),
  cniPluginVersion: optional(version, 'Version of the flannel CNI plugin', standard.cniPluginVersion),
  backend: optional(z.enum(['vxlan', 'host-gw']), 'How packets reach other nodes', standard.backend),
  directRouting: optional(z.boolean(), 'vxlan: plain routes between nodes of one subnet', standard.directRouting),
  vni: optional(z.int().min(1).max(16777215), 'vxlan: network identifier', standard.vni),
  port: optional(port, 'vxlan: UDP port', standard.port),
  mtu: derived(mtu, 'MTU of pods', "from the interface's"),
  interface: derived(interfaceName, 'Interface to other nodes', "the one with the host's address"),
});

/** What the inventory may say of flannel. */
export const flannelDeclaration: PluginDeclaration<FlannelSettings> & { readonly schema: typeof schema } = {
  name,
  summary: 'a daemon on each host that tunnels (vxlan) or routes (host-gw) to the pods of others',
  proof: 'proved',
  provedWith: ['IPv4', 'dual stack'],
  enforcesPolicy: false,
  uses: ['cni', 'nonMasqueradeCIDRs', 'secondInterface'],
  schema,
  version: (input) => resolve(input).version,
  rules: [
    {
      code: 'FLANNEL_UNSUPPORTED',
      severity: 'error',
      path: ['network', 'flannel', 'version'],
      applies: ({ pluginVersion }) => pluginVersion !== undefined && !isAtLeast(pluginVersion, 0, 20),
      message: 'flannel before 0.20 is not supported yet',
      fix: `use flannel ${standard.version}`,
    },
  ],
  check,
  resolve: (input) => {
    const settings = resolve(input);
    return { settings, needs: needsOf(settings) };
  },
};

export function flannelSettings({ cluster }: Inventory): FlannelSettings {
  return settingsOf(flannelDeclaration, cluster.network);
}

function resolve(input: ClusterInput): FlannelSettings {
  const { mtu: wanted, interface: link, ...rest } = given(writtenFor({ name, schema }, input));
  const settings = { ...standard, ...rest };
  return {
    ...settings,
    version: plain(settings.version),
    cniPluginVersion: plain(settings.cniPluginVersion),
    ...(wanted === undefined ? {} : { mtu: wanted }),
    ...(link === undefined ? {} : { interface: link }),
  };
}

function needsOf(settings: FlannelSettings): PluginNeeds {
  const unit = 'flanneld.service';
  const health: NeededPort = {
    protocol: 'tcp',
    port: fixedPorts.flannelHealth,
    purpose: 'flannel health',
    unit,
    loopback: true,
  };
  const tunnel: NeededPort = {
    protocol: 'udp',
    port: settings.port,
    purpose: 'flannel vxlan',
    unit: undefined,
    loopback: false,
  };
  const vxlan = settings.backend === 'vxlan';
  const alternative = 'choose network.flannel.backend: host-gw';
  return {
    artifacts: { 'cni-plugin-flannel': settings.cniPluginVersion, flannel: settings.version },
    ports: vxlan ? [health, tunnel] : [health],
    kernel: vxlan ? [{ module: 'vxlan', by: 'flannel with vxlan', alternative }] : [],
    programs: [],
    leaves: ['flannel'],
  };
}

function check({ cluster }: Draft, report: Report): void {
  const written = writtenFor({ name, schema }, cluster);
  if (written.backend !== 'host-gw') return;
  for (const key of ['directRouting', 'vni', 'port'] as const) {
    if (written[key] === undefined) continue;
    const path = ['cluster', 'network', name, key];
    const message = 'this is a setting of vxlan: with host-gw it has no effect';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, message });
  }
}
