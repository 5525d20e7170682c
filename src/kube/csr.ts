import type { ActionContext } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import { judgeCsr } from '../pki/index.ts';
import type { CsrPurpose } from '../pki/index.ts';
import { rawShell, sh } from '../shell/sh.ts';
import { nodeNames } from './nodes.ts';

/** A request that nobody has decided on, and why k8sup leaves it so. */
export interface PendingCsr {
  readonly name: string;
  readonly requester: string;
  readonly reason: string;
}

interface CsrJson {
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

const purposes: Readonly<Record<string, CsrPurpose>> = {
  'kubernetes.io/kube-apiserver-client-kubelet': 'client',
  'kubernetes.io/kubelet-serving': 'serving',
};

/**
 * Approves exactly the pending requests of kubelets that are what a host of the inventory asks for, and gives back the rest with the reasons.
 * Requests for other signers are none of k8sup's business.
 */
export async function approvePending(
  context: Pick<ActionContext, 'kube' | 'inventory'>,
): Promise<readonly PendingCsr[]> {
  const judged = await judgePending(context);
  const good = judged.filter(({ reason }) => reason === undefined).map(({ name }) => name);
  if (good.length > 0) await context.kube.run(sh`kubectl certificate approve ${good} >/dev/null`);
  return judged.flatMap(({ name, requester, reason }) => (reason === undefined ? [] : [{ name, requester, reason }]));
}

/** Pending requests that would not be approved; approves none. */
export async function listRefused(context: Pick<ActionContext, 'kube' | 'inventory'>): Promise<readonly PendingCsr[]> {
  return (await judgePending(context)).flatMap(({ name, requester, reason }) =>
    reason === undefined ? [] : [{ name, requester, reason }],
  );
}

async function judgePending(context: Pick<ActionContext, 'kube' | 'inventory'>) {
  const { items } = JSON.parse(await context.kube.run(rawShell('kubectl get csr -o json'))) as {
    readonly items: readonly CsrJson[];
  };
  const pending = items.filter(
    ({ status }) => (status?.conditions ?? []).length === 0 && status?.certificate === undefined,
  );
  return pending.flatMap((csr) => {
    const purpose = purposes[csr.spec.signerName];
    return purpose === undefined
      ? []
      : [{ name: csr.metadata.name, requester: csr.spec.username, reason: refusal(context.inventory, csr, purpose) }];
  });
}

function refusal(inventory: Inventory, csr: CsrJson, purpose: CsrPurpose): string | undefined {
  const names = nodeNames(inventory);
  const hosts = inventory.hosts
    .filter(({ name }) => names.includes(name))
    .map(({ name, address }) => ({ name, addresses: [address] }));
  const { request, signerName, username, groups = [], usages = [] } = csr.spec;
  const requestPem = Buffer.from(request, 'base64').toString('latin1');
  const judgement = judgeCsr(
    { name: csr.metadata.name, signerName, username, groups, usages, requestPem },
    hosts,
    purpose,
  );
  return judgement.approve ? undefined : judgement.reason;
}
