import { K8supError } from '../../errors/k8sup-error.ts';
import type { Component, ComponentFile } from '../../components/component.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { isOnSubnet, subnetOf } from '../../inventory/subnet.ts';
import { bridgeName, cniConfigFile, cniClaims } from '../cni.ts';
import type { AppliedNetwork, NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { bridgeDeclaration, bridgeSettings } from './settings.ts';
import type { BridgeSettings } from './settings.ts';
import { podRoutesFile } from '../pod-routes/file.ts';
import { podRoutesClaims, podRoutesService } from '../pod-routes/service.ts';

/** The CNI bridge plugin with one route for each other node, for hosts in one network segment; it needs no image, and no daemon but a small script. */
export const bridge: NetworkPlugin<BridgeSettings> = {
  ...bridgeDeclaration,
  needsPodCIDRs: true,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: routesService,
  cniFiles: (target) => [bridgeConfig(target)],
  objects: () => [],
  notes: routerNotes,
  claims: (inventory) => [
    ...cniClaims,
    ...podRoutesClaims,
    { kind: 'routes', name: inventory.cluster.network.podCIDR },
  ],
};

function routesService(target: NetworkTarget): Component {
  return podRoutesService(podRoutesFile(target, podCIDROf(target), routerTo(target)));
}

/** Hosts on the same subnet are reached directly, whatever gateway there is. */
function routerTo({ inventory, host, facts }: NetworkTarget): (address: string) => string | undefined {
  const gateway = bridgeSettings(inventory).gateways[host.name];
  const subnet = gateway === undefined ? undefined : subnetOf(host.address, facts.addresses);
  return (address) => (subnet === undefined || isOnSubnet(subnet, address) ? undefined : gateway);
}

/** Routers between the hosts are nobody's but their owner's: k8sup says what they must know. */
function routerNotes({ inventory, podCIDRs }: AppliedNetwork): readonly string[] {
  const gateways = [...new Set(Object.values(bridgeSettings(inventory).gateways))];
  if (gateways.length === 0) return [];
  const routes = inventory.hosts.flatMap(({ name, address }) => {
    const cidr = podCIDRs[name];
    return cidr === undefined ? [] : [`  ip route replace ${cidr} via ${address}`];
  });
  return [[`the router between the nodes (${gateways.join(', ')}) must know where pods are:`, ...routes].join('\n')];
}

/** `ipMasq` is off: the plugin's rule would hide pod addresses from other nodes, so that k8sup has its own. */
function bridgeConfig(target: NetworkTarget): ComponentFile {
  const { network, versions } = target.inventory.cluster;
  const subnet = podCIDROf(target);
  return cniConfigFile(releaseHas(versions.kubernetes, 'cniVersion1') ? '1.0.0' : '0.4.0', network, {
    type: 'bridge',
    bridge: bridgeName,
    isGateway: true,
    ipMasq: false,
    hairpinMode: network.cni.hairpin,
    ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
    ipam: {
      type: 'host-local',
      ranges: [[{ subnet }]],
      routes: [{ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' }],
    },
  });
}

function podCIDROf({ host, podCIDRs }: NetworkTarget): string {
  const own = podCIDRs[host.name];
  if (own !== undefined) return own;
  throw new K8supError({
    code: 'POD_CIDR_MISSING',
    kind: 'kubernetes',
    host: host.name,
    what: `${host.name}: the node has no pod CIDR`,
    why: 'the node is not registered, or the controller-manager gives out no pod CIDRs',
    fix: 'run stage 05.kube-node first; then look at the journal of kube-controller-manager',
  });
}
