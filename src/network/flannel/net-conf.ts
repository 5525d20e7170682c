import type { ComponentFile } from '../../components/component.ts';
import { jsonText } from '../../components/documents.ts';
import { paths } from '../../components/paths.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { hasKubernetes } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import { flannelSettings } from './settings.ts';
import type { FlannelSettings } from './settings.ts';

export const netConfPath = `${paths.flannelConf}/net-conf.json`;

/** flanneld's network configuration. Its rules go where kube-proxy's are: two packet filters side by side are hard to follow. */
export function netConf(inventory: Inventory): ComponentFile {
  const { network } = inventory.cluster;
  const family = network.podCIDR.includes(':')
    ? { EnableIPv4: false, EnableIPv6: true, IPv6Network: network.podCIDR }
    : { Network: network.podCIDR };
  const content = jsonText({ ...family, ...subnets(inventory), ...nftables(inventory), Backend: backend(flannelSettings(inventory)) });
  return { path: netConfPath, mode: 0o644, content };
}

/** With Kubernetes node subnets are its pod CIDRs, and flannel does not read these. */
function subnets(inventory: Inventory): object {
  if (hasKubernetes(inventory)) return {};
  const { subnetLen, subnetMin, subnetMax } = flannelSettings(inventory);
  return {
    SubnetLen: subnetLen,
    ...(subnetMin === undefined ? {} : { SubnetMin: subnetMin }),
    ...(subnetMax === undefined ? {} : { SubnetMax: subnetMax }),
  };
}

/** flannel knows nftables since 0.26. */
function nftables(inventory: Inventory): object {
  const { kubeProxy } = inventory.cluster;
  return hasKubernetes(inventory) && kubeProxy.mode === 'nftables' && isAtLeast(flannelSettings(inventory).version, 0, 26)
    ? { EnableNFTables: true }
    : {};
}

function backend(flannel: FlannelSettings): object {
  if (flannel.backend === 'host-gw') return { Type: 'host-gw' };
  return {
    Type: 'vxlan',
    VNI: flannel.vni,
    Port: flannel.port,
    DirectRouting: flannel.directRouting,
    ...(flannel.mtu === undefined ? {} : { MTU: flannel.mtu }),
  };
}
