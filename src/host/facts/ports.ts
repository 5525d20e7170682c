import { runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import type { NeededPort } from '../../inventory/plugin.ts';
import { fixedPorts } from '../../inventory/ports.ts';

/** The ports that k8sup's components take on a host by its roles and the cluster's settings. */
export function portsOf(inventory: Inventory, host: Host): readonly NeededPort[] {
  const { etcd, apiserverPort } = inventory.cluster;
  const ports: NeededPort[] = [];
  if (host.roles.has('etcd')) {
    const unit = 'etcd.service';
    ports.push(everywhere(etcd.clientPort, 'etcd clients', unit), everywhere(etcd.peerPort, 'etcd peers', unit));
    ports.push(loopback(fixedPorts.etcdMetrics, 'etcd metrics', unit));
  }
  if (host.roles.has('master')) {
    ports.push(everywhere(apiserverPort, 'kube-apiserver', 'kube-apiserver.service'));
    ports.push(loopback(fixedPorts.controllerManager, 'kube-controller-manager', 'kube-controller-manager.service'));
    ports.push(loopback(fixedPorts.scheduler, 'kube-scheduler', 'kube-scheduler.service'));
  }
  if (host.roles.has('container')) return [...ports, ...inventory.cluster.network.needs.ports];
  return runsKubelet(host) ? [...ports, ...podHostPorts(inventory)] : ports;
}

function podHostPorts(inventory: Inventory): readonly NeededPort[] {
  const { needs } = inventory.cluster.network;
  const proxy =
    needs.replacesKubeProxy === true
      ? []
      : [
          loopback(fixedPorts.kubeProxyMetrics, 'kube-proxy metrics', 'kube-proxy.service'),
          everywhere(fixedPorts.kubeProxyHealth, 'kube-proxy health', 'kube-proxy.service'),
        ];
  return [
    everywhere(fixedPorts.kubelet, 'kubelet', 'kubelet.service'),
    loopback(fixedPorts.kubeletHealth, 'kubelet health', 'kubelet.service'),
    ...proxy,
    ...needs.ports,
  ];
}

function everywhere(port: number, purpose: string, unit: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit, loopback: false };
}

function loopback(port: number, purpose: string, unit: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit, loopback: true };
}
