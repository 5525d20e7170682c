import type { Component } from '../../components/component.ts';
import { commandLine } from '../../components/extras.ts';
import type { BinarySet } from '../../components/binaries.ts';
import { binaries, kubeconfigs, paths } from '../../components/paths.ts';
import { isAtLeast, releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../../components/service.ts';
import type { Inventory } from '../../inventory/model.ts';
import { cniConfigFile, cniClaims } from '../cni.ts';
import type { NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { flannelForContainers } from './containers.ts';
import { flannelClaims, flannelHealth, interfaceFlags, staleLinks, unit } from './flanneld.ts';
import { netConf, netConfPath } from './net-conf.ts';
import { flannelDeclaration, flannelSettings } from './settings.ts';
import type { FlannelSettings } from './settings.ts';
import { flannelRbac } from './rbac.ts';

/** flannel as a service of the host, with an identity of its own; node subnets are Kubernetes' pod CIDRs. */
export const flannel: NetworkPlugin<FlannelSettings> = {
  ...flannelDeclaration,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs,
  kubeconfigs: ['flannel'],
  component: flanneld,
  cniFiles: ({ inventory }) => [
    cniConfigFile(cniVersion(inventory), { type: 'flannel', delegate: delegate(inventory) }),
  ],
  objects: () => flannelRbac(),
  claims: (inventory) => [...cniClaims, ...flannelClaims(inventory)],
  containers: flannelForContainers,
};

function programs(inventory: Inventory): readonly BinarySet[] {
  const { version, cniPluginVersion } = flannelSettings(inventory);
  return [
    { component: 'flannel', version, files: ['flanneld'], directory: paths.bin },
    { component: 'cni-plugin-flannel', version: cniPluginVersion, files: ['flannel'], directory: paths.cniBin },
  ];
}

/** Becomes active when its subnet is leased, which needs the node to be registered and to have a pod CIDR. */
function flanneld({ inventory, host }: NetworkTarget): Component {
  const config = netConf(inventory);
  const inputs = [binaries.flanneld, netConfPath, kubeconfigs.flannel];
  const flags = {
    'kube-subnet-mgr': 'true',
    'kubeconfig-file': kubeconfigs.flannel,
    'net-config-path': netConfPath,
    ...interfaceFlags(inventory, host),
  };
  return {
    unit,
    text: serviceText({
      unit,
      description: 'flannel pod network',
      after: ['kubelet.service'],
      command: commandLine(binaries.flanneld, flags),
      inputs,
      before: [staleLinks(inventory)],
      type: 'notify',
      settings: {
        Environment: { variable: 'NODE_NAME', value: host.name },
        LimitNOFILE: 65536,
        OOMScoreAdjust: -500,
      },
    }),
    files: [config],
    directories: [],
    inputs,
    health: flannelHealth,
    healthTimeoutSeconds: 120,
  };
}

/** The plugin takes the MTU of flannel's interface, but host-gw has none of its own to set. */
function delegate(inventory: Inventory): object {
  const { backend, mtu } = flannelSettings(inventory);
  const own = backend === 'host-gw' && mtu !== undefined ? { mtu } : {};
  return { hairpinMode: true, isDefaultGateway: true, ...own };
}

/** The flannel plugin understands 1.0.0 from its own release 1.0 on. */
function cniVersion(inventory: Inventory): '0.4.0' | '1.0.0' {
  const { kubernetes } = inventory.cluster.versions;
  const { cniPluginVersion } = flannelSettings(inventory);
  return releaseHas(kubernetes, 'cniVersion1') && isAtLeast(cniPluginVersion, 1, 0) ? '1.0.0' : '0.4.0';
}
