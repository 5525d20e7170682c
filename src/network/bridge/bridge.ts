import { familyOf } from '../../inventory/cidr.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { Component, ComponentFile } from '../../components/component.ts';
import { isOnSubnet, subnetOf } from '../../inventory/subnet.ts';
import { bridgeName, cniConfigFile, cniClaims, cniVersionFor } from '../cni.ts';
import type { AppliedNetwork, NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { bridgeDeclaration, gatewaysOf } from './settings.ts';
import type { BridgeSettings } from './settings.ts';
import { addressLike, podRoutesFile } from '../pod-routes/file.ts';
import { podRoutesClaims, podRoutesService } from '../pod-routes/service.ts';
import { bridgeStatus } from './status.ts';

/** The CNI bridge plugin with one route for each other node, for hosts in one network segment; it needs no image, and no daemon but a small script. */
export const bridge: NetworkPlugin<BridgeSettings> = {
  ...bridgeDeclaration,
  status: bridgeStatus,
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
    ...inventory.cluster.network.podCIDRs.map((name) => ({ kind: 'routes' as const, name })),
  ],
};

function routesService(target: NetworkTarget): Component {
  return podRoutesService(podRoutesFile(target, podCIDRsOf(target), routerTo(target)));
}

/** Hosts on the same subnet are reached directly, whatever gateway there is. */
function routerTo({ inventory, host, facts }: NetworkTarget): (address: string) => string | undefined {
  const gateways = gatewaysOf(inventory, host.name);
  if (gateways.length === 0) return () => undefined;
  const subnets = host.addresses.flatMap((address) => subnetOf(address, facts.addresses) ?? []);
  return (address) =>
    subnets.some((subnet) => isOnSubnet(subnet, address))
      ? undefined
      : gateways.find((gateway) => familyOf(gateway) === familyOf(address));
}

/** Routers between the hosts are nobody's but their owner's: k8sup says what they must know. */
function routerNotes({ inventory, podCIDRs }: AppliedNetwork): readonly string[] {
  const gateways = [...new Set(inventory.hosts.flatMap(({ name }) => gatewaysOf(inventory, name)))];
  if (gateways.length === 0) return [];
  const routes = inventory.hosts.flatMap((host) =>
    (podCIDRs[host.name] ?? []).map((cidr) => `  ip route replace ${cidr} via ${addressLike(host, cidr)}`),
  );
  return [[`the router between the nodes (${gateways.join(', ')}) must know where pods are:`, ...routes].join('\n')];
}

/** `ipMasq` is off: the plugin's rule would hide pod addresses from other nodes, so that k8sup has its own. */
function bridgeConfig(target: NetworkTarget): ComponentFile {
  const { network } = target.inventory.cluster;
  const subnets = podCIDRsOf(target);
  return cniConfigFile(cniVersionFor(target.inventory), network, {
    type: 'bridge',
    bridge: bridgeName,
    isGateway: true,
    ipMasq: false,
    hairpinMode: network.cni.hairpin,
    ...mtuOf(target),
    ipam: {
      type: 'host-local',
      ranges: subnets.map((subnet) => [{ subnet }]),
      routes: subnets.map((subnet) => ({ dst: familyOf(subnet) === 'ipv6' ? '::/0' : '0.0.0.0/0' })),
    },
  });
}

/** Left alone the plugin makes bridge and pods as wide as Ethernet's usual size, also where the way out is narrower. */
function mtuOf({ inventory, host, facts }: NetworkTarget): { readonly mtu?: number } {
  const { mtu } = inventory.cluster.network;
  if (mtu !== undefined) return { mtu };
  const link = subnetOf(host.address, facts.addresses)?.interface;
  const carried = link === undefined ? undefined : facts.links[link];
  return carried === undefined || carried >= usualMtu ? {} : { mtu: carried };
}

const usualMtu = 1500;

function podCIDRsOf({ host, podCIDRs }: NetworkTarget): readonly string[] {
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
