/** Ports that parts of the cluster listen on without a setting of their own. */
export const fixedPorts = {
  etcdMetrics: 2381,
  kubeletHealth: 10248,
  kubeProxyMetrics: 10249,
  kubelet: 10250,
  kubeProxyHealth: 10256,
  controllerManager: 10257,
  scheduler: 10259,
  flannelHealth: 10263,
} as const;
