import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';
import type { RunContext } from './run-context.ts';
import type { ClusterGate } from './stage.ts';

/** Hosts whose journals are shown: the first ones tell the cause. */
const shownHosts = 3;

/**
 * Waits on a master until the gate's check succeeds; its limit is its own.
 *
 * @throws K8supError `NOT_HEALTHY` with what the check said and the journals of the hosts it blames; `KUBE_UNREACHABLE` when no apiserver answers.
 */
export async function waitForClusterGate(gate: ClusterGate, context: RunContext): Promise<void> {
  try {
    await context.kube.run(gate.check, { timeoutMs: gate.timeoutSeconds * 1000 });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof K8supError) || !['KUBE_COMMAND', 'HOST_TIMEOUT'].includes(error.code)) throw error;
    const said = error.why ?? error.message;
    const journals = await blamedJournals(gate, said, context);
    throw new K8supError({
      code: 'NOT_HEALTHY',
      kind: 'kubernetes',
      what: `${gate.name}: not reached within ${gate.timeoutSeconds} s`,
      why: [said, ...journals.map(({ shown }) => shown)].join('\n'),
      output: [said, ...journals.map(({ all }) => all)].join('\n'),
      fix: 'mend what these lines name, then run the same command again',
      cause: error,
    });
  }
}

interface Journal {
  readonly shown: string;
  readonly all: string;
}

function blamedJournals(gate: ClusterGate, said: string, context: RunContext): Promise<readonly Journal[]> {
  const { journals } = gate;
  if (journals === undefined) return Promise.resolve([]);
  const blamed = new Set(journals.hosts(said));
  const hosts = context.inventory.hosts.filter(({ name }) => blamed.has(name)).slice(0, shownHosts);
  const script = sh`journalctl -u ${journals.unit} -n 200 --no-pager -o cat`;
  return Promise.all(
    hosts.map(async (host) => {
      try {
        const options = { signal: context.signal, timeoutMs: 30_000 };
        const { stdout } = await context.executor(host).read(script.sh, options);
        const lines = escapeControl(stdout.trim()).split('\n');
        const title = `${host.name}, last lines of ${journals.unit}:`;
        return { shown: [title, ...lines.slice(-8)].join('\n'), all: lines.join('\n') };
      } catch (error) {
        return { shown: `${host.name}: its journal could not be read: ${messageOf(error)}`, all: '' };
      }
    }),
  );
}
