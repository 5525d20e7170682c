import type { Gate } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { sh } from '../shell/sh.ts';
import { nodeNames } from './nodes.ts';

/**
 * Opens when all nodes of the inventory are Ready and take pods; at the limit it says which are not, and their conditions. Ready is not enough: the node
 * lifecycle controller takes the not-ready taint off a moment later (seconds, while its leader changes), and until then all pods land on other nodes.
 * Runs with kubectl at hand.
 */
export function nodesReadyGate(inventory: Inventory): Gate {
  const nodes = nodeNames(inventory).map((name) => `node/${name}`);
  const seconds = 180;
  return {
    name: 'nodes ready',
    check: sh`end=$(($(date +%s) + ${seconds}))
tainted() { kubectl get ${nodes} --no-headers -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints[*].key | grep -E 'node.kubernetes.io/(not-ready|unreachable)'; }
kubectl wait --for=condition=Ready ${nodes} --timeout=${`${seconds}s`} >/dev/null &&
while t=$(tainted); do if [ "$(date +%s)" -ge "$end" ]; then echo "still tainted: $t" >&2; break; fi; sleep 0.3; done &&
[ -z "$t" ] || {
kubectl get nodes -o wide >&2
kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}: {range .status.conditions[?(@.status!="False")]}{.type}={.status} {.message}{"\\n"}{end}{end}' >&2; exit 1; }`,
    timeoutSeconds: seconds + 20,
    unit: 'kubelet.service',
  };
}

/** Opens when a Deployment's rollout is complete; at the limit it shows its pods, events and last log lines. Runs with kubectl at hand. */
export function rolloutGate(namespace: string, deployment: string): Gate {
  const seconds = 180;
  return {
    name: `${deployment} ready`,
    check: sh`kubectl -n ${namespace} rollout status deployment/${deployment} --timeout=${`${seconds}s`} >/dev/null || {
kubectl -n ${namespace} get pods -o wide >&2
kubectl -n ${namespace} get events --sort-by=.lastTimestamp 2>&1 | tail -n 8 >&2
kubectl -n ${namespace} logs deployment/${deployment} --tail=8 >&2; exit 1; }`,
    timeoutSeconds: seconds + 20,
    unit: 'kubelet.service',
  };
}
