import { K8supError } from '../errors/k8sup-error.ts';
import { binaries } from '../components/paths.ts';
import type { KubeRunner } from '../engine/stage.ts';
import type { Content, Executor, RunOptions, RunResult } from '../host/connection.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import { masterUrl } from '../inventory/urls.ts';
import { escapeControl } from '../shell/escape.ts';
import { lines, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

/** A master and the connection to it. */
export interface MasterConnection {
  readonly host: Host;
  readonly executor: Executor;
}

export interface KubeRunOptions extends Partial<Omit<RunOptions, 'contents'>> {
  readonly contents?: readonly Buffer[];
}

/** A runner that also gives a script's own exit code instead of an error. */
export interface RawKubeRunner extends KubeRunner {
  /** @throws K8supError `KUBE_UNREACHABLE` when no master answers. */
  raw(script: Sh, options?: KubeRunOptions): Promise<RunResult>;
}

/** Where and how a runner works. */
interface Runner {
  readonly inventory: Inventory;
  readonly masters: readonly MasterConnection[];
  readonly adminKubeconfig: () => string;
  readonly signal: AbortSignal;
}

/** A script's own result, or why this master could not begin it. */
type Attempt = { readonly result: RunResult } | { readonly unable: string };

const kubectl = binaries.kubectl;
/** Printed when the apiserver has answered: from here on the script may have done something, and another master must not do it again. */
const readyMark = '@@k8sup-apiserver-answers';

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
  const runner: Runner = { inventory, masters, adminKubeconfig, signal: runSignal };
  let last: MasterConnection | undefined;
  const raw = async (script: Sh, options: KubeRunOptions = {}): Promise<RunResult> => {
    const order = last === undefined ? masters : [last, ...masters.filter((master) => master !== last)];
    const reasons: string[] = [];
    for (const master of order) {
      const attempt = await tryOn(runner, master, script, options);
      if ('result' in attempt) {
        last = master;
        return attempt.result;
      }
      reasons.push(attempt.unable);
    }
    throw unreachable(reasons);
  };
  const run: KubeRunner['run'] = async (script, options) => {
    const result = await raw(script, options);
    if (result.exitCode === 0) return result.stdout;
    throw commandFailed(result, last);
  };
  return { run, raw };
}

async function tryOn(runner: Runner, master: MasterConnection, script: Sh, options: KubeRunOptions): Promise<Attempt> {
  const begun = { ready: false };
  const onLine = (line: string): void => {
    if (line === readyMark) begun.ready = true;
    else options.onLine?.(line);
  };
  try {
    const result = await runOn(runner, master, script, { ...options, onLine });
    if (begun.ready) return { result: { ...result, stdout: result.stdout.slice(readyMark.length + 1) } };
    const said = result.stderr.trim() || result.stdout.trim() || `exit code ${String(result.exitCode)}`;
    return { unable: `${master.host.name}: ${said.split('\n').at(-1) ?? ''}` };
  } catch (error) {
    // A host that is gone is only a reason to ask the next one, as long as it had not begun.
    const hostIsGone = error instanceof K8supError && (error.kind === 'connection' || error.code === 'HOST_TIMEOUT');
    if (!hostIsGone || begun.ready) throw error;
    return { unable: error.message };
  }
}

function runOn(
  runner: Runner,
  master: MasterConnection,
  script: Sh,
  options: KubeRunOptions & { readonly onLine: (line: string) => void },
): Promise<RunResult> {
  const secret = Buffer.from(runner.adminKubeconfig());
  const contents: readonly Content[] = [secret, ...(options.contents ?? [])].map((bytes) => ({ bytes }));
  const lengths = (options.contents ?? []).map((bytes) => bytes.length);
  const text = lines([preamble(runner.inventory, master.host, secret.length), sh`set -- ${lengths}`, script]);
  return master.executor.run(text.sh, { signal: runner.signal, timeoutMs: 60_000, ...options, contents });
}

/**
 * Defines the function `kubectl`; with `k8sup_exec=exec` it takes the place of the shell that calls it, which so knows its process. The credentials' file has no name any more when kubectl reads it through its descriptor, and is never on a
 * disk: /run is memory. The discovery cache goes away with the script, so that looking leaves nothing behind.
 */
function preamble(inventory: Inventory, master: Host, length: number): Sh {
  const server = masterUrl(inventory, master);
  return sh`if [ ! -x ${kubectl} ]; then echo "kubectl is not installed" >&2; exit 1; fi
k8sup_d=$(mktemp -d /run/k8sup-kubectl.XXXXXX) || exit 1
trap 'rm -rf "$k8sup_d"' EXIT
trap 'exit 129' HUP INT TERM PIPE
(umask 077; head -c ${length} > "$k8sup_d/k")
exec 8<"$k8sup_d/k"; rm -f "$k8sup_d/k"
kubectl() { \${k8sup_exec:-} ${kubectl} --kubeconfig /dev/fd/8 --server ${server} --cache-dir "$k8sup_d/cache" "$@"; }
if ! k8sup_said=$(kubectl --request-timeout=10s get --raw /readyz 2>&1 </dev/null); then printf '%s\\n' "$k8sup_said" >&2; exit 1; fi
echo ${readyMark}`;
}

function unreachable(reasons: readonly string[]): K8supError {
  return new K8supError({
    code: 'KUBE_UNREACHABLE',
    kind: 'kubernetes',
    what: 'no apiserver answers',
    why: escapeControl(reasons.join('\n')),
    fix: 'see  k8sup status ; run  k8sup apply  to bring the masters up',
  });
}

function commandFailed(result: RunResult, master: MasterConnection | undefined): K8supError {
  const said = [result.stderr.trim(), result.stdout.trim().slice(-2000)].filter((text) => text !== '');
  return new K8supError({
    code: 'KUBE_COMMAND',
    kind: 'kubernetes',
    what: `kubectl failed on ${master?.host.name ?? 'a master'} with exit code ${result.exitCode}`,
    why: escapeControl(said.join('\n')),
    fix: 'see what the message names; then run the same command again',
  });
}
