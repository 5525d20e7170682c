import type { ClusterGate } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { sh } from '../shell/sh.ts';
import { nodeNames } from './nodes.ts';

/**
 * Opens when all nodes of the inventory, but those on unreachable hosts, are Ready and take pods; at the limit it says which are not, their conditions and
 * what their kubelets said. Ready is not enough: the node lifecycle controller takes the not-ready taint off a moment later (seconds, while its leader
 * changes), and until then all pods land on other nodes. Runs with kubectl at hand.
 */
export function nodesReadyGate(inventory: Inventory, unreachable: ReadonlySet<string>): ClusterGate {
  const names = nodeNames(inventory).filter((name) => !unreachable.has(name));
  const nodes = names.map((name) => `node/${name}`);
  const seconds = 180;
  return {
    name: 'nodes ready',
    check: sh`end=$(($(date +%s) + ${seconds}))
while :; do
  if said=$(kubectl --request-timeout=10s get ${nodes} --no-headers -o ${columns} 2>&1); then
    said=$(printf '%s\\n' "$said" | awk '$2 != "True" || $3 ~ /node.kubernetes.io\\/(not-ready|unreachable)/ { print "not ready: " $1 " Ready=" $2 " taints=" $3 }')
    [ -n "$said" ] || exit 0
  fi
  [ "$(date +%s)" -lt "$end" ] || break
  sleep 0.3
done
printf '%s\\n' "$said" >&2
kubectl get nodes -o wide >&2
kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}: {range .status.conditions[?(@.status!="False")]}{.type}={.status} {.message}{"\\n"}{end}{end}' >&2
exit 1`,
    timeoutSeconds: seconds + 20,
    journals: {
      unit: 'kubelet.service',
      hosts: (said) => [...said.matchAll(/^not ready: (\S+)/gm)].map(([, name = '']) => name),
    },
  };
}

const columns =
  'custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status,TAINTS:.spec.taints[*].key';

/** Opens when a Deployment's rollout is complete; at the limit it shows its pods, events and last log lines. Runs with kubectl at hand. */
export function rolloutGate(namespace: string, deployment: string): ClusterGate {
  const seconds = 180;
  return {
    name: `${deployment} ready`,
    check: sh`kubectl -n ${namespace} rollout status deployment/${deployment} --timeout=${`${seconds}s`} >/dev/null || {
kubectl -n ${namespace} get pods -o wide >&2
kubectl -n ${namespace} get events --sort-by=.lastTimestamp 2>&1 | tail -n 8 >&2
kubectl -n ${namespace} logs deployment/${deployment} --tail=8 >&2; exit 1; }`,
    timeoutSeconds: seconds + 20,
  };
}
