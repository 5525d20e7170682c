import type { Component } from '../../components/component.ts';
import { commandLine } from '../../components/extras.ts';
import { httpHealth } from '../../components/health.ts';
import type { BinarySet } from '../../components/binaries.ts';
import { binaries, kubeconfigs, paths } from '../../components/paths.ts';
import { familyOf } from '../../inventory/cidr.ts';
import { isAtLeast, releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../../components/service.ts';
import type { UnitCommand } from '../../components/systemd-unit.ts';
import type { Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import { sh } from '../../shell/sh.ts';
import { cniConfigFile, cniClaims } from '../cni.ts';
import { podMasquerade, podRoutesClaims } from '../pod-routes/service.ts';
import type { NetworkPlugin, NetworkTarget } from '../plugin.ts';
import { ipv6Mtu } from './ipv6-mtu.ts';
import { netConf, netConfPath } from './net-conf.ts';
import { flannelDeclaration, flannelSettings } from './settings.ts';
import type { FlannelSettings } from './settings.ts';
import { flannelRbac } from './rbac.ts';
import { fixedPorts } from '../../inventory/ports.ts';
import { flannelStatus } from './status.ts';

const unit = 'flanneld.service';

/** flannel as a service of the host, with an identity of its own; node subnets are Kubernetes' pod CIDRs. */
export const flannel: NetworkPlugin<FlannelSettings> = {
  ...flannelDeclaration,
  status: flannelStatus,
  needsPodCIDRs: false,
  makesNodesReady: true,
  programs,
  kubeconfigs: ['flannel'],
  component: flanneld,
  masquerade: ({ inventory }) => podMasquerade(inventory),
  cniFiles: (target) => [
    cniConfigFile(cniVersion(target.inventory), target.inventory.cluster.network, {
      type: 'flannel',
      delegate: delegate(target),
    }),
  ],
  objects: () => flannelRbac(),
  claims,
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
  const ipv4 = host.addresses.find((one) => familyOf(one) === 'ipv4');
  const ipv6 = host.addresses.find((one) => familyOf(one) === 'ipv6');
  const flags = {
    'kube-subnet-mgr': 'true',
    'kubeconfig-file': kubeconfigs.flannel,
    'net-config-path': netConfPath,
    iface: flannelSettings(inventory).interface ?? ipv4 ?? host.address,
    ...(ipv4 === undefined ? {} : { 'public-ip': ipv4 }),
    ...(ipv6 === undefined ? {} : { 'public-ipv6': ipv6 }),
    'ip-masq': String(inventory.cluster.network.nonMasqueradeCIDRs.length === 0),
    'healthz-ip': '127.0.0.1',
    'healthz-port': String(fixedPorts.flannelHealth),
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
    health,
    healthTimeoutSeconds: 120,
  };
}

/** Routes of host-gw, and of DirectRouting, run over the host's own interface and outlive flannel's, so they are named by where they lead. */
function claims(inventory: Inventory): readonly Claim[] {
  const { podCIDRs, nonMasqueradeCIDRs } = inventory.cluster.network;
  const { vni } = flannelSettings(inventory);
  return [
    ...cniClaims,
    ...(nonMasqueradeCIDRs.length === 0 ? [] : podRoutesClaims),
    { kind: 'link', name: `flannel.${vni}` },
    { kind: 'link', name: `flannel-v6.${vni}` },
    { kind: 'chains', name: 'FLANNEL-' },
    { kind: 'nft-table', name: 'ip flannel-ipv4' },
    { kind: 'nft-table', name: 'ip6 flannel-ipv6' },
    ...podCIDRs.map((name) => ({ kind: 'routes' as const, name })),
    { kind: 'path', name: '/run/flannel' },
  ];
}

/** An interface of another VNI, or of vxlan after a change to host-gw, would keep its routes. */
function staleLinks(inventory: Inventory): UnitCommand {
  const { backend, vni } = flannelSettings(inventory);
  const keep = backend === 'vxlan' ? `flannel.${vni}|flannel-v6.${vni}` : 'none';
  const script = `cd /sys/class/net && for l in flannel.* flannel-v6.*; do case $l in ${keep}|*'*') ;; *) ip link delete "$l" ;; esac; done`;
  return { prefix: '+', command: ['/bin/sh', '-c', script] };
}

/**
 * The plugin takes the MTU of flannel's interface, but host-gw has none of its own to set. Where flanneld hides no pods, the plugin would let the
 * bridge hide them, even from each other.
 */
function delegate(target: NetworkTarget): object {
  const { inventory } = target;
  const { backend, mtu } = flannelSettings(inventory);
  const wanted = backend === 'host-gw' ? mtu : ipv6Mtu(target);
  const own = wanted === undefined ? {} : { mtu: wanted };
  return { hairpinMode: inventory.cluster.network.cni.hairpin, isDefaultGateway: true, ipMasq: false, ...own };
}

/** Its health port answers from the first moment; systemd and the subnet file know when the network is up. */
const health = sh`(
if systemctl is-active --quiet ${unit} && [ -s /run/flannel/subnet.env ]; then exit 0; fi
echo 'flanneld has no subnet yet'
exit 1
) && ${httpHealth({ url: `http://127.0.0.1:${fixedPorts.flannelHealth}/healthz` })}`;

/** The flannel plugin understands 1.0.0 from its own release 1.0 on. */
function cniVersion(inventory: Inventory): '0.4.0' | '1.0.0' {
  const { kubernetes } = inventory.cluster.versions;
  const { cniPluginVersion } = flannelSettings(inventory);
  return releaseHas(kubernetes, 'cniVersion1') && isAtLeast(cniPluginVersion, 1, 0) ? '1.0.0' : '0.4.0';
}
