import type { Component, ComponentFile } from '../../components/component.ts';
import { commandLine, mergedFlags } from '../../components/extras.ts';
import type { Flags } from '../../components/extras.ts';
import { httpHealth } from '../../components/health.ts';
import type { BinarySet } from '../../components/binaries.ts';
import { binaries, kubeconfigs, paths } from '../../components/paths.ts';
import { familyOf } from '../../inventory/cidr.ts';
import { chosenInterface } from '../../inventory/interface-choice.ts';
import { isAtLeast, releaseHas } from '../../inventory/releases.ts';
import { chosen, keyed } from '../../components/source.ts';
import { serviceText } from '../../components/service.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { cniConfigFile, cniClaims } from '../cni.ts';
import { masqueradeFile } from '../pod-routes/file.ts';
import { podRoutesClaims, podRoutesService } from '../pod-routes/service.ts';
import type { NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { backends, linksOf } from './backends.ts';
import { flannelForContainers, leasesInEtcd } from './containers.ts';
import type { LeaseSource } from './containers.ts';
import { daemonSetClaims, daemonSetObjects } from './daemonset.ts';
import { ipv6Mtu } from './ipv6-mtu.ts';
import { netConf, netConfPath } from './net-conf.ts';
import { interfaceFlag } from './reserved.ts';
import {
  flannelDeclaration,
  flannelMasquerades,
  flannelSettings,
  hiddenPodCIDRs,
  masqueradesForFlannel,
} from './settings.ts';
import type { FlannelSettings } from './settings.ts';
import { flannelRbac, unitSubject } from './rbac.ts';
import { flannelStatus } from './status.ts';
import { tidyScript, tidyScriptFile } from './tidy-script.ts';

const unit = 'flanneld.service';
const extrasPlaces = [['cluster', 'network', 'flannel']];

/** flannel as a service of the host, with an identity of its own, or as a DaemonSet; node subnets are Kubernetes' pod CIDRs. */
export const flannel: NetworkPlugin<FlannelSettings> = {
  ...flannelDeclaration,
  status: flannelStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs,
  kubeconfigs: ['flannel'],
  component: (target) => (inPods(target.inventory) ? undefined : flanneld(target)),
  masquerade: ({ inventory }) =>
    masqueradesForFlannel(inventory)
      ? podRoutesService(masqueradeFile(inventory, hiddenPodCIDRs(inventory)))
      : undefined,
  cniFiles: (target) => (inPods(target.inventory) ? [] : [cniFile(target.inventory, ipv6Mtu(target))]),
  objects: ({ inventory }) =>
    inPods(inventory) ? daemonSetObjects(inventory, cniFile(inventory).content) : flannelRbac(unitSubject),
  claims,
  containers: flannelForContainers,
};

function inPods(inventory: Inventory): boolean {
  return flannelSettings(inventory).deploy === 'daemonset';
}

function programs(inventory: Inventory): readonly BinarySet[] {
  const { version, cniPluginVersion } = flannelSettings(inventory);
  if (inPods(inventory)) return [];
  const daemon = { component: 'flannel', version, files: ['flanneld'], directory: paths.bin };
  if (!hasKubernetes(inventory)) return [daemon];
  return [
    daemon,
    { component: 'cni-plugin-flannel', version: cniPluginVersion, files: ['flannel'], directory: paths.cniBin },
  ];
}

/** Becomes active when its subnet is leased; with Kubernetes that needs the node to be registered and to have a pod CIDR. */
function flanneld(target: NetworkTarget): Component {
  const { inventory, host } = target;
  const { backend, vni, healthPort, extraArgs } = flannelSettings(inventory);
  const ipMasq = String(flannelMasquerades(inventory));
  const source = hasKubernetes(inventory) ? nodesOf(host) : leasesInEtcd(inventory);
  // From etcd flanneld reads its configuration when it starts: the copy on the host makes it start again when that changes.
  const inputs = [binaries.flanneld, netConfPath, ...source.inputs, tidyScript];
  const flags = {
    ...source.flags,
    ...interfaceFlags(target),
    'ip-masq': keyed(ipMasq, 'cluster.network.flannel.ipMasq'),
    'healthz-ip': chosen('127.0.0.1', 'health is for the host itself alone'),
    'healthz-port': keyed(String(healthPort), 'cluster.network.flannel.healthPort'),
  };
  const all = mergedFlags(flags, extraArgs, extrasPlaces);
  const pods = inventory.cluster.network.podCIDRs.join(',');
  const tidy = [tidyScript, netConfPath, `ip-masq=${ipMasq}`, pods, ...linksOf(backend, vni)];
  return {
    unit,
    text: serviceText({
      unit,
      description: 'flannel pod network',
      after: [source.after],
      command: commandLine(binaries.flanneld, all),
      inputs,
      before: [{ prefix: '+', command: tidy }],
      type: 'notify',
      settings: {
        ...source.settings,
        LimitNOFILE: 65536,
        OOMScoreAdjust: -500,
      },
    }),
    files: [netConf(target), tidyScriptFile(), ...source.files],
    directories: [],
    inputs,
    interrupts: source.interrupts,
    explanation: { flags: all, files: [] },
    health: sh`${health(healthPort)} && ${source.health}`,
    healthTimeoutSeconds: 120,
  };
}

/** Node subnets are Kubernetes' pod CIDRs. */
function nodesOf(host: Host): LeaseSource {
  return {
    flags: {
      'kube-subnet-mgr': chosen('true', 'the block of each node is the one that Kubernetes gave it'),
      'kubeconfig-file': chosen(kubeconfigs.flannel, 'where k8sup puts its identity towards the apiserver'),
      'net-config-path': chosen(netConfPath, 'where k8sup writes its configuration'),
    },
    inputs: [kubeconfigs.flannel],
    files: [],
    after: 'kubelet.service',
    settings: { Environment: { variable: 'NODE_NAME', value: host.name } },
    interrupts: 'pods keep running and reach each other; routes to nodes that are new wait for some seconds',
    health: sh`:`,
  };
}

/**
 * The interface as it was chosen; and the address that others reach this host by, unless flannel has to take that of the interface because the host's own is
 * not on it. With host-gw it wants the two to be the same one.
 */
function interfaceFlags({ inventory, host, facts }: NetworkTarget): Flags {
  const choice = flannelSettings(inventory).interfaces[host.name];
  const ipv4 = host.addresses.find((one) => familyOf(one) === 'ipv4');
  const ipv6 = host.addresses.find((one) => familyOf(one) === 'ipv6');
  const own = {
    ...(ipv4 === undefined ? {} : { 'public-ip': keyed(ipv4, 'hosts[].address') }),
    ...(ipv6 === undefined ? {} : { 'public-ipv6': keyed(ipv6, 'hosts[].address') }),
  };
  if (choice === undefined) return { iface: keyed(ipv4 ?? host.address, 'hosts[].address'), ...own };
  const link = chosenInterface(choice, host.address, facts);
  return {
    [interfaceFlag[choice.by]]: keyed(choice.value, 'cluster.network.flannel.interface'),
    ...(link?.address === host.address ? own : {}),
  };
}

/** Routes of host-gw, and of DirectRouting, run over the host's own interface and outlive flannel's, so they are named by where they lead. */
function claims(inventory: Inventory): readonly Claim[] {
  const { podCIDRs } = inventory.cluster.network;
  const { backend, vni } = flannelSettings(inventory);
  return [
    ...(hasKubernetes(inventory) ? cniClaims : []),
    ...(masqueradesForFlannel(inventory) ? podRoutesClaims : []),
    ...linksOf(backend, vni).map((name): Claim => ({ kind: 'link', name })),
    { kind: 'chains', name: 'FLANNEL-' },
    { kind: 'nft-table', name: 'ip flannel-ipv4' },
    { kind: 'nft-table', name: 'ip6 flannel-ipv6' },
    ...podCIDRs.map((name) => ({ kind: 'routes' as const, name })),
    ...(backend === 'ipsec' ? podCIDRs.map((name) => ({ kind: 'xfrm' as const, name })) : []),
    { kind: 'path', name: '/run/flannel' },
    ...(inPods(inventory) ? daemonSetClaims : []),
  ];
}

/**
 * The plugin takes the MTU from flannel, but not each backend has one to set, and over IPv6 it is another. Where flanneld hides no pods, the plugin would
 * let the bridge hide them, even from each other.
 */
function cniFile(inventory: Inventory, fitting?: number): ComponentFile {
  const { backend, mtu } = flannelSettings(inventory);
  const { network } = inventory.cluster;
  const wanted = backends[backend].mtuMargin === undefined ? mtu : fitting;
  const own = wanted === undefined ? {} : { mtu: wanted };
  const delegate = { hairpinMode: network.cni.hairpin, isDefaultGateway: true, ipMasq: false, ...own };
  return cniConfigFile(cniVersion(inventory), network, { type: 'flannel', delegate });
}

/** Its health port answers from the first moment; systemd and the subnet file know when the network is up. */
function health(port: number): Sh {
  return sh`(
if systemctl is-active --quiet ${unit} && [ -s /run/flannel/subnet.env ]; then exit 0; fi
echo 'flanneld has no subnet yet'
exit 1
) && ${httpHealth({ url: `http://127.0.0.1:${port}/healthz` })}`;
}

/** The flannel plugin understands 1.0.0 from its own release 1.0 on. */
function cniVersion(inventory: Inventory): '0.4.0' | '1.0.0' {
  const { kubernetes } = inventory.cluster.versions;
  const { cniPluginVersion } = flannelSettings(inventory);
  return releaseHas(kubernetes, 'cniVersion1') && isAtLeast(cniPluginVersion, 1, 0) ? '1.0.0' : '0.4.0';
}
