import { createHash } from 'node:crypto';
import type { RunContext } from '../../engine/run-context.ts';
import type { Host } from '../../inventory/model.ts';
import { runsKubelet } from '../../inventory/model.ts';
import { rawShell, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { keyIdIn, keyIdOf } from './token-key.ts';
import { until } from './until.ts';
import type { Wait } from './until.ts';

type Context = Pick<RunContext, 'inventory' | 'kube' | 'executor' | 'signal' | 'unreachable'>;
type Patience = Pick<Wait, 'limitSeconds' | 'tell'>;

/**
 * Waits until pods find this bundle: the controller-manager puts it into each namespace, and kubelets, once a minute, into each pod's volume
 * (Kubernetes, "Manual Rotation of CA Certificates").
 *
 * @throws K8supError `ROTATION_WAIT`.
 */
export async function waitForTrust(context: Context, bundlePem: string, patience: Patience): Promise<void> {
  const { signal } = context;
  const fix = 'see that the controller-manager and the kubelets named are healthy; the same command goes on from here';
  const about = { everySeconds: 2, signal, fix, ...patience };
  await until({ ...about, what: 'namespaces have the authorities' }, () => namespacesWithout(context, bundlePem));
  const hash = createHash('sha256').update(bundlePem).digest('hex');
  await until({ ...about, what: 'pods have the authorities' }, async () => {
    const others = await onNodes(context, volumes(context, 'ca.crt', rawShell('sha256sum < "$f" | cut -d " " -f 1')));
    return pods(others.filter(({ said }) => said !== hash));
  });
}

/**
 * Waits until no pod holds a token that an earlier key signed. Kubelets renew tokens when four fifths of their hour are over.
 *
 * @throws K8supError `ROTATION_WAIT`.
 */
export async function waitForTokens(context: Context, keyPem: string, patience: Patience): Promise<void> {
  const { signal } = context;
  const wanted = keyIdOf(keyPem);
  const fix = 'restart the pods named, or give them the hour that a token lives; the same command goes on from here';
  await until({ everySeconds: 5, signal, fix, what: 'pods have tokens of the new key', ...patience }, async () => {
    const found = await onNodes(context, volumes(context, 'token', rawShell('cut -d . -f 1 < "$f"')));
    return pods(found.filter(({ said }) => keyIdIn(said) !== wanted));
  });
}

async function namespacesWithout({ kube }: Context, bundlePem: string): Promise<string | undefined> {
  const maps = JSON.parse(
    await kube.run(sh`kubectl get configmaps -A --field-selector metadata.name=kube-root-ca.crt -o json`),
  ) as { readonly items: readonly { metadata: { namespace: string }; data?: Readonly<Record<string, string>> }[] };
  const without = maps.items.filter(({ data }) => data?.['ca.crt']?.trim() !== bundlePem.trim());
  if (without.length === 0) return undefined;
  return `not yet in ${without.map(({ metadata }) => metadata.namespace).join(', ')}`;
}

interface Found {
  readonly host: Host;
  readonly pod: string;
  readonly said: string;
}

/** One line for each pod's volume of a service account: the pod's id, and what `read` prints of the file `$f`. */
function volumes({ inventory }: Context, file: 'ca.crt' | 'token', read: Sh): Sh {
  const folder = `${inventory.cluster.kubelet.rootDir}/pods`;
  const kinds = rawShell(
    "*/volumes/'kubernetes.io~projected'/kube-api-access-* */volumes/'kubernetes.io~secret'/*-token-*",
  );
  return sh`cd ${folder} 2>/dev/null || exit 0
for d in ${kinds}; do
  f=$d/${file}
  if [ -s "$f" ]; then echo "\${d%%/*} $( ${read} )"; fi
done`;
}

async function onNodes(context: Context, script: Sh): Promise<readonly Found[]> {
  const hosts = context.inventory.hosts.filter((host) => runsKubelet(host) && !context.unreachable.has(host.name));
  const found = await Promise.all(
    hosts.map(async (host) => {
      const { stdout } = await context.executor(host).read(script.sh, { signal: context.signal, timeoutMs: 60_000 });
      const lines = stdout.split('\n').filter((line) => line !== '');
      return lines.map((line): Found => {
        const [pod = '', said = ''] = line.split(' ');
        return { host, pod, said };
      });
    }),
  );
  return found.flat();
}

function pods(found: readonly Found[]): string | undefined {
  if (found.length === 0) return undefined;
  const hosts = [...new Set(found.map(({ host }) => host.name))];
  return `not yet: ${String(found.length)} pods on ${hosts.join(', ')}`;
}
