import type { ClusterGate, KubeObject } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { lines, sh } from '../shell/sh.ts';
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

/**
 * Opens when the pods of these DaemonSets and Deployments run as they are written by now, but for as many of each as there are hosts that the run goes on
 * without; undefined where there are none. At the limit it says which do not, and why their containers wait. Runs with kubectl at hand.
 */
export function workloadsGate(
  name: string,
  objects: readonly KubeObject[],
  unreachable: number,
): ClusterGate | undefined {
  const workloads = objects.filter(({ kind }) => kind === 'DaemonSet' || kind === 'Deployment');
  if (workloads.length === 0) return undefined;
  const seconds = 300;
  const namespaces = [...new Set(workloads.map(({ metadata }) => metadata.namespace ?? 'default'))];
  const looks = namespaces.map((namespace) => {
    const names = workloads
      .filter(({ metadata }) => (metadata.namespace ?? 'default') === namespace)
      .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
    return sh`kubectl --request-timeout=10s -n ${namespace} get ${names} --no-headers -o ${workloadColumns} || exit 1`;
  });
  return {
    name,
    check: sh`end=$(($(date +%s) + ${seconds}))
while :; do
  if said=$( ( ${lines(looks)}
) 2>&1); then
    said=$(printf '%s\n' "$said" | awk -v gone=${unreachable} '
      { wanted = $1 == "DaemonSet" ? $5 : $6; new = $1 == "DaemonSet" ? $7 : $8; up = $1 == "DaemonSet" ? $9 : $10; least = wanted - gone
        if ($3 != $4 || wanted == "<none>" || ($11 != "OnDelete" && new + 0 < least) || up + 0 < least) print "not ready: " $1 " " $2 ", " up + 0 " of " wanted + 0 " pods" }')
    [ -n "$said" ] || exit 0
  fi
  [ "$(date +%s)" -lt "$end" ] || break
  sleep 1
done
printf '%s\n' "$said" >&2
for namespace in ${namespaces}; do
  kubectl -n "$namespace" get pods --no-headers -o ${podColumns} 2>&1 | awk '$3 != "Succeeded" && $4 ~ /false|<none>/' | head -n 12 >&2
  kubectl -n "$namespace" get events --field-selector type=Warning --sort-by=.lastTimestamp 2>&1 | tail -n 8 >&2
done
exit 1`,
    timeoutSeconds: seconds + 20,
  };
}

const workloadColumns = `custom-columns=${[
  'KIND:.kind',
  'NAME:.metadata.name',
  'WRITTEN:.metadata.generation',
  'SEEN:.status.observedGeneration',
  'SCHEDULED:.status.desiredNumberScheduled',
  'REPLICAS:.spec.replicas',
  'UPDATED:.status.updatedNumberScheduled',
  'NEW:.status.updatedReplicas',
  'UP:.status.numberAvailable',
  'AVAILABLE:.status.availableReplicas',
  'HOW:.spec.updateStrategy.type',
].join(',')}`;

const podColumns =
  'custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,PHASE:.status.phase,READY:.status.containerStatuses[*].ready,WAITS:.status.containerStatuses[*].state.waiting.reason,FIRST:.status.initContainerStatuses[*].state.waiting.reason';
