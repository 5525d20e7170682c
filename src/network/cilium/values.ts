import { familyOf, splitList } from '../../inventory/cidr.ts';
import type { Family } from '../../inventory/cidr.ts';
import type { Inventory, NetworkSettings } from '../../inventory/model.ts';
import { paths } from '../../components/paths.ts';
import { tunnelPorts } from './settings.ts';
import type { CiliumSettings } from './settings.ts';

type Values = Readonly<Record<string, unknown>>;

/** Values of the chart, over its own (its values.yaml and the page "Helm Reference" of Cilium's documentation). */
export function ciliumValues({ cluster }: Inventory, settings: CiliumSettings): Values {
  const { kubeProxyReplacement, ipam, encryption, mtu, hubble, operatorReplicas } = settings;
  const { host, port } = cluster.controlPlaneEndpoint;
  const pods = cluster.network.podCIDRs;
  const [ipv4, ipv6] = [of(pods, 'ipv4'), of(pods, 'ipv6')];
  return {
    cluster: { name: cluster.name },
    // Also where kube-proxy runs: an agent that finds the API server without it can start before it.
    k8sServiceHost: host,
    k8sServicePort: port,
    kubeProxyReplacement,
    ipv4: { enabled: ipv4.length > 0 },
    ipv6: { enabled: ipv6.length > 0 },
    ...routingValues(settings),
    ipam: ipam === 'kubernetes' ? { mode: ipam } : { mode: ipam, operator: pools(cluster.network) },
    encryption: encryption === 'none' ? { enabled: false } : { enabled: true, type: encryption },
    ...(mtu === undefined ? {} : { MTU: mtu }),
    hubble: hubbleValues(hubble),
    operator: { replicas: operatorReplicas },
    // Taking away the configurations of others is k8sup's work, and Multus' must stay.
    cni: { exclusive: false, binPath: paths.cniBin, confPath: paths.cniConf },
  };
}

function routingValues(settings: CiliumSettings): Values {
  const { routing, tunnel, tunnelPort, nativeRoutingCIDR, directNodeRoutes } = settings;
  if (routing === 'tunnel') {
    const port = tunnelPort === tunnelPorts[tunnel] ? {} : { tunnelPort };
    return { routingMode: 'tunnel', tunnelProtocol: tunnel, ...port };
  }
  const cidrs = splitList(nativeRoutingCIDR);
  const [[ipv4], [ipv6]] = [of(cidrs, 'ipv4'), of(cidrs, 'ipv6')];
  return {
    routingMode: 'native',
    autoDirectNodeRoutes: directNodeRoutes,
    ...(ipv4 === undefined ? {} : { ipv4NativeRoutingCIDR: ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6NativeRoutingCIDR: ipv6 }),
  };
}

function pools({ podCIDRs, nodeCIDRMaskSize, nodeCIDRMaskSizeIPv6 }: NetworkSettings): Values {
  const [ipv4, ipv6] = [of(podCIDRs, 'ipv4'), of(podCIDRs, 'ipv6')];
  return {
    ...(ipv4.length === 0 ? {} : { clusterPoolIPv4PodCIDRList: ipv4, clusterPoolIPv4MaskSize: nodeCIDRMaskSize }),
    ...(ipv6.length === 0 ? {} : { clusterPoolIPv6PodCIDRList: ipv6, clusterPoolIPv6MaskSize: nodeCIDRMaskSizeIPv6 }),
  };
}

function of(cidrs: readonly string[], family: Family): readonly string[] {
  return cidrs.filter((cidr) => familyOf(cidr) === family);
}

/** Certificates by a job of the cluster: those that the chart makes by itself would be others at each rendering. */
function hubbleValues({ enabled, relay, ui }: CiliumSettings['hubble']): Values {
  if (!enabled) return { enabled };
  return {
    enabled,
    relay: { enabled: relay },
    ui: { enabled: ui },
    tls: { auto: { enabled: true, method: 'cronJob' } },
  };
}
