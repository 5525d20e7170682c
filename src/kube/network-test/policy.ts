import type { Attempt, PolicyResult } from '../../engine/network-report.ts';
import type { ActionContext, KubeObject } from '../../engine/stage.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { TestPod } from './pods.ts';
import type { NetworkTestSpec } from './spec.ts';
import { namespace, podPort } from './workload.ts';

/** Seconds that a plugin has to make a new policy true. */
const limitSeconds = 20;

/** Proves that a policy keeps one pod away from another, and that a second one lets it in again; where the plugin makes no policy true it says so. */
export async function testPolicy(
  context: ActionContext,
  spec: NetworkTestSpec,
  pods: readonly TestPod[],
): Promise<PolicyResult> {
  if (spec.enforcesPolicy === undefined) return { enforced: false, said: 'not tried: the network is not by k8sup' };
  if (!spec.enforcesPolicy) return { enforced: false, said: `not enforced by ${spec.plugin}` };
  const [to, from] = pods;
  if (from === undefined || to === undefined) return { enforced: false, said: 'not tried: it needs pods on two nodes' };
  const contents = [denyAll(to), allowFrom(from, to)].map((object) => Buffer.from(JSON.stringify(object)));
  const output = await context.kube.run(policyScript(from, to), {
    contents,
    timeoutMs: (2 * limitSeconds + 60) * 1000,
  });
  return { enforced: true, ...parsePolicy(output, limitSeconds) };
}

function policyScript(from: TestPod, to: TestPod): Sh {
  const ask = `timeout 3 nc -w 2 "$1" "$2" </tmp/who 2>&1`;
  return sh`asked() { kubectl -n ${namespace} exec ${from.name} -- sh -c ${ask} sh ${to.addresses[0] ?? ''} ${podPort} 2>/dev/null </dev/null | grep -q 'saw '; }
head -c "$1" | kubectl create -f - >/dev/null || exit 1
end=$(( $(date +%s) + ${limitSeconds} )); said=closed
while asked; do if [ "$(date +%s)" -ge "$end" ]; then said=open; break; fi; sleep 1; done
echo "deny $said"
head -c "$2" | kubectl create -f - >/dev/null || exit 1
end=$(( $(date +%s) + ${limitSeconds} )); said=open
until asked; do if [ "$(date +%s)" -ge "$end" ]; then said=closed; break; fi; sleep 1; done
echo "allow $said"
kubectl -n ${namespace} delete networkpolicy --all >/dev/null`;
}

export function parsePolicy(output: string, seconds: number): { readonly deny: Attempt; readonly allow: Attempt } {
  const said = output.split('\n');
  const deny = said.includes('deny closed');
  const allow = said.includes('allow open');
  return {
    deny: {
      ok: deny,
      said: deny ? 'a policy keeps a pod away' : `a pod gets through ${seconds} s after a policy denied it`,
    },
    allow: {
      ok: allow,
      said: allow ? 'a policy lets it in' : `a pod is kept away ${seconds} s after a policy allowed it`,
    },
  };
}

function denyAll(to: TestPod): KubeObject {
  return policyObject('deny', { podSelector: { matchLabels: { pod: to.name } }, policyTypes: ['Ingress'] });
}

function allowFrom(from: TestPod, to: TestPod): KubeObject {
  const ingress = [{ from: [{ podSelector: { matchLabels: { pod: from.name } } }] }];
  return policyObject('allow', { podSelector: { matchLabels: { pod: to.name } }, policyTypes: ['Ingress'], ingress });
}

function policyObject(name: string, spec: object): KubeObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}
