import { hostsWith } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import { familyOf, nthAddress, parseCidr } from '../../inventory/cidr.ts';
import { additionOf } from '../../inventory/plugin.ts';
import { nodeLocalDNSDeclaration } from '../node-local-dns/settings.ts';
import type { KubeOvnSettings } from './settings.ts';

type Values = Readonly<Record<string, unknown>>;

/** The label by which Kube-OVN knows the nodes that hold its databases; its own tools look for it. */
export const masterLabel = { key: 'kube-ovn/role', value: 'master' } as const;

/** Values of the chart, over its own. The addresses of the databases are told, because a chart that is rendered without a cluster cannot look them up. */
export function kubeOvnValues(inventory: Inventory, settings: KubeOvnSettings): Values {
  const { cluster } = inventory;
  const { networkType, loadBalancer, networkPolicy, metrics, vlan } = settings;
  const dns = additionOf(nodeLocalDNSDeclaration, cluster.network);
  const pods = cluster.network.podCIDRs;
  const stack = stackOf(pods);
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
      POD_CIDR: pods.join(','),
      POD_GATEWAY: settings.podGateway ?? firstAddresses(pods),
      SVC_CIDR: cluster.network.serviceCIDRs.join(','),
      JOIN_CIDR: settings.joinCIDR,
    },
    kubelet_conf: { KUBELET_DIR: cluster.kubelet.rootDir },
  };
}

function stackOf(pods: readonly string[]): 'ipv4' | 'ipv6' | 'dual_stack' {
  const [first = '', ...others] = pods;
  return others.length > 0 ? 'dual_stack' : familyOf(first);
}

function firstAddresses(pods: readonly string[]): string {
  return pods
    .map((text) => {
      const read = parseCidr(text);
      if (!('cidr' in read)) throw new Error(`CIDR ${text} passed the checks`);
      return nthAddress(read.cidr, 1n);
    })
    .join(',');
}
