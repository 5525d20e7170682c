import { httpHealth } from '../../components/health.ts';
import type { Flags } from '../../components/extras.ts';
import type { UnitCommand } from '../../components/systemd-unit.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { fixedPorts } from '../../inventory/ports.ts';
import type { Claim } from '../../resources/claims.ts';
import { sh } from '../../shell/sh.ts';
import { flannelSettings } from './settings.ts';

export const unit = 'flanneld.service';

/** Flags that do not depend on where leases are kept: by which address a host is reached, and what flanneld does there. */
export function interfaceFlags(inventory: Inventory, host: Host): Flags {
  const address: Flags = host.address.includes(':') ? { 'public-ipv6': host.address } : { 'public-ip': host.address };
  return {
    iface: flannelSettings(inventory).interface ?? host.address,
    ...address,
    'ip-masq': 'true',
    'healthz-ip': '127.0.0.1',
    'healthz-port': String(fixedPorts.flannelHealth),
  };
}

/** Routes of host-gw, and of DirectRouting, run over the host's own interface and outlive flannel's, so they are named by where they lead. */
export function flannelClaims(inventory: Inventory): readonly Claim[] {
  const { podCIDR } = inventory.cluster.network;
  const { vni } = flannelSettings(inventory);
  return [
    { kind: 'link', name: `flannel.${vni}` },
    { kind: 'link', name: `flannel-v6.${vni}` },
    { kind: 'chains', name: 'FLANNEL-' },
    { kind: 'nft-table', name: 'ip flannel-ipv4' },
    { kind: 'nft-table', name: 'ip6 flannel-ipv6' },
    { kind: 'routes', name: podCIDR },
    { kind: 'path', name: '/run/flannel' },
  ];
}

/** An interface of another VNI, or of vxlan after a change to host-gw, would keep its routes. */
export function staleLinks(inventory: Inventory): UnitCommand {
  const { backend, vni } = flannelSettings(inventory);
  const keep = backend === 'vxlan' ? `flannel.${vni}|flannel-v6.${vni}` : 'none';
  const script = `cd /sys/class/net && for l in flannel.* flannel-v6.*; do case $l in ${keep}|*'*') ;; *) ip link delete "$l" ;; esac; done`;
  return { prefix: '+', command: ['/bin/sh', '-c', script] };
}

/** Its health port answers from the first moment; systemd and the subnet file know when the network is up. */
export const flannelHealth = sh`(
if systemctl is-active --quiet ${unit} && [ -s /run/flannel/subnet.env ]; then exit 0; fi
echo 'flanneld has no subnet yet'
exit 1
) && ${httpHealth({ url: `http://127.0.0.1:${fixedPorts.flannelHealth}/healthz` })}`;
