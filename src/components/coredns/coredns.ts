import type { KubeObject } from '../../engine/stage.ts';
import { familyName } from '../../inventory/cidr.ts';
import { familiesOf } from '../../inventory/model.ts';
import type { Inventory, NetworkSettings } from '../../inventory/model.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { corednsDeployment } from './deployment.ts';

const namespace = 'kube-system';
/** The label cluster tools look for, whatever serves DNS. */
const labels = { 'k8s-app': 'kube-dns' };

/** CoreDNS at the inventory's DNS address, in the order in which the objects are made. */
export function coredns(inventory: Inventory): readonly KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace, labels } },
    clusterRole,
    clusterRoleBinding,
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace, labels },
      data: { Corefile: corefile(inventory.cluster.network.dnsDomain) },
    },
    corednsDeployment(inventory, namespace, labels),
    disruptionBudget(inventory),
    service(inventory),
  ];
}

/** The configuration CoreDNS reads, with no plugins but the ones k8sup's own build of it has. */
export function corefile(domain: string): string {
  return `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;
}

const clusterRole: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'system:coredns', labels },
  rules: [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ],
};

const clusterRoleBinding: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'system:coredns', labels },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
  subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace }],
};

/** At most one at a time may be evicted; with one replica alone a drain still goes through. */
function disruptionBudget(inventory: Inventory): KubeObject {
  const version = releaseHas(inventory.cluster.versions.kubernetes, 'policyV1') ? 'v1' : 'v1beta1';
  return {
    apiVersion: `policy/${version}`,
    kind: 'PodDisruptionBudget',
    metadata: { name: 'coredns', namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  };
}

function service(inventory: Inventory): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace,
      labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: {
      ...addresses(inventory.cluster.network),
      selector: labels,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  };
}

/** With one family the API server fills in the rest, in releases without dual stack as well. */
function addresses(network: NetworkSettings): object {
  const { dnsIP: clusterIP, dnsIPs: clusterIPs } = network;
  if (clusterIPs.length === 1) return { clusterIP };
  return { clusterIP, clusterIPs, ipFamilies: familiesOf(network).map(familyName), ipFamilyPolicy: 'PreferDualStack' };
}
