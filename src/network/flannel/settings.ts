import { z } from 'zod';
import type { Draft, Report } from '../../inventory/findings.ts';
import { given } from '../../inventory/given.ts';
import type { Inventory } from '../../inventory/model.ts';
import { settingsOf, writtenFor } from '../../inventory/plugin.ts';
import type { NeededPort, PluginDeclaration, PluginNeeds } from '../../inventory/plugin.ts';
import { fixedPorts } from '../../inventory/ports.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { plain } from '../../inventory/resolve-cluster.ts';
import { derived, interfaceName, mtu, optional, port, text, version } from '../../inventory/schema/fields.ts';
import type { ClusterInput } from '../../inventory/schema.ts';
import { checkSubnets } from './subnets.ts';

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
  /** Without Kubernetes: where flannel's keys are in etcd, without a slash at the end. */
  readonly etcdPrefix: string;
  /** Without Kubernetes: mask of each host's part of the network. */
  readonly subnetLen: number;
  /** Without Kubernetes: first and last part that is given out; undefined: flannel's own. */
  readonly subnetMin?: string;
  readonly subnetMax?: string;
}

const standard = {
  version: '0.28.4',
  cniPluginVersion: '0.9.1',
  backend: 'vxlan',
  directRouting: false,
  vni: 1,
  port: 8472,
  etcdPrefix: '/coreos.com/network',
  subnetLen: 24,
} as const;

const name = 'flannel';

/** It stands in a URL, a unit and flannel's own regular expression, too. */
const etcdPath = text({
  code: 'ETCD_PREFIX_INVALID',
  pattern: /^(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/,
  expected: 'a path of keys in etcd',
  fix: 'begin it with "/", end it without, and use letters, digits, ".", "_" and "-"',
});

const schema = z.strictObject({
  version: optional(version, 'flannel version', standard.version),
  cniPluginVersion: optional(version, 'Version of the flannel CNI plugin', standard.cniPluginVersion),
  backend: optional(z.enum(['vxlan', 'host-gw']), 'How packets reach other nodes', standard.backend),
  directRouting: optional(z.boolean(), 'vxlan: plain routes between nodes of one subnet', standard.directRouting),
  vni: optional(z.int().min(1).max(16777215), 'vxlan: network identifier', standard.vni),
  port: optional(port, 'vxlan: UDP port', standard.port),
  mtu: derived(mtu, 'MTU of pods', "from the interface's"),
  interface: derived(interfaceName, 'Interface to other nodes', "the one with the host's address"),
  etcdPrefix: optional(etcdPath, "without Kubernetes: where flannel's keys are in etcd", standard.etcdPrefix),
  subnetLen: optional(z.int().min(10).max(30), "without Kubernetes: mask of each host's subnet", standard.subnetLen),
  subnetMin: derived(z.string(), 'without Kubernetes: first subnet that is given out', 'the second of the network'),
  subnetMax: derived(z.string(), 'without Kubernetes: last subnet that is given out', 'the last of the network'),
});

/** What the inventory may say of flannel. */
export const flannelDeclaration: PluginDeclaration<FlannelSettings> & { readonly schema: typeof schema } = {
  name,
  summary: 'a daemon on each host that tunnels (vxlan) or routes (host-gw) to the pods of others',
  proof: 'proved',
  enforcesPolicy: false,
  schema,
  version: (input) => resolve(input).version,
  feedsDocker: true,
  rules: [
    {
      code: 'FLANNEL_TOO_OLD',
      severity: 'error',
      where: 'containers',
      path: ['network', 'flannel', 'version'],
      applies: ({ pluginVersion }) => pluginVersion !== undefined && !isAtLeast(pluginVersion, 0, 10),
      message: 'flannel before 0.10 is not supported',
      fix: `use flannel ${standard.version}`,
    },
    {
      code: 'FLANNEL_NEEDS_ETCD_V2',
      severity: 'error',
      where: 'containers',
      path: ['network', 'flannel', 'version'],
      applies: ({ pluginVersion, etcd }) =>
        pluginVersion !== undefined && !isAtLeast(pluginVersion, 0, 18) && isAtLeast(etcd, 3, 6),
      message: "flannel before 0.18 knows etcd's v2 API alone, which is gone from etcd 3.6",
      fix: `use flannel ${standard.version}, or etcd 3.5`,
    },
    {
      code: 'FLANNEL_V2_NOT_PROVED',
      severity: 'warning',
      where: 'containers',
      path: ['network', 'flannel', 'version'],
      applies: ({ pluginVersion }) => pluginVersion !== undefined && !isAtLeast(pluginVersion, 0, 18),
      message: "flannel before 0.18 keeps its leases by etcd's v2 API: its keys there are proved, its daemon was not run",
    },
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
  resolve: (input, kubernetes) => {
    const settings = resolve(input);
    const needs = needsOf(settings);
    return { settings, needs: kubernetes ? needs : { ...needs, ...containerNeeds(settings) } };
  },
};

export function flannelSettings({ cluster }: Inventory): FlannelSettings {
  return settingsOf(flannelDeclaration, cluster.network);
}

function resolve(input: ClusterInput): FlannelSettings {
  const { mtu: wanted, interface: link, subnetMin, subnetMax, ...rest } = given(writtenFor({ name, schema }, input));
  const settings = { ...standard, ...rest };
  return {
    ...settings,
    version: plain(settings.version),
    cniPluginVersion: plain(settings.cniPluginVersion),
    ...(wanted === undefined ? {} : { mtu: wanted }),
    ...(link === undefined ? {} : { interface: link }),
    ...(subnetMin === undefined ? {} : { subnetMin }),
    ...(subnetMax === undefined ? {} : { subnetMax }),
  };
}

/** No CNI plugin, and a certificate for etcd in place of the API server's. */
function containerNeeds({ version: wanted }: FlannelSettings): Partial<PluginNeeds> {
  return {
    artifacts: { flannel: wanted },
    leaves: ['flannel-etcd-client'],
    ...(isAtLeast(wanted, 0, 18) ? {} : { etcdV2: true }),
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

function check(draft: Draft, report: Report): void {
  const { cluster } = draft;
  const written = writtenFor({ name, schema }, cluster);
  if (draft.kubernetes) refuseLeaseSettings(written, report);
  else checkSubnets(draft, { ...standard, ...given(written) }, report);
  if (written.backend !== 'host-gw') return;
  for (const key of ['directRouting', 'vni', 'port'] as const) {
    if (written[key] === undefined) continue;
    const path = ['cluster', 'network', name, key];
    const message = 'this is a setting of vxlan: with host-gw it has no effect';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path, atKey: true, message });
  }
}

const leaseKeys = ['etcdPrefix', 'subnetLen', 'subnetMin', 'subnetMax'] as const;

function refuseLeaseSettings(written: Partial<z.infer<typeof schema>>, report: Report): void {
  for (const key of leaseKeys) {
    if (written[key] === undefined) continue;
    const message = 'with Kubernetes nodes get their subnets from its controller manager, not from leases of flannel';
    const fix = 'use cluster.network.nodeCIDRMaskSize for their size';
    report({ code: 'FLANNEL_LEASES_UNUSED', path: ['cluster', 'network', name, key], atKey: true, message, fix });
  }
}
