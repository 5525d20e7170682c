import { familyOf } from '../../inventory/cidr.ts';
import { hasIPv6 } from '../../inventory/model.ts';
import type { NetworkTarget } from '../plugin.ts';
import { flannelSettings } from './settings.ts';

/** Bytes that vxlan over IPv6 adds: IPv6, UDP and VXLAN headers, and the Ethernet header inside. Over IPv4 it is 50. */
const overhead = 70;

/**
 * The MTU of pods that fits through a vxlan tunnel over IPv6. flannel makes pods' links for the tunnel over IPv4 whatever the families are, and a
 * full packet of the other one would then depend on ICMP to find its way. Undefined where flannel's own choice is right, or the inventory's.
 */
export function ipv6Mtu({ inventory, host, facts }: NetworkTarget): number | undefined {
  const { backend, mtu } = flannelSettings(inventory);
  if (backend !== 'vxlan' || mtu !== undefined || !hasIPv6(inventory.cluster.network)) return undefined;
  const address = host.addresses.find((one) => familyOf(one) === 'ipv6') ?? '';
  const link = facts.addresses.find(({ cidr }) => cidr.startsWith(`${address}/`))?.interface;
  const outer = link === undefined ? undefined : facts.links[link];
  return outer === undefined ? undefined : outer - overhead;
}
