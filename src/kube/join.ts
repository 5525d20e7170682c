import type { ActionContext } from '../engine/stage.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { kubeconfig } from '../pki/index.ts';
import type { Resource } from '../resources/define.ts';
import { escapeControl } from '../shell/escape.ts';
import { rawShell, sh } from '../shell/sh.ts';
import { createBootstrapToken } from './bootstrap-token.ts';
import type { BootstrapToken } from './bootstrap-token.ts';
import { approvePending } from './csr.ts';
import type { PendingCsr } from './csr.ts';

const bootstrapKubeconfig = '/etc/kubernetes/bootstrap.kubeconfig';
const kubeletKubeconfig = '/etc/kubernetes/kubelet.kubeconfig';
const joinLimitMs = 180_000;

/** A host has joined when its kubelet has a client certificate that this cluster's authority signed and that is still valid. */
export function joinCondition(host: Host, inventory: Inventory): Resource<string> {
  const pki = `${inventory.cluster.kubelet.rootDir}/pki`;
  return {
    id: `joined:${host.name}`,
    probe: sh`c=${`${pki}/kubelet-client-current.pem`}
if [ ! -s "$c" ] || [ ! -s ${kubeletKubeconfig} ]; then echo absent
elif ! command -v openssl >/dev/null; then echo joined
elif ! openssl x509 -checkend 0 -noout -in "$c" >/dev/null 2>&1; then echo expired
elif ! openssl verify -CAfile /etc/kubernetes/pki/ca.crt "$c" >/dev/null 2>&1; then echo 'of another authority'
else echo joined; fi`,
    parse: (output) => output.trim(),
    diff: (state) =>
      state === 'joined'
        ? []
        : [{ path: "kubelet's certificate", from: state, to: 'signed by the cluster', effect: 'create' }],
    apply: { script: sh`echo 'joining is an action of its own'; exit 1` },
  };
}

/**
 * Joins hosts: one bootstrap token for all, kubelets started together, exactly the expected requests approved. The token and the hosts'
 * bootstrap kubeconfigs are taken away at the end, also when a host did not come.
 *
 * @throws K8supError `JOIN_TIMEOUT` with each missing host's journal and the requests that were left pending.
 */
export async function joinNodes(hosts: readonly Host[], context: ActionContext): Promise<void> {
  const token = await createBootstrapToken(context);
  try {
    const started = await Promise.allSettled(hosts.map((host) => startKubelet(host, token.token, context)));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    await waitForNodes(hosts, context);
  } catch (error) {
    await takeBack(hosts, token, context).catch((left: unknown) =>
      context.emit({ type: 'warning', text: `after the join: ${messageOf(left)}` }),
    );
    throw error;
  }
  await takeBack(hosts, token, context);
}

/** Takes away all it can, also after the run was stopped or while a host does not answer; throws the first thing that failed. */
async function takeBack(hosts: readonly Host[], token: BootstrapToken, context: ActionContext): Promise<void> {
  const { signal } = new AbortController();
  const script = sh`rm -f ${bootstrapKubeconfig}`.sh;
  const results = await Promise.allSettled([
    token.revoke(signal),
    ...hosts.map((host) => context.executor(host).run(script, { signal, timeoutMs: 30_000 })),
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function startKubelet(host: Host, token: string, context: ActionContext): Promise<void> {
  const { cluster } = context.inventory;
  const content = Buffer.from(
    kubeconfig({
      cluster: cluster.name,
      server: `https://${cluster.controlPlaneEndpoint.host}:${String(cluster.controlPlaneEndpoint.port)}`,
      caPem: context.pki.authorities.ca['kubernetes-ca'].certPem,
      user: 'kubelet-bootstrap',
      credentials: { token },
    }),
  );
  // What an earlier cluster left would be tried first, and refused for ever.
  const script = sh`rm -f ${kubeletKubeconfig} ${cluster.kubelet.rootDir}/pki/kubelet-client-*
(umask 077; head -c ${content.length} > ${bootstrapKubeconfig}) && systemctl daemon-reload && systemctl enable --quiet kubelet.service && systemctl restart --no-block kubelet.service`;
  const result = await context
    .executor(host)
    .run(script.sh, { signal: context.signal, timeoutMs: 60_000, contents: [{ bytes: content }] });
  if (result.exitCode === 0) return;
  throw new K8supError({
    code: 'KUBELET_START',
    kind: 'resource',
    host: host.name,
    what: `${host.name}: kubelet could not be started`,
    why: escapeControl(`${result.stdout}${result.stderr}`.trim()),
    fix: `see  journalctl -u kubelet  on ${host.name}`,
  });
}

/** Polls twice a second: approves what is right, and counts a host as joined when it is registered and has its serving certificate. */
async function waitForNodes(hosts: readonly Host[], context: ActionContext): Promise<void> {
  const end = performance.now() + joinLimitMs;
  let waiting: readonly Host[] = hosts;
  let refused: readonly PendingCsr[] = [];
  while (waiting.length > 0) {
    context.signal.throwIfAborted();
    refused = await approvePending(context);
    const joined = await joinedNodes(context);
    for (const host of waiting.filter(({ name }) => joined.has(name))) {
      context.emit({
        type: 'progress',
        stage: context.stageId,
        host: host.name,
        text: 'registered, with its serving certificate',
      });
    }
    waiting = waiting.filter(({ name }) => !joined.has(name));
    if (waiting.length > 0 && performance.now() > end) throw await joinTimeout(waiting, refused, context);
    if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Names of nodes that are registered and for which a serving certificate was issued. */
async function joinedNodes(context: ActionContext): Promise<ReadonlySet<string>> {
  const script = rawShell(`kubectl get nodes -o jsonpath='{range .items[*]}node {.metadata.name}{"\\n"}{end}'
kubectl get csr -o jsonpath='{range .items[?(@.spec.signerName=="kubernetes.io/kubelet-serving")]}serving {.spec.username} {.status.certificate}{"\\n"}{end}'`);
  const lines = (await context.kube.run(script)).split('\n').map((line) => line.split(' '));
  const registered = lines.filter(([kind]) => kind === 'node').map(([, name]) => name ?? '');
  const serving = new Set(
    lines.filter(([kind, , certificate]) => kind === 'serving' && (certificate ?? '') !== '').map(([, user]) => user),
  );
  return new Set(registered.filter((name) => serving.has(`system:node:${name}`)));
}

async function joinTimeout(
  hosts: readonly Host[],
  refused: readonly PendingCsr[],
  context: ActionContext,
): Promise<K8supError> {
  const journals = await Promise.all(
    hosts.map(async (host) => {
      const script = 'journalctl -u kubelet.service -n 12 --no-pager -o cat';
      const result = await context.executor(host).read(script, { signal: context.signal, timeoutMs: 30_000 });
      return `${host.name}, last lines of its kubelet:\n${escapeControl(result.stdout.trim())}`;
    }),
  );
  const left = refused.map(({ name, requester, reason }) => `left pending: ${name} of ${requester}: ${reason}`);
  return new K8supError({
    code: 'JOIN_TIMEOUT',
    kind: 'kubernetes',
    what: `${hosts.map(({ name }) => name).join(', ')} did not join within ${joinLimitMs / 1000} s`,
    why: [...left, ...journals].join('\n'),
    fix: 'mend what the journal names, then run the same command again',
  });
}
