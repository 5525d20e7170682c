import type { KubeRunner } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { judgeCsr } from '../pki/index.ts';
import type { CsrHost, CsrPurpose } from '../pki/index.ts';
import { rawShell, sh } from '../shell/sh.ts';
import { nodeNames } from './nodes.ts';

/** A request that nobody has decided on, and why that is so. */
export interface PendingCsr {
  readonly name: string;
  readonly requester: string;
  readonly reason: string;
}

/** A CertificateSigningRequest as the apiserver prints it. */
export interface CsrJson {
  readonly metadata: { readonly name: string };
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
  /** Names to approve. */
  readonly good: readonly string[];
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
  const waiting = requests.filter(({ metadata }) => good.includes(metadata.name));
  return [
    ...waiting.map(({ metadata, spec }) => ({
      name: metadata.name,
      requester: spec.username,
      reason: 'waits for  k8sup apply',
    })),
    ...refused,
  ];
}

export async function approve(kube: KubeRunner, names: readonly string[]): Promise<void> {
  if (names.length > 0) await kube.run(sh`kubectl certificate approve ${names} >/dev/null`);
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
  const good: string[] = [];
  const refused: PendingCsr[] = [];
  for (const csr of requests.filter(isPending)) {
    const purpose = purposes[csr.spec.signerName];
    if (purpose === undefined) continue;
    const judgement = judgeCsr(judged(csr), hosts, purpose);
    if (judgement.approve) good.push(csr.metadata.name);
    else refused.push({ name: csr.metadata.name, requester: csr.spec.username, reason: judgement.reason });
  }
  return { good, refused };
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
