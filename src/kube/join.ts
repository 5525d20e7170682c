import type { ActionContext } from '../engine/stage.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { kubeconfig } from '../pki/index.ts';
import type { Resource } from '../resources/define.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';
import { createBootstrapToken } from './bootstrap-token.ts';
import type { BootstrapToken } from './bootstrap-token.ts';
import { apiserverUrl } from './url.ts';
import { servingRequests, waitForNodes } from './wait-for-nodes.ts';

const bootstrapKubeconfig = '/etc/kubernetes/bootstrap.kubeconfig';
const kubeletKubeconfig = '/etc/kubernetes/kubelet.kubeconfig';

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
    const earlier = await servingRequests(context.kube);
    const started = await Promise.allSettled(hosts.map((host) => startKubelet(host, token.token, context)));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    await waitForNodes(hosts, earlier, context);
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
      server: apiserverUrl(cluster.controlPlaneEndpoint.host, cluster.controlPlaneEndpoint.port),
      caPem: context.pki.authorities.ca['kubernetes-ca'].certPem,
      user: 'kubelet-bootstrap',
      credentials: { token },
    }),
  );
  const pki = `${cluster.kubelet.rootDir}/pki`;
  // What an earlier cluster left would be tried first and refused for ever; a serving certificate that is there would not be asked for again.
  const script = sh`rm -f ${kubeletKubeconfig} ${pki}/kubelet-client-* ${pki}/kubelet-server-*
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
