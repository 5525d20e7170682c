import type { RunContext } from '../../engine/run-context.ts';
import type { MemberStatus, NodeStatus, PendingRequest } from '../../engine/events.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { hasKubernetes, hostsWith } from '../../inventory/model.ts';
import type { Host } from '../../inventory/model.ts';
import { listPending, nodeNames } from '../../kube/index.ts';
import { binaries, etcdPki } from '../../components/paths.ts';
import { etcdEndpoints } from '../../components/etcd/etcd.ts';
import { rawShell, sh } from '../../shell/sh.ts';
import { readContainers } from './containers.ts';

/** What the cluster itself says: nodes, etcd members and requests that wait for a person. An apiserver that does not answer is a state. */
export async function readClusterStatus(context: RunContext) {
  const { cluster } = context.inventory;
  const kubernetes = hasKubernetes(context.inventory);
  const [kube, members, containers] = await Promise.all([
    kubernetes ? readNodes(context) : { nodes: [], pendingRequests: [] },
    readMembers(context),
    readContainers(context),
  ]);
  const version = kubernetes ? { kubernetesVersion: cluster.versions.kubernetes } : {};
  return { cluster: cluster.name, ...version, ...kube, members, containers };
}

async function readNodes(context: RunContext): Promise<{
  readonly nodes: readonly NodeStatus[];
  readonly pendingRequests: readonly PendingRequest[];
  readonly unreachable?: string;
}> {
  try {
    const script = rawShell(
      `kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion} {.spec.podCIDRs[*]}{"\\n"}{end}'`,
    );
    const [output, pendingRequests] = await Promise.all([context.kube.run(script), listPending(context)]);
    const nodes = output
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line): NodeStatus => {
        const [name = '', ready, kubelet = '', runtime = '', ...podCIDRs] = line.split(' ');
        return { name, registered: true, ready: ready === 'True', kubelet, runtime, podCIDR: podCIDRs.join(',') };
      });
    const absent = nodeNames(context.inventory).filter((name) => !nodes.some((node) => node.name === name));
    return { nodes: [...nodes, ...absent.map(notRegistered)], pendingRequests };
  } catch (error) {
    if (!(error instanceof K8supError)) throw error;
    return { nodes: [], pendingRequests: [], unreachable: error.why ?? error.message };
  }
}

function notRegistered(name: string): NodeStatus {
  return { name, registered: false, ready: false, kubelet: '', runtime: '', podCIDR: '' };
}

interface EndpointStatus {
  readonly Endpoint: string;
  readonly Status: {
    readonly version: string;
    readonly dbSize: number;
    readonly leader: number;
    readonly errors?: readonly string[];
    readonly header: { readonly member_id: number };
  };
}

/** Asks one host after the other until its etcdctl tells of all members; without any answer, none is healthy. */
async function readMembers(context: RunContext): Promise<readonly MemberStatus[]> {
  const hosts = hostsWith(context.inventory, 'etcd');
  for (const host of hosts) {
    const answered = await askFor(context, host);
    if (answered !== undefined) return hosts.map((member) => memberStatus(member, answered));
  }
  return hosts.map((member) => memberStatus(member, []));
}

async function askFor(context: RunContext, host: Host): Promise<readonly EndpointStatus[] | undefined> {
  const script = sh`${binaries.etcdctl} --endpoints ${etcdEndpoints(context.inventory)} --cacert ${etcdPki.ca} --cert ${etcdPki.healthCert} --key ${etcdPki.healthKey} --command-timeout 5s endpoint status -w json 2>/dev/null`;
  try {
    const { stdout } = await context.executor(host).read(script.sh, { signal: context.signal, timeoutMs: 30_000 });
    // etcdctl exits with 1 when any member is down, and still tells of the others.
    return stdout.trim().startsWith('[') ? (JSON.parse(stdout) as readonly EndpointStatus[]) : undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    // The host's own row tells why it does not answer.
    if (error instanceof K8supError) return undefined;
    throw error;
  }
}

function memberStatus({ name, address }: Host, answered: readonly EndpointStatus[]): MemberStatus {
  const found = answered.find(
    ({ Endpoint }) => Endpoint.includes(`//${address}:`) || Endpoint.includes(`//[${address}]:`),
  );
  if (found === undefined) return { name, healthy: false, version: '', leader: false, dbMiB: 0 };
  const { version, dbSize, leader, header, errors } = found.Status;
  return {
    name,
    healthy: (errors ?? []).length === 0,
    version,
    leader: leader === header.member_id,
    dbMiB: Math.round(dbSize / 104857.6) / 10,
  };
}
