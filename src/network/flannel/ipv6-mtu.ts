import { familyOf } from '../../inventory/cidr.ts';
import { chosenInterface } from '../../inventory/interface-choice.ts';
import { hasIPv6 } from '../../inventory/model.ts';
import type { NetworkTarget } from '../plugin.ts';
import { backends, longerHeader } from './backends.ts';
import { flannelSettings } from './settings.ts';

/**
 * The MTU of pods that fits through a vxlan tunnel over IPv6. flannel makes pods' links for the tunnel over IPv4 whatever the families are, and a
 * full packet of the other one would then depend on ICMP to find its way. Undefined where flannel's own choice is right.
 */
export function ipv6Mtu({ inventory, host, facts }: NetworkTarget): number | undefined {
  const { backend, mtu, interfaces } = flannelSettings(inventory);
  if (backend !== 'vxlan' || !hasIPv6(inventory.cluster.network)) return undefined;
  const address = host.addresses.find((one) => familyOf(one) === 'ipv6') ?? host.address;
  const link = chosenInterface(interfaces[host.name], address, facts)?.name ?? '';
  const outer = facts.links[link];
  return mtu ?? (outer === undefined ? undefined : outer - backends.vxlan.overhead - longerHeader);
}
