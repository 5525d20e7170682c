import type { KubeRunner } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { judgeCsr, printable } from '../pki/index.ts';
import type { CsrHost, CsrPurpose } from '../pki/index.ts';
import { rawShell } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { nodeNames } from './nodes.ts';

/** A request that nobody has decided on, and why that is so. */
export interface PendingCsr {
  readonly name: string;
  readonly requester: string;
  readonly reason: string;
}

/** A CertificateSigningRequest as the apiserver prints it. */
export interface CsrJson {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly username: string;
    readonly groups?: readonly string[];
    readonly usages?: readonly string[];
  };
  readonly status?: { readonly conditions?: readonly unknown[]; readonly certificate?: string };
}

/** What is to be done with the requests that nobody has decided on. */
export interface Decision {
  /** Those to approve. */
  readonly good: readonly CsrJson[];
  readonly refused: readonly PendingCsr[];
}

interface Cluster {
  readonly kube: KubeRunner;
  readonly inventory: Inventory;
}

export const servingSigner = 'kubernetes.io/kubelet-serving';
const purposes: Readonly<Record<string, CsrPurpose>> = {
  'kubernetes.io/kube-apiserver-client-kubelet': 'client',
  [servingSigner]: 'serving',
};

/** What a good request waits for where nothing is approved. */
const waits: Readonly<Record<string, string>> = {
  'kubernetes.io/kube-apiserver-client-kubelet': 'waits for  k8sup apply',
  [servingSigner]: 'is right: the approver on the masters, or  k8sup apply, approves it',
};

/** Prints all requests as JSON; with kubectl at hand. */
export const listRequests = rawShell('kubectl get csr -o json');

const nobody: ReadonlySet<string> = new Set();

/**
 * Approves exactly the pending renewals of kubelets that are what a host of the inventory asks for, and gives back the rest with the reasons. First
 * requests, of bootstrappers, are for the join alone.
 * Requests for other signers are none of k8sup's business.
 */
export async function approvePending(cluster: Cluster): Promise<readonly PendingCsr[]> {
  const { good, refused } = decide(cluster.inventory, readRequests(await cluster.kube.run(listRequests)), nobody);
  await approve(cluster.kube, good);
  return refused;
}

/** All pending requests of kubelets: those that an apply approves, and those that it leaves; approves none. */
export async function listPending(cluster: Cluster): Promise<readonly PendingCsr[]> {
  const requests = readRequests(await cluster.kube.run(listRequests));
  const { good, refused } = decide(cluster.inventory, requests, nobody);
  return [...good.map((csr) => pendingCsr(csr, waits[csr.spec.signerName] ?? '')), ...refused];
}

/**
 * Approves the very objects that were judged: by their uid and version, so that none that has come in the place of one is met. One that is gone, or that
 * somebody else has decided on meanwhile, is left alone.
 */
export async function approve(kube: KubeRunner, requests: readonly CsrJson[]): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map((csr) => `${approvalPath(csr)} ${JSON.stringify(approval(csr))}\n`);
  await kube.run(approveAll, { contents: [Buffer.from(rows.join(''))], timeoutMs: 60_000 + requests.length * 1000 });
}

/** Several at once: most of the time is kubectl's own start. The mark is a file, since each runs in a shell of its own. */
const approveAll: Sh = rawShell(`k8sup_n=0
head -c "$1" > "$k8sup_d/approvals"
while IFS=' ' read -r path object; do
  k8sup_n=$((k8sup_n + 1))
  { said=$(printf '%s' "$object" | kubectl replace --raw "$path" -f - 2>&1 >/dev/null) || case $said in
      *'(Conflict)'* | *'(NotFound)'*) ;;
      *) printf '%s\\n' "$said" >> "$k8sup_d/failed" ;;
    esac; } &
  [ $((k8sup_n % 8)) != 0 ] || wait
done < "$k8sup_d/approvals"
wait
if [ -e "$k8sup_d/failed" ]; then cat "$k8sup_d/failed" >&2; exit 1; fi`);

function approvalPath({ metadata }: CsrJson): string {
  return `/apis/certificates.k8s.io/v1/certificatesigningrequests/${encodeURIComponent(metadata.name)}/approval`;
}

function approval({ metadata: { name, uid, resourceVersion }, spec: { request, signerName } }: CsrJson): object {
  const message = 'everything in it is what a host of the inventory asks for';
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, uid, resourceVersion },
    spec: { request, signerName, usages: [] },
    status: { conditions: [{ type: 'Approved', status: 'True', reason: 'K8supApply', message }] },
  };
}

export function readRequests(json: string): readonly CsrJson[] {
  return (JSON.parse(json) as { readonly items: readonly CsrJson[] }).items;
}

/**
 * Pure.
 *
 * @param joining - names of the hosts whose first client certificate may be asked for by a bootstrapper.
 */
export function decide(inventory: Inventory, requests: readonly CsrJson[], joining: ReadonlySet<string>): Decision {
  const hosts = kubeletHosts(inventory, joining);
  const good: CsrJson[] = [];
  const refused: PendingCsr[] = [];
  for (const csr of requests.filter(isPending)) {
    const purpose = purposes[csr.spec.signerName];
    if (purpose === undefined) continue;
    const judgement = judgeCsr(judged(csr), hosts, purpose);
    if (judgement.approve) good.push(csr);
    else refused.push(pendingCsr(csr, judgement.reason));
  }
  return { good, refused };
}

/** Its name and user are somebody else's text. */
function pendingCsr({ metadata, spec }: CsrJson, reason: string): PendingCsr {
  return { name: printable(metadata.name), requester: printable(spec.username), reason };
}

function isPending({ status }: CsrJson): boolean {
  return (status?.conditions ?? []).length === 0 && status?.certificate === undefined;
}

function kubeletHosts(inventory: Inventory, joining: ReadonlySet<string>): readonly CsrHost[] {
  const names = nodeNames(inventory);
  return inventory.hosts
    .filter(({ name }) => names.includes(name))
    .map(({ name, addresses }) => ({ name, addresses, joining: joining.has(name) }));
}

function judged({ metadata, spec }: CsrJson): Parameters<typeof judgeCsr>[0] {
  const { request, signerName, username, groups = [], usages = [] } = spec;
  const requestPem = Buffer.from(request, 'base64').toString('latin1');
  return { name: metadata.name, signerName, username, groups, usages, requestPem };
}
