import { K8supError } from '../errors/k8sup-error.ts';
import type { KubeRunner } from '../engine/stage.ts';
import type { Content, Executor, RunResult } from '../host/connection.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { escapeControl } from '../shell/escape.ts';
import { lines, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/** A master and the connection to it. */
export interface MasterConnection {
  readonly host: Host;
  readonly executor: Executor;
}

export interface KubeRunOptions {
  readonly contents?: readonly Buffer[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** A runner that also gives a script's own exit code instead of an error. */
export interface RawKubeRunner extends KubeRunner {
  /** @throws K8supError `KUBE_UNREACHABLE` when no master answers. */
  raw(script: Sh, options?: KubeRunOptions): Promise<RunResult>;
}

/** Printed, and then exited with, by a master whose apiserver does not answer. */
const notReady = 97;
const kubectl = '/opt/k8sup/bin/kubectl';

/**
 * kubectl on any healthy master: the one that answered last is asked first, and no master is special.
 *
 * @param adminKubeconfig - a secret; it goes over standard input into an unlinked file and is never on a master's disk under a name.
 */
export function kubeRunner(
  inventory: Inventory,
  masters: readonly MasterConnection[],
  adminKubeconfig: () => string,
  runSignal: AbortSignal,
): RawKubeRunner {
  let last: MasterConnection | undefined;
  const raw = async (script: Sh, options: KubeRunOptions = {}): Promise<RunResult> => {
    const order = last === undefined ? masters : [last, ...masters.filter((master) => master !== last)];
    const reasons: string[] = [];
    for (const master of order) {
      const result = await attempt(
        runOn(inventory, master, adminKubeconfig(), script, { signal: runSignal, ...options }),
      );
      if ('lost' in result) {
        reasons.push(result.lost);
        continue;
      }
      if (result.exitCode !== notReady) {
        last = master;
        return result;
      }
      reasons.push(`${master.host.name}: ${result.stderr.trim().split('\n').at(-1) ?? ''}`);
    }
    throw new K8supError({
      code: 'KUBE_UNREACHABLE',
      kind: 'kubernetes',
      what: 'no apiserver answers',
      why: escapeControl(reasons.join('\n')),
      fix: 'see  k8sup status ; run  k8sup apply  to bring the masters up',
    });
  };
  const run: KubeRunner['run'] = async (script, options) => {
    const result = await raw(script, options);
    if (result.exitCode === 0) return result.stdout;
    throw new K8supError({
      code: 'KUBE_COMMAND',
      kind: 'kubernetes',
      what: `kubectl failed on ${last?.host.name ?? 'a master'} with exit code ${result.exitCode}`,
      why: escapeControl(
        [result.stderr.trim(), result.stdout.trim().slice(-2000)].filter((text) => text !== '').join('\n'),
      ),
      fix: 'see what the message names; then run the same command again',
    });
  };
  return { run, raw };
}

/** A master that cannot be reached is one more that does not answer. */
async function attempt(running: Promise<RunResult>): Promise<RunResult | { readonly lost: string }> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof K8supError && error.kind === 'connection') return { lost: error.message };
    throw error;
  }
}

function runOn(
  inventory: Inventory,
  master: MasterConnection,
  kubeconfig: string,
  script: Sh,
  options: KubeRunOptions & { readonly signal: AbortSignal },
): Promise<RunResult> {
  const secret = Buffer.from(kubeconfig);
  const contents: readonly Content[] = [secret, ...(options.contents ?? [])].map((bytes) => ({ bytes }));
  const lengths = (options.contents ?? []).map((bytes) => bytes.length);
  const text = lines([preamble(inventory, master.host, secret.length), sh`set -- ${lengths}`, script]);
  return master.executor.run(text.sh, {
    signal: options.signal,
    timeoutMs: options.timeoutMs ?? 60_000,
    contents,
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  });
}

/**
 * Defines the function `kubectl`. The credentials' file has no name any more when kubectl reads it through its descriptor, and the discovery cache
 * goes away with the script, so that looking leaves nothing behind.
 */
function preamble(inventory: Inventory, master: Host, length: number): Sh {
  const server = `https://${master.address.includes(':') ? `[${master.address}]` : master.address}:${inventory.cluster.apiserverPort}`;
  return sh`if [ ! -x ${kubectl} ]; then echo "kubectl is not installed" >&2; exit ${notReady}; fi
k8sup_d=$(mktemp -d) || exit 1
trap 'rm -rf "$k8sup_d"' EXIT
trap 'exit 129' HUP INT TERM PIPE
(umask 077; head -c ${length} > "$k8sup_d/k")
exec 8<"$k8sup_d/k"; rm -f "$k8sup_d/k"
kubectl() { ${kubectl} --kubeconfig /dev/fd/8 --server ${server} --cache-dir "$k8sup_d/cache" "$@"; }
if ! k8sup_said=$(kubectl --request-timeout=10s get --raw /readyz 2>&1 </dev/null); then printf '%s\\n' "$k8sup_said" >&2; exit ${notReady}; fi`;
}
