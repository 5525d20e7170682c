import type { KubeObject } from '../../engine/stage.ts';
import { controlPlaneTaint } from '../../inventory/control-plane.ts';
import type { Inventory } from '../../inventory/model.ts';

type Labels = Readonly<Record<string, string>>;

/** The pods of CoreDNS, on different nodes where there are several. */
export function corednsDeployment(inventory: Inventory, namespace: string, labels: Labels): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace, labels },
    spec: {
      replicas: inventory.cluster.coredns.replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(inventory, labels) },
    },
  };
}

function podSpec({ cluster }: Inventory, labels: Labels): object {
  const taint = controlPlaneTaint(cluster.versions.kubernetes);
  return {
    serviceAccountName: 'coredns',
    priorityClassName: 'system-cluster-critical',
    // The node's own resolv.conf, as the kubelet's resolvConf names it: that of the cluster would be a loop.
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      { key: taint.key, operator: 'Exists', effect: taint.effect },
    ],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' },
          },
        ],
      },
    },
    containers: [container(cluster.images.coredns)],
    volumes: [{ name: 'config', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } }],
  };
}

function container(image: string): object {
  return {
    name: 'coredns',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['-conf', '/etc/coredns/Corefile'],
    resources: { requests: { cpu: '100m', memory: '70Mi' }, limits: { memory: '170Mi' } },
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
    ],
    livenessProbe: {
      httpGet: { path: '/health', port: 8080, scheme: 'HTTP' },
      initialDelaySeconds: 30,
      timeoutSeconds: 5,
      failureThreshold: 5,
    },
    readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' }, periodSeconds: 2, timeoutSeconds: 2 },
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    },
  };
}
