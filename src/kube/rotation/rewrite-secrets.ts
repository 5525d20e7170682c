import { etcdctl } from '../../components/etcd/etcdctl.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { hostsWith } from '../../inventory/model.ts';
import { sh } from '../../shell/sh.ts';
import { until } from './until.ts';
import type { Wait } from './until.ts';

type Context = Pick<RunContext, 'inventory' | 'kube' | 'executor' | 'signal' | 'unreachable'>;

/**
 * Has each Secret written anew, until etcd holds none that another key wrote (Kubernetes, "Encrypting Confidential Data at Rest"). A Secret that somebody
 * else changes meanwhile is written by that, or at the next try.
 *
 * @throws K8supError `ROTATION_WAIT` while etcd still holds one.
 */
export async function rewriteSecrets(context: Context, keyName: string, patience: Pick<Wait, 'tell'>): Promise<void> {
  const { kube, signal } = context;
  const fix =
    'see why these Secrets cannot be replaced by  kubectl get secrets -A ; the same command goes on from here';
  const what = 'Secrets are written with the new key';
  await until({ what, limitSeconds: 600, everySeconds: 1, signal, fix, ...patience }, async () => {
    await kube.run(sh`kubectl get secrets -A -o json | kubectl replace -f - >/dev/null 2>&1 || :`, {
      timeoutMs: 300_000,
    });
    const left = await writtenByOthers(context, keyName);
    return left.length === 0 ? undefined : `${String(left.length)} not yet: ${left.slice(0, 3).join(', ')}`;
  });
}

/** Keys in etcd whose value another key wrote, or none. */
async function writtenByOthers(context: Context, keyName: string): Promise<readonly string[]> {
  const [member] = hostsWith(context.inventory, 'etcd').filter(({ name }) => !context.unreachable.has(name));
  if (member === undefined) throw new Error('an apply reaches all hosts');
  const { clientPort } = context.inventory.cluster.etcd;
  const prefix = '/registry/secrets/';
  const written = `k8s:enc:secretbox:v1:${keyName}:`;
  // Values are binary and begin with the name of their key; nothing of them leaves the host.
  const script = sh`set -e
for k in $(${etcdctl(clientPort)} get --prefix --keys-only ${prefix}); do
  v=$(${etcdctl(clientPort)} get --print-value-only "$k" | head -c ${Buffer.byteLength(written)} | tr -d '\\0')
  [ "$v" = ${written} ] || [ -z "$v" ] || echo "$k"
done`;
  const { stdout } = await context.executor(member).read(script.sh, { signal: context.signal, timeoutMs: 300_000 });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(prefix.length));
}
