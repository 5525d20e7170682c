import { kubeconfigs, kubePki } from '../components/paths.ts';
import type { ActionContext } from '../engine/stage.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { endpointUrl } from '../inventory/urls.ts';
import { kubeconfig } from '../pki/index.ts';
import type { Resource } from '../resources/define.ts';
import { ownCommand } from '../resources/service.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';
import { createBootstrapToken } from './bootstrap-token.ts';
import type { BootstrapToken } from './bootstrap-token.ts';
import { changeHost } from './change-host.ts';
import { servingRequests, waitForNodes } from './wait-for-nodes.ts';

/**
 * A host has joined when its kubelet has a client certificate that is still valid and was signed by the authority that signs now: while authorities are
 * exchanged, the one before it is trusted too.
 *
 * @param signer - the key identifier of the authority that signs.
 */
export function joinCondition(host: Host, inventory: Inventory, signer: Buffer | undefined): Resource<string> {
  // Old authorities have no identifier, and then nothing that they signed names one.
  const keyId = (signer?.toString('hex').toUpperCase().match(/../g) ?? []).join(':');
  const pki = `${inventory.cluster.kubelet.rootDir}/pki`;
  return {
    id: `joined:${host.name}`,
    probe: sh`c=${`${pki}/kubelet-client-current.pem`}
if [ ! -s "$c" ] || [ ! -s ${kubeconfigs.kubelet} ]; then echo absent
elif ! command -v openssl >/dev/null; then echo joined
elif ! openssl x509 -checkend 0 -noout -in "$c" >/dev/null 2>&1; then echo expired
elif ! openssl verify -partial_chain -CAfile ${kubePki.ca} "$c" >/dev/null 2>&1; then echo 'of another authority'
elif [ -n ${keyId} ] && ! openssl x509 -text -noout -in "$c" | grep -A1 'Authority Key Identifier' | grep -qF ${keyId}; then echo 'of the authority that goes'
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
 * Joins hosts: one bootstrap token for all, kubelets started together, exactly the expected requests approved. A host whose kubelet does not start does
 * not keep the others. The token and the hosts' bootstrap kubeconfigs are taken away at the end, also when a host did not come.
 *
 * @throws K8supError the first thing that failed, the others are told as warnings: `JOIN_TIMEOUT` with each missing host's journal and the requests
 *   that were left pending, or `KUBELET_START`.
 */
export async function joinNodes(hosts: readonly Host[], context: ActionContext): Promise<void> {
  const token = await createBootstrapToken(context);
  const failures = await startAndWait(hosts, token.token, context);
  const errors = [...failures, ...(await takeBack(hosts, token, context))];
  for (const error of errors.slice(1)) context.emit({ type: 'warning', text: `after the join: ${reasonOf(error)}` });
  if (errors.length > 0) throw errors[0];
}

/** What failed, the most telling first. */
async function startAndWait(
  hosts: readonly Host[],
  token: string,
  context: ActionContext,
): Promise<readonly unknown[]> {
  const unstarted: unknown[] = [];
  try {
    const earlier = await servingRequests(context.kube);
    const results = await Promise.allSettled(hosts.map((host) => startKubelet(host, token, context)));
    unstarted.push(...reasons(results));
    const started = hosts.filter((_host, index) => results[index]?.status === 'fulfilled');
    await waitForNodes(started, earlier, context);
    return unstarted;
  } catch (error) {
    return [error, ...unstarted];
  }
}

/** Takes away all it can, also after the run was stopped or while a host does not answer; gives what failed. */
async function takeBack(
  hosts: readonly Host[],
  token: BootstrapToken,
  context: ActionContext,
): Promise<readonly unknown[]> {
  const { signal } = new AbortController();
  return reasons(
    await Promise.allSettled([token.revoke(signal), ...hosts.map((host) => removeKubeconfig(host, context, signal))]),
  );
}

async function removeKubeconfig(host: Host, context: ActionContext, signal: AbortSignal): Promise<void> {
  const script = sh`rm -f ${kubeconfigs.bootstrap}`;
  const result = await changeHost(context, host, { script, seconds: 30, signal });
  if (result.exitCode === 0) return;
  throw new K8supError({
    code: 'BOOTSTRAP_LEFT',
    kind: 'resource',
    host: host.name,
    what: `${host.name}: ${kubeconfigs.bootstrap} could not be taken away`,
    why: escapeControl(`${result.stdout}${result.stderr}`.trim()),
    fix: 'run the same command again: it takes away what is left',
  });
}

function reasons(results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}

function reasonOf(error: unknown): string {
  const why = error instanceof K8supError ? error.why : undefined;
  return [messageOf(error), ...(why === undefined ? [] : [why])].join(': ');
}

async function startKubelet(host: Host, token: string, context: ActionContext): Promise<void> {
  const { cluster } = context.inventory;
  const content = kubeconfig({
    cluster: cluster.name,
    server: endpointUrl(context.inventory),
    // The kubelet copies this into a kubeconfig of its own: a path stays right when authorities are exchanged.
    caPath: kubePki.ca,
    user: 'kubelet-bootstrap',
    credentials: { token },
  });
  const pki = `${cluster.kubelet.rootDir}/pki`;
  const result = await changeHost(context, host, {
    file: { path: kubeconfigs.bootstrap, content, mode: 0o600, secret: true },
    // What an earlier cluster left would be tried first and refused for ever; a serving certificate that is there would not be asked for again.
    script: sh`${ownCommand('kubelet.service')}
rm -f ${kubeconfigs.kubelet} ${pki}/kubelet-client-* ${pki}/kubelet-server-*
systemctl daemon-reload && systemctl enable --quiet kubelet.service && systemctl restart --no-block kubelet.service`,
    seconds: 60,
    signal: context.signal,
  });
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
