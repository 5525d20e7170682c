import type { ComponentFile } from '../../components/component.ts';
import { jsonText } from '../../components/documents.ts';
import { paths } from '../../components/paths.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { familyOf } from '../../inventory/cidr.ts';
import type { Inventory, NetworkSettings } from '../../inventory/model.ts';
import { flannelSettings } from './settings.ts';
import type { FlannelSettings } from './settings.ts';

export const netConfPath = `${paths.flannelConf}/net-conf.json`;

/** flanneld's network configuration. Its rules go where kube-proxy's are: two packet filters side by side are hard to follow. */
export function netConf(inventory: Inventory): ComponentFile {
  const { network } = inventory.cluster;
  const content = jsonText({
    ...families(network),
    ...nftables(inventory),
    Backend: backend(flannelSettings(inventory)),
  });
  return { path: netConfPath, mode: 0o644, content };
}

function families({ podCIDRs }: NetworkSettings): object {
  const ipv4 = podCIDRs.find((cidr) => familyOf(cidr) === 'ipv4');
  const ipv6 = podCIDRs.find((cidr) => familyOf(cidr) === 'ipv6');
  return {
    ...(ipv4 === undefined ? { EnableIPv4: false } : { Network: ipv4 }),
    ...(ipv6 === undefined ? {} : { EnableIPv6: true, IPv6Network: ipv6 }),
  };
}

/** flannel knows nftables since 0.26. */
function nftables(inventory: Inventory): object {
  const { kubeProxy } = inventory.cluster;
  return kubeProxy.mode === 'nftables' && isAtLeast(flannelSettings(inventory).version, 0, 26)
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
