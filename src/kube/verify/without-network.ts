import type { CheckResult } from '../../engine/events.ts';
import type { ActionContext } from '../../engine/stage.ts';
import { rawShell } from '../../shell/sh.ts';
import { notTried } from './from-pods.ts';

/** Where the network is the user's own: a check that says that nothing can be proved while a node waits for it; undefined once all are Ready. */
export async function withoutNetwork(context: Pick<ActionContext, 'kube'>): Promise<CheckResult | undefined> {
  const output = await context.kube.run(
    rawShell(
      `kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'`,
    ),
  );
  const waiting = output.split('\n').flatMap((line) => {
    const [name = '', ready] = line.split(' ');
    return name === '' || ready === 'True' ? [] : [name];
  });
  if (waiting.length === 0) return undefined;
  const reason = `${waiting.join(', ')} not Ready: no pod starts there until you have installed a network`;
  return notTried('pods', 'pods, Services and DNS', reason);
}
