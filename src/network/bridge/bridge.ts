import { K8supError } from '../../errors/k8sup-error.ts';
import type { Component, ComponentFile } from '../../components/component.ts';
import { noNeeds } from '../../inventory/plugin.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../../components/service.ts';
import { sh } from '../../shell/sh.ts';
import { bridgeName, cniConfigFile, cniClaims } from '../cni.ts';
import type { NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { podRoutesFile, podRoutesPath } from './pod-routes.ts';
import { podRoutesScript, podRoutesScriptFile } from './pod-routes-script.ts';

const unit = 'k8sup-routes.service';

/** The CNI bridge plugin with one route for each other node, for hosts in one network segment; it needs no image, and no daemon but a small script. */
export const bridge: NetworkPlugin = {
  name: 'bridge',
  summary: 'the CNI bridge with a route to each other node, for hosts in one network segment',
  proof: 'proved',
  enforcesPolicy: false,
  version: () => undefined,
  rules: [],
  resolve: () => ({ settings: {}, needs: noNeeds }),
  needsPodCIDRs: true,
  makesNodesReady: true,
  programs: () => [],
  kubeconfigs: [],
  component: routesService,
  cniFiles: (target) => [bridgeConfig(target)],
  objects: () => [],
  claims: (inventory) => [
    ...cniClaims,
    { kind: 'chains', name: 'K8SUP-' },
    { kind: 'nft-table', name: 'ip k8sup' },
    { kind: 'nft-table', name: 'ip6 k8sup' },
    { kind: 'routes', name: inventory.cluster.network.podCIDR },
  ],
};

function routesService(target: NetworkTarget): Component {
  const routes = podRoutesFile(target, podCIDROf(target));
  const inputs = [podRoutesScript, podRoutesPath];
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Routes to the pods of other nodes',
      command: [podRoutesScript, 'keep', podRoutesPath],
      inputs,
      type: 'simple',
    }),
    files: [podRoutesScriptFile(), routes],
    directories: [],
    inputs,
    health: sh`${podRoutesScript} check ${podRoutesPath}`,
    healthTimeoutSeconds: 30,
  };
}

/** `ipMasq` is off: the plugin's rule would hide pod addresses from other nodes, so that k8sup has its own. */
function bridgeConfig(target: NetworkTarget): ComponentFile {
  const { network, versions } = target.inventory.cluster;
  const subnet = podCIDROf(target);
  return cniConfigFile(releaseHas(versions.kubernetes, 'cniVersion1') ? '1.0.0' : '0.4.0', {
    type: 'bridge',
    bridge: bridgeName,
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
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
