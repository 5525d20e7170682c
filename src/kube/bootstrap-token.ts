import { randomBytes } from 'node:crypto';
import { httpHealth } from '../components/health.ts';
import { kubeFiles, kubePki } from '../components/paths.ts';
import type { ActionContext } from '../engine/stage.ts';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import { hostsWith } from '../inventory/model.ts';
import type { Host } from '../inventory/model.ts';
import { masterUrl } from '../inventory/urls.ts';
import { bootstrapGroup, bootstrapTokenFileUser } from '../pki/index.ts';
import { escapeControl } from '../shell/escape.ts';
import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { changeHost } from './change-host.ts';

/** A token that lets kubelets ask for their first certificate, and how to take it away again. */
export interface BootstrapToken {
  /** A secret. */
  readonly token: string;
  /** Has a signal of its own: a token must go also after the run was stopped. */
  revoke(signal: AbortSignal): Promise<void>;
}

const lifetimeMs = 3_600_000;

/** Makes a token for one join, as the inventory asks: a Secret that expires by itself, or a line of token.csv, which never does. */
export function createBootstrapToken(context: ActionContext): Promise<BootstrapToken> {
  return context.inventory.cluster.bootstrap === 'token-file' ? tokenInFile(context) : tokenInSecret(context);
}

/** Kubernetes' bootstrap token authentication: the Secret's name and fields are fixed by its documentation ("Authenticating with Bootstrap Tokens"). */
async function tokenInSecret(context: ActionContext): Promise<BootstrapToken> {
  const [id, secret] = [alphanumeric(6), alphanumeric(16)];
  const name = `bootstrap-token-${id}`;
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    stringData: {
      'token-id': id,
      'token-secret': secret,
      expiration: new Date(Date.now() + lifetimeMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': bootstrapGroup,
      description: 'made by k8sup for one join, removed after it',
    },
  };
  await context.kube.run(rawShell('head -c "$1" | kubectl create -f - >/dev/null'), {
    contents: [Buffer.from(JSON.stringify(object))],
  });
  const revoke = async (signal: AbortSignal): Promise<void> => {
    await context.kube.run(sh`kubectl -n kube-system delete secret ${name} --ignore-not-found >/dev/null`, { signal });
  };
  return { token: `${id}.${secret}`, revoke };
}

/** The apiserver reads the file only when it starts, so it is restarted for the line to come and once more for it to go. */
async function tokenInFile(context: ActionContext): Promise<BootstrapToken> {
  const masters = hostsWith(context.inventory, 'master');
  refuseLimit(masters, context);
  const token = randomBytes(16).toString('hex');
  context.emit({
    type: 'warning',
    text: 'a line of token.csv never expires: k8sup takes it out again after the join, and restarts the apiservers for that',
  });
  const revoke = async (signal: AbortSignal): Promise<void> => {
    const errors: unknown[] = [];
    // A master that does not answer must not keep the line on the others.
    for (const master of masters)
      await writeTokenFile(context, master, '', signal).catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  };
  try {
    const line = `${token},${bootstrapTokenFileUser},10001,"${bootstrapGroup}"\n`;
    // One after the other, so that an apiserver always answers.
    for (const master of masters) await writeTokenFile(context, master, line, context.signal);
  } catch (error) {
    await revoke(new AbortController().signal).catch((left: unknown) =>
      context.emit({
        type: 'warning',
        text: `a line of ${kubeFiles.tokens} could not be taken out again: ${messageOf(left)}`,
      }),
    );
    throw error;
  }
  return { token, revoke };
}

async function writeTokenFile(
  context: ActionContext,
  master: Host,
  content: string,
  signal: AbortSignal,
): Promise<void> {
  const result = await changeHost(context, master, {
    file: { path: kubeFiles.tokens, content, mode: 0o600, secret: true },
    script: restartApiserver(`${masterUrl(context.inventory, master)}/readyz`),
    seconds: 150,
    signal,
  });
  if (result.exitCode === 0) return;
  throw new K8supError({
    code: 'APISERVER_RESTART',
    kind: 'kubernetes',
    host: master.name,
    what: `${master.name}: kube-apiserver did not come back after its token file was changed`,
    why: escapeControl(`${result.stdout}${result.stderr}`.trim()),
    fix: `see  journalctl -u kube-apiserver  on ${master.name}; then run the same command again`,
  });
}

function restartApiserver(url: string): Sh {
  const ready = httpHealth({
    url,
    tls: { ca: [kubePki.serverCa, kubePki.ca], cert: kubePki.kubeletClientCert, key: kubePki.kubeletClientKey },
  });
  return sh`systemctl restart --no-block kube-apiserver.service
# The old process must be gone before an answer counts.
i=0; while [ $i -lt 300 ]; do i=$((i+1)); [ -z "$(systemctl list-jobs --no-legend kube-apiserver.service)" ] && break; sleep 0.2; done
i=0; while [ $i -lt 300 ]; do i=$((i+1)); said=$( ${ready} ) && exit 0; sleep 0.2; done
echo "$said"; journalctl -u kube-apiserver.service -n 10 --no-pager -o cat; exit 1`;
}

/** Every apiserver reads a file of its own, and any of them may be asked by a kubelet that joins. */
function refuseLimit(masters: readonly Host[], { hosts }: ActionContext): void {
  const outside = masters.filter(({ name }) => !hosts.some((host) => host.name === name));
  if (outside.length === 0) return;
  throw new K8supError({
    code: 'LIMIT_LEAVES_OUT_MASTERS',
    kind: 'unsafeChange',
    what: `--limit leaves out ${outside.map(({ name }) => name).join(', ')}, and hosts must join with a token file`,
    why: 'the token goes into a file of every master, whose apiserver is restarted to read it',
    fix: 'name all masters in --limit as well, or run without it',
  });
}

/** Lower-case letters and digits without bias: 36 divides 252, and larger bytes are thrown away. */
function alphanumeric(length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) if (byte < 252 && text.length < length) text += letters[byte % 36] ?? '';
  }
  return text;
}
