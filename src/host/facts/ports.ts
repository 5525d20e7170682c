import { runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { fixedPorts } from '../../inventory/ports.ts';

/** A port that a component of this cluster listens on. */
export interface NeededPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** For people, for example `etcd clients`. */
  readonly purpose: string;
  /** The unit that holds it once the cluster runs; undefined where the kernel does (vxlan). */
  readonly unit: string | undefined;
  /** Bound to 127.0.0.1 alone, so a program on another address is not in the way. */
  readonly loopback: boolean;
}

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
  return runsKubelet(host) ? [...ports, ...podHostPorts(inventory)] : ports;
}

function podHostPorts(inventory: Inventory): readonly NeededPort[] {
  const { plugin, flannel } = inventory.cluster.network;
  const ports = [
    everywhere(fixedPorts.kubelet, 'kubelet', 'kubelet.service'),
    loopback(fixedPorts.kubeletHealth, 'kubelet health', 'kubelet.service'),
    loopback(fixedPorts.kubeProxyMetrics, 'kube-proxy metrics', 'kube-proxy.service'),
    everywhere(fixedPorts.kubeProxyHealth, 'kube-proxy health', 'kube-proxy.service'),
  ];
  if (plugin !== 'flannel') return ports;
  ports.push(loopback(fixedPorts.flannelHealth, 'flannel health', 'flanneld.service'));
  if (flannel.backend !== 'vxlan') return ports;
  return [
    ...ports,
    { protocol: 'udp', port: flannel.port, purpose: 'flannel vxlan', unit: undefined, loopback: false },
  ];
}

function everywhere(port: number, purpose: string, unit: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit, loopback: false };
}

function loopback(port: number, purpose: string, unit: string): NeededPort {
  return { protocol: 'tcp', port, purpose, unit, loopback: true };
}
