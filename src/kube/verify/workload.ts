import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';

/** Pods that the verification starts. */
export const replicas = 10;
const labels = { app: 'k8sup-verify' };

/**
 * A Deployment of ten pods over all nodes behind a NodePort Service. Each answers `/cgi-bin/who` with its own name and the address it saw the caller
 * under, so that a hidden (masqueraded) pod address is noticed.
 */
export function workload(inventory: Inventory, namespace: string): readonly KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'app.kubernetes.io/managed-by': 'k8sup' } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(inventory) },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: {
        type: 'NodePort',
        ...(inventory.cluster.network.serviceCIDRs.length > 1 ? { ipFamilyPolicy: 'RequireDualStack' } : {}),
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
      },
    },
  ];
}

const start = `mkdir -p /tmp/www/cgi-bin
cat > /tmp/www/cgi-bin/who <<'EOF'
#!/bin/sh
echo "Content-Type: text/plain"
echo
echo "pod $HOSTNAME saw $REMOTE_ADDR"
EOF
chmod 755 /tmp/www/cgi-bin/who
echo "k8sup-verify started"
exec httpd -f -p 8080 -h /tmp/www`;

function podSpec(inventory: Inventory): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    // A pod that ends slowly would make the whole verification slow: nothing in it is worth waiting for.
    terminationGracePeriodSeconds: 0,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: labels },
      },
    ],
    containers: [
      {
        name: 'web',
        image: inventory.cluster.images.verify,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/sh', '-c', start],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { ...readiness(inventory), periodSeconds: 1 },
        resources: { requests: { cpu: '5m', memory: '8Mi' } },
      },
    ],
  };
}

/** From inside the pod where its host, and so the kubelet, does not reach it. */
function readiness({ cluster }: Inventory): object {
  if (cluster.network.podsReachServices) return { httpGet: { path: '/cgi-bin/who', port: 8080 } };
  const ask = `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w 5 127.0.0.1 8080 | grep -q '^pod '`;
  return { exec: { command: ['/bin/sh', '-c', ask] } };
}
