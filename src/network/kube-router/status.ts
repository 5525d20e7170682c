import { rawShell } from '../../shell/sh.ts';
import type { NetworkStatus } from '../status.ts';
import { kubeRouterSettings } from './kube-router.ts';

const prefix = 'kube-router.io/';

/** Routes are of the nodes' own pod CIDRs, learnt by BGP; its tunnels are named by a hash of the other node's address, so that none is looked for by name. */
export const kubeRouterStatus: NetworkStatus = {
  mode: (inventory) => {
    const { overlay, serviceProxy, firewall, nodeMesh } = kubeRouterSettings(inventory);
    const tunnels = overlay === 'none' ? 'plain routes' : `IP in IP ${overlay}`;
    const parts = [tunnels, nodeMesh ? 'BGP mesh' : 'BGP', serviceProxy ? 'IPVS' : '', firewall ? 'firewall' : ''];
    return parts.filter((word) => word !== '').join(', ');
  },
  bridge: 'kube-bridge',
  tunnel: () => undefined,
  wayTo: (inventory, onLink) => {
    const { overlay } = kubeRouterSettings(inventory);
    return overlay === 'full' || (overlay === 'subnet' && !onLink) ? 'tunnel' : 'direct';
  },
  isTunnel: (_inventory, device) => device.startsWith('tun-'),
  announced: (annotations) =>
    Object.fromEntries(
      Object.entries(annotations)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    ),
  tunnelEnd: () => undefined,
  masquerade: () =>
    rawShell(`iptables -w -t nat -S POSTROUTING 2>/dev/null | grep kube-router-pod-subnets | grep -q MASQUERADE ||
  ip6tables -w -t nat -S POSTROUTING 2>/dev/null | grep kube-router-pod-subnets | grep -q MASQUERADE`),
};
