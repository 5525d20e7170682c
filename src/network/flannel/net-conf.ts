import type { ComponentFile } from '../../components/component.ts';
import { jsonText } from '../../components/documents.ts';
import { mergeObjects } from '../../components/extras.ts';
import { paths } from '../../components/paths.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { familyOf } from '../../inventory/cidr.ts';
import { hasIPv6, hasKubernetes } from '../../inventory/model.ts';
import type { Inventory, NetworkSettings } from '../../inventory/model.ts';
import type { NetworkTarget } from '../plugin.ts';
import { backends, longerHeader } from './backends.ts';
import { flannelSettings, pskSecret } from './settings.ts';
import type { FlannelSettings } from './settings.ts';

export const netConfPath = `${paths.flannelConf}/net-conf.json`;

/** flanneld's configuration as a file on the host, for root alone where it holds a key. */
export function netConf({ inventory, secrets }: Pick<NetworkTarget, 'inventory' | 'secrets'>): ComponentFile {
  const psk = secrets?.get(pskSecret);
  const content = jsonText(networkConfig(inventory, psk));
  return { path: netConfPath, content, ...(psk === undefined ? { mode: 0o644 } : { mode: 0o600, secret: true }) };
}

/** The network configuration, with what the user adds. Its rules go where kube-proxy's are: two packet filters side by side are hard to follow. */
export function networkConfig(inventory: Inventory, psk?: string): Readonly<Record<string, unknown>> {
  const { network } = inventory.cluster;
  const settings = flannelSettings(inventory);
  const own = {
    ...families(network),
    ...(usesNftables(inventory) ? { EnableNFTables: true } : {}),
    ...defined({ SubnetLen: settings.subnetLen, SubnetMin: settings.subnetMin, SubnetMax: settings.subnetMax }),
    Backend: { Type: settings.backend, ...backendConfig(settings, { psk, ipv6: hasIPv6(network) }) },
  };
  return mergeObjects(own, settings.extraConfig);
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
function usesNftables(inventory: Inventory): boolean {
  const { nftables, version } = flannelSettings(inventory);
  return (
    (nftables ?? (hasKubernetes(inventory) && inventory.cluster.kubeProxy.mode === 'nftables')) &&
    isAtLeast(version, 0, 26)
  );
}

interface Extra {
  readonly psk: string | undefined;
  readonly ipv6: boolean;
}

function backendConfig(settings: FlannelSettings, { psk, ipv6 }: Extra): object {
  const { backend, mtu, port, directRouting, wireguard, ipsec } = settings;
  const { mtuMargin } = backends[backend];
  const margin = backend === 'vxlan' && ipv6 && mtuMargin !== undefined ? mtuMargin + longerHeader : mtuMargin;
  // flannel's own setting is the MTU of the way outside, from which it takes off what the tunnel adds.
  const MTU = mtu === undefined || margin === undefined ? undefined : mtu + margin;
  switch (backend) {
    case 'vxlan':
      return defined({ VNI: settings.vni, Port: port, DirectRouting: directRouting, MTU });
    case 'udp':
      return defined({ Port: port });
    case 'wireguard':
      return defined({
        ListenPort: port,
        Mode: wireguard.mode,
        PersistentKeepaliveInterval: wireguard.keepalive,
        MTU,
        PSK: psk,
      });
    case 'ipip':
      return { DirectRouting: directRouting };
    case 'ipsec':
      return defined({ UDPEncap: ipsec.udpEncap, ESPProposal: ipsec.espProposal, PSK: psk });
    case 'host-gw':
    case 'alloc':
      return {};
  }
}

function defined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
