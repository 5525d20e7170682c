import type { CheckResult } from '../../engine/events.ts';
import type { ActionContext } from '../../engine/stage.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { runsKubelet } from '../../inventory/model.ts';
import { sh } from '../../shell/sh.ts';

/** What pods and units have said while a verification failed. */
export interface Evidence {
  /** Of CoreDNS. */
  readonly dns: string;
  /** Warnings of the cluster, and journals of what makes pods and their network on the hosts. */
  readonly others: string;
}

const none: Evidence = { dns: '', others: '' };

/** Of the last minutes: what is older may be of an attempt before. */
const journals = sh`journalctl -u kubelet -u containerd -u docker -u kube-proxy -u flanneld -n 200 --since -3min --no-pager -o cat`;

/** Gathers it for failures of checks in a namespace; what cannot be had is left out. */
export async function gatherEvidence(context: ActionContext, namespace: string): Promise<Evidence> {
  const { signal, unreachable, inventory } = context;
  const hosts = inventory.hosts.filter((host) => runsKubelet(host) && !unreachable.has(host.name));
  const said = (script: Promise<string>): Promise<string> => script.catch(notToBeHad);
  const [dns, warnings, ...units] = await Promise.all([
    said(context.kube.run(sh`kubectl -n kube-system logs -l k8s-app=kube-dns --tail=40 2>&1; exit 0`)),
    said(
      context.kube.run(sh`for n in kube-system ${namespace}; do
kubectl -n "$n" get events --field-selector type=Warning --sort-by=.lastTimestamp 2>/dev/null | tail -n 20; done; exit 0`),
    ),
    ...hosts.map((host) =>
      said(
        context
          .executor(host)
          .read(journals.sh, { signal, timeoutMs: 30_000 })
          .then(({ stdout }) => stdout),
      ),
    ),
  ]);
  signal.throwIfAborted();
  return { dns, others: [...units, warnings].join('\n') };
}

/** What counts for a check, the nearest first. */
export function outputsFor({ name }: CheckResult, { dns, others }: Evidence = none): readonly string[] {
  return name.startsWith('DNS') ? [dns, others] : [others];
}

/** The check has failed and is told; that no more is known of it is no failure of its own. */
function notToBeHad(error: unknown): string {
  if (error instanceof K8supError) return '';
  throw error;
}
