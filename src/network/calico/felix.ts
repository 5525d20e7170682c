import type { Inventory } from '../../inventory/model.ts';
import type { CommonSettings } from './base-settings.ts';

/** A value in the spec of a FelixConfiguration. */
export type FelixValue = CommonSettings['felix'][string];
export type FelixSpec = Readonly<Record<string, FelixValue>>;

/** What decides for Felix beside the settings that Calico and Canal share. */
export interface FelixChoices {
  readonly ipv6: boolean;
  readonly ebpf: boolean;
  readonly wireguard: boolean;
}

/** Names that k8sup sets itself, and the setting for each. */
export const ownFelixFields: Readonly<Record<string, string>> = {
  bpfEnabled: 'ebpf',
  defaultEndpointToHostAction: 'endpointToHost',
  healthEnabled: 'healthPort',
  healthPort: 'healthPort',
  ipipMTU: 'mtu',
  ipv6Support: 'cluster.network.podCIDR',
  kubeNodePortRanges: 'cluster.network.nodePortRange',
  logSeverityScreen: 'logLevel',
  nftablesMode: 'cluster.kubeProxy.mode',
  prometheusMetricsEnabled: 'metrics',
  prometheusMetricsPort: 'metricsPort',
  vxlanMTU: 'mtu',
  vxlanMTUV6: 'mtu',
  wireguardEnabled: 'wireguard',
  wireguardEnabledV6: 'wireguard',
  wireguardMTU: 'mtu',
  wireguardMTUV6: 'mtu',
};

/**
 * Felix' settings as a FelixConfiguration has them. Those that upstream's DaemonSet sets by environment are not here: the environment stands over the
 * resource (felix/config/config_params.go).
 */
export function felixSpec(
  { cluster }: Inventory,
  settings: CommonSettings,
  { ipv6, ebpf, wireguard }: FelixChoices,
): FelixSpec {
  return {
    bpfEnabled: ebpf,
    kubeNodePortRanges: [cluster.network.nodePortRange.replace('-', ':')],
    logSeverityScreen: capital(settings.logLevel),
    // In one packet filter with kube-proxy: each accepts in a table of its own, and a packet must be accepted by all (the nftables page of Calico's docs).
    ...(ebpf ? {} : { nftablesMode: cluster.kubeProxy.mode === 'nftables' ? 'Enabled' : 'Disabled' }),
    prometheusMetricsEnabled: settings.metrics,
    ...(settings.metrics ? { prometheusMetricsPort: settings.metricsPort } : {}),
    ...(ipv6 && settings.mtu !== undefined ? { vxlanMTUV6: settings.mtu, wireguardMTUV6: settings.mtu } : {}),
    wireguardEnabled: wireguard,
    ...(ipv6 ? { wireguardEnabledV6: wireguard } : {}),
    ...settings.felix,
  };
}

/** The same as variables of calico-node, for a datastore that kubectl cannot write to. */
export function felixEnvironment(spec: FelixSpec): readonly (readonly [string, string])[] {
  return Object.entries(spec).map(([name, value]) => [
    `FELIX_${name.toUpperCase()}`,
    typeof value === 'object' ? value.join(',') : String(value),
  ]);
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
