import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';

export const namespace = 'k8sup-network-test';
/** Where a test pod answers, and its Service. */
export const podPort = 8080;
export const servicePort = 80;
/** What is sent to measure the throughput, at most. */
const sentMiB = 64;

/** One node's part of the test. */
export interface Part {
  readonly node: string;
  /** For example `pod-0` and `node-0`; names of nodes may be too long for names of Services. */
  readonly pod: string;
  readonly service: string;
}

export function partsOf(nodes: readonly string[]): readonly Part[] {
  return nodes.map((node, index) => ({ node, pod: `pod-${index}`, service: `to-${index}` }));
}

/** Pods that answer at their node's own address; two, so that every node can ask another one. */
export function receiversOf(nodes: readonly string[]): readonly { readonly node: string; readonly pod: string }[] {
  return nodes.length < 2 ? [] : nodes.slice(0, 2).map((node, index) => ({ node, pod: `receiver-${index}` }));
}

/** The pods of host networks must be allowed where the cluster's default is stricter. */
export function namespaceObject(): KubeObject {
  const labels = { 'app.kubernetes.io/managed-by': 'k8sup', 'pod-security.kubernetes.io/enforce': 'privileged' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
}

/**
 * One pod for each node, put there without the scheduler and whatever its taints are, each with a Service of its own, and the receivers.
 *
 * @param receiverPort - taken on the receivers' nodes while the test runs.
 */
export function workload(inventory: Inventory, nodes: readonly string[], receiverPort: number): readonly KubeObject[] {
  return [
    ...partsOf(nodes).flatMap(({ node, pod, service }) => [
      podObject(inventory, { pod, node, port: podPort, hostNetwork: false }),
      serviceObject(service, pod),
    ]),
    ...receiversOf(nodes).map(({ node, pod }) =>
      podObject(inventory, { pod, node, port: receiverPort, hostNetwork: true }),
    ),
  ];
}

interface PodSpec {
  readonly pod: string;
  readonly node: string;
  readonly port: number;
  readonly hostNetwork: boolean;
}

function podObject(inventory: Inventory, { pod, node, port, hostNetwork }: PodSpec): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace, labels: { app: namespace, pod } },
    spec: {
      nodeName: node,
      hostNetwork,
      tolerations: [{ operator: 'Exists' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'test',
          image: inventory.cluster.images.verify,
          imagePullPolicy: 'IfNotPresent',
          command: ['/bin/sh', '-c', start(port)],
          resources: { requests: { cpu: '5m', memory: '8Mi' } },
        },
      ],
    },
  };
}

function serviceObject(name: string, pod: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { pod }, ports: [{ port: servicePort, targetPort: podPort, protocol: 'TCP' }] },
  };
}

/** Answers with the address it sees the caller under; the file to send has no block on the disk. */
function start(port: number): string {
  return `mkdir -p /tmp/www/cgi-bin
cat > /tmp/www/cgi-bin/who <<'EOF'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\nsaw %s\\n' "$REMOTE_ADDR"
EOF
chmod 755 /tmp/www/cgi-bin/who
dd if=/dev/zero of=/tmp/www/zeros bs=1048576 seek=${sentMiB} count=0 2>/dev/null
printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' > /tmp/who
printf 'GET /zeros HTTP/1.0\\r\\n\\r\\n' > /tmp/send
exec httpd -f -p ${port} -h /tmp/www`;
}
