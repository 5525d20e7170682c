import type { ActionContext } from '../../engine/stage.ts';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { namespace, namespaceObject, partsOf, receiversOf, workload } from './workload.ts';

/** A test pod that runs. */
export interface TestPod {
  readonly node: string;
  readonly name: string;
  readonly uid: string;
  readonly addresses: readonly string[];
  readonly serviceAddresses: readonly string[];
}

/** A pod that answers at its node's own address. */
export interface Receiver {
  readonly node: string;
  readonly address: string;
  readonly port: number;
}

export interface Started {
  readonly pods: readonly TestPod[];
  readonly receivers: readonly Receiver[];
  /** Nodes on which no test pod runs, and why. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

const readySeconds = 60;

/**
 * Starts the test's pods, in place of those that an earlier test may have left, and gives those that run in time.
 *
 * @throws K8supError `NETWORK_TEST_NAMESPACE` where somebody else has the namespace.
 */
export async function startPods(
  context: ActionContext,
  nodes: readonly string[],
  receiverPort: number,
): Promise<Started> {
  const objects = { apiVersion: 'v1', kind: 'List', items: workload(context.inventory, nodes, receiverPort) };
  const contents = [namespaceObject(), objects].map((object) => Buffer.from(JSON.stringify(object)));
  const output = await context.kube.run(startScript, { contents, timeoutMs: (readySeconds + 180) * 1000 });
  if (output.startsWith('foreign ')) throw foreign(output.slice('foreign '.length).trim());
  return parseStarted(output, nodes, receiverPort);
}

/**
 * By its label too: a namespace of that name that is somebody else's stays, whatever happened. Its pods go first, since the cluster looks only
 * seconds later again at a namespace that was not empty when it was deleted.
 */
function deleteOwn(waiting: readonly string[]): Sh {
  return sh`kubectl -n ${namespace} delete pods -l app=${namespace} ${waiting} >/dev/null 2>&1
kubectl delete namespaces -l app.kubernetes.io/managed-by=k8sup --field-selector ${`metadata.name=${namespace}`} ${waiting} >/dev/null`;
}

/** Our own namespace is taken away; another one of that name stays. Accounts of a new namespace come a moment after it. */
const startScript = sh`if owner=$(kubectl get namespace ${namespace} --ignore-not-found -o jsonpath='{.metadata.name} {.metadata.labels.app\\.kubernetes\\.io/managed-by}') && [ -n "$owner" ]; then
  if [ "$owner" != ${`${namespace} k8sup`} ]; then echo "foreign $owner"; exit 0; fi
  ( ${deleteOwn(['--timeout=60s'])} ) || exit 1
fi
head -c "$1" | kubectl create -f - >/dev/null || exit 1
n=0; until kubectl -n ${namespace} get serviceaccount default >/dev/null 2>&1; do n=$((n+1)); [ $n -lt 20 ] || break; sleep 0.5; done
head -c "$2" | kubectl create -f - >/dev/null || exit 1
kubectl -n ${namespace} wait --for=condition=Ready pod --all --timeout=${`${readySeconds}s`} >/dev/null 2>&1
kubectl -n ${namespace} get pods,services -o json || exit 1`;

interface ObjectJson {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly clusterIP?: string; readonly clusterIPs?: readonly string[] };
  readonly status: {
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly hostIP?: string;
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
    }[];
  };
}

function parseStarted(output: string, nodes: readonly string[], port: number): Started {
  const { items } = JSON.parse(output) as { readonly items: readonly ObjectJson[] };
  const find = (kind: string, name: string): ObjectJson | undefined =>
    items.find((item) => item.kind === kind && item.metadata.name === name);
  const parts = partsOf(nodes).map((part) => ({ ...part, found: find('Pod', part.pod) }));
  return {
    pods: parts.flatMap(({ node, pod, service, found }) => {
      if (found === undefined || !isReady(found)) return [];
      const { spec } = find('Service', service) ?? {};
      const { podIP = '', podIPs = [{ ip: podIP }] } = found.status;
      const addresses = podIPs.map(({ ip }) => ip);
      const serviceAddresses = spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP]);
      return [{ node, name: pod, uid: found.metadata.uid, addresses, serviceAddresses }];
    }),
    receivers: receiversOf(nodes).flatMap(({ node, pod }) => {
      const found = find('Pod', pod);
      const address = found?.status.hostIP;
      return found === undefined || address === undefined || !isReady(found) ? [] : [{ node, address, port }];
    }),
    missing: parts
      .filter(({ found }) => found === undefined || !isReady(found))
      .map(({ node, found }) => ({ name: node, reason: whyNotReady(found) })),
  };
}

function isReady({ status }: ObjectJson): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

function whyNotReady(pod: ObjectJson | undefined): string {
  if (pod === undefined) return 'its test pod was not made';
  const { phase = 'unknown', containerStatuses = [], conditions = [] } = pod.status;
  const waiting = containerStatuses[0]?.state?.waiting;
  const said = waiting?.message ?? conditions.find(({ message }) => message !== undefined)?.message;
  const words = [waiting?.reason, said].filter((text) => text !== undefined);
  return `its test pod is ${phase} after ${readySeconds} s${words.length === 0 ? '' : `: ${words.join(', ')}`}`;
}

function foreign(owner: string): K8supError {
  return new K8supError({
    code: 'NETWORK_TEST_NAMESPACE',
    kind: 'kubernetes',
    what: `the cluster has a namespace ${namespace} that is not k8sup's`,
    why: `it has not the label app.kubernetes.io/managed-by: k8sup (${owner})`,
    fix: 'the test makes this namespace and takes it away again: give yours another name',
  });
}

/** Takes the test's namespace away, also after a stop, and then without the waiting. What stays is told. */
export async function removePods(context: ActionContext): Promise<string | undefined> {
  const waiting = context.signal.aborted ? ['--wait=false'] : ['--timeout=90s'];
  try {
    await context.kube.run(deleteOwn(waiting), { timeoutMs: 120_000, signal: new AbortController().signal });
    return undefined;
  } catch (error) {
    return error instanceof K8supError ? (error.why ?? error.message) : messageOf(error);
  }
}
