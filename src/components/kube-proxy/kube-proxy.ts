import type { Facts } from '../../host/facts/model.ts';
import { familyOf } from '../../inventory/cidr.ts';
import { hasIPv6 } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import type { Component } from '../component.ts';
import { yamlText } from '../documents.ts';
import { commandLine, withExtraArgs, withExtraConfig } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs, kubeFiles } from '../paths.ts';
import { chosen, keyed, ofHost } from '../source.ts';
import { serviceText } from '../service.ts';
import { fixedPorts } from '../../inventory/ports.ts';

const unit = 'kube-proxy.service';

/** What kube-proxy leaves on a host by running, in any of its modes: the mode may have been another before. */
export const kubeProxyClaims: (inventory: Inventory) => readonly Claim[] = ({ cluster }) => [
  { kind: 'link', name: 'kube-ipvs0' },
  { kind: 'ipvs', name: 'services' },
  { kind: 'chains', name: 'KUBE-' },
  { kind: 'nft-table', name: 'ip kube-proxy' },
  { kind: 'nft-table', name: 'ip6 kube-proxy' },
  // What was recorded stays so, also where the mode is another by now.
  ...(cluster.kubeProxy.mode === 'ipvs' ? ([{ kind: 'ipsets', name: 'KUBE-' }] as const) : []),
];

/** kube-proxy of a node, in the inventory's mode. Health means that its rules were written and are not stale. */
export function kubeProxy(inventory: Inventory, host: Host, facts: Facts): Component {
  const inputs = [binaries.kubeProxy, kubeFiles.kubeProxy, kubeconfigs.kubeProxy];
  const { config, fields } = withExtraConfig(kubeProxyConfig(inventory, host, facts), host, 'kubeProxy');
  const flags = withExtraArgs(
    { config: chosen(kubeFiles.kubeProxy, 'where k8sup writes its configuration') },
    host,
    'kubeProxy',
  );
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Kubernetes service proxy',
      command: commandLine(binaries.kubeProxy, flags),
      inputs,
      type: 'simple',
      settings: { LimitNOFILE: 65536 },
    }),
    files: [{ path: kubeFiles.kubeProxy, mode: 0o644, content: yamlText(config) }],
    directories: [],
    inputs,
    interrupts: 'the rules of Services stay; changes of endpoints take effect some seconds later',
    explanation: { flags, files: [{ path: kubeFiles.kubeProxy, fields }] },
    health: httpHealth({ url: healthUrl(config['healthzBindAddress']) }),
    healthTimeoutSeconds: 90,
  };
}

function kubeProxyConfig(inventory: Inventory, host: Host, facts: Facts): Readonly<Record<string, unknown>> {
  const { kubeProxy: proxy, network } = inventory.cluster;
  return {
    apiVersion: chosen('kubeproxy.config.k8s.io/v1alpha1', 'the only version there is'),
    kind: chosen('KubeProxyConfiguration', 'what the file is'),
    mode: keyed(proxy.mode, 'cluster.kubeProxy.mode'),
    bindAddress: keyed(familyOf(host.address) === 'ipv6' ? '::' : '0.0.0.0', 'hosts[].address'),
    healthzBindAddress: chosen(
      `${hasIPv6(network) ? '[::]' : '0.0.0.0'}:${fixedPorts.kubeProxyHealth}`,
      'load balancers ask from outside whether a node has rules',
    ),
    metricsBindAddress: chosen(`127.0.0.1:${fixedPorts.kubeProxyMetrics}`, 'metrics are for the host itself alone'),
    hostnameOverride: keyed(host.name, 'hosts[].name'),
    clusterCIDR: keyed(network.podCIDRs.join(','), 'cluster.network.podCIDR'),
    clientConnection: {
      kubeconfig: chosen(kubeconfigs.kubeProxy, 'where k8sup puts its identity towards the apiserver'),
    },
    ...(facts.container
      ? {
          conntrack: ofHost(
            { maxPerCore: 0, min: 0 },
            'in a container nf_conntrack_max belongs to the machine and cannot be written: kube-proxy would not start',
          ),
        }
      : {}),
  };
}

/** Asked on the host itself, wherever it listens. */
function healthUrl(bindAddress: unknown): string {
  const text = typeof bindAddress === 'string' ? bindAddress : '';
  const [, address = '', port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  const local = /^(0\.0\.0\.0)?$/.test(address) ? '127.0.0.1' : address === '[::]' ? '[::1]' : address;
  return `http://${local}:${port ?? fixedPorts.kubeProxyHealth}/healthz`;
}
