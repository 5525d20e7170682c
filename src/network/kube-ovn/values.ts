import { hostsWith } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import { parseCidr, nthAddress } from '../../inventory/cidr.ts';
import { additionOf } from '../../inventory/plugin.ts';
import { nodeLocalDNSDeclaration } from '../node-local-dns/settings.ts';
import { splitList } from '../release-fields.ts';
import type { KubeOvnSettings } from './settings.ts';

type Values = Readonly<Record<string, unknown>>;

/** The label by which Kube-OVN knows the nodes that hold its databases; its own tools look for it. */
export const masterLabel = { key: 'kube-ovn/role', value: 'master' } as const;

/** Values of the chart, over its own. The addresses of the databases are told, because a chart that is rendered without a cluster cannot look them up. */
export function kubeOvnValues(inventory: Inventory, settings: KubeOvnSettings): Values {
  const { cluster } = inventory;
  const { networkType, loadBalancer, networkPolicy, metrics, vlan } = settings;
  const dns = additionOf(nodeLocalDNSDeclaration, cluster.network);
  const stack = stackOf(cluster.network.podCIDR);
  return {
    MASTER_NODES: hostsWith(inventory, 'master')
      .map(({ address }) => address)
      .join(','),
    MASTER_NODES_LABEL: `${masterLabel.key}=${masterLabel.value}`,
    networking: {
      NET_STACK: stack,
      NETWORK_TYPE: networkType === 'vlan' ? 'vlan' : 'geneve',
      TUNNEL_TYPE: networkType === 'vxlan' ? 'vxlan' : 'geneve',
      IFACE: settings.interface ?? '',
      EXCLUDE_IPS: settings.excludeIPs.join(','),
      ENABLE_METRICS: metrics,
      NODE_LOCAL_DNS_IP: dns?.ip ?? '',
      ...(vlan === undefined
        ? {}
        : {
            vlan: {
              PROVIDER_NAME: vlan.provider,
              VLAN_INTERFACE_NAME: vlan.interface,
              VLAN_ID: String(vlan.id),
            },
          }),
    },
    func: { ENABLE_LB: loadBalancer, ENABLE_NP: networkPolicy },
    [stack]: {
      POD_CIDR: cluster.network.podCIDR,
      POD_GATEWAY: settings.podGateway ?? firstAddresses(cluster.network.podCIDR),
      SVC_CIDR: cluster.network.serviceCIDR,
      JOIN_CIDR: settings.joinCIDR,
    },
    kubelet_conf: { KUBELET_DIR: cluster.kubelet.rootDir },
  };
}

function stackOf(pods: string): 'ipv4' | 'ipv6' | 'dual_stack' {
  const cidrs = splitList(pods);
  if (cidrs.length > 1) return 'dual_stack';
  return pods.includes(':') ? 'ipv6' : 'ipv4';
}

function firstAddresses(pods: string): string {
  return splitList(pods)
    .map((text) => {
      const read = parseCidr(text);
      // Where the family is not known to be read, the network's own first address is written the usual way.
      return 'cidr' in read ? nthAddress(read.cidr, 1n) : text.replace(/::\/\d+$/, '::1');
    })
    .join(',');
}
