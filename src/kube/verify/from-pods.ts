import type { CheckResult } from '../../engine/events.ts';
import { familyName, familyOf } from '../../inventory/cidr.ts';
import { urlHost } from '../../inventory/urls.ts';
import { escapeControl } from '../../shell/escape.ts';
import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { VerifyPod, VerifyTarget } from './verify.ts';

interface Attempt {
  readonly name: string;
  readonly tried: string;
  readonly script: Sh;
  /** Judges what the script printed when it ended well; gives the text of the result. */
  readonly judge: (output: string) => { readonly ok: boolean; readonly result: string };
}

const mark = '@@k8sup-check';
/** Proxies and DNS learn of new endpoints a moment after the pods are ready; what is broken stays broken. */
const retrySeconds = 8;

/** Asks `$1` at port `$2`. By nc, since wget of a statically linked busybox crashes where it cannot look up the name of a port. */
const whoIsThere = `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w 5 "$1" "$2"`;

/** What is tried from inside pods, all in one script on a master. */
export async function checkFromPods(target: VerifyTarget): Promise<readonly CheckResult[]> {
  const services = serviceAttempts(target);
  const { podsReachServices, plugin } = target.context.inventory.cluster.network;
  const able = podsReachServices ? services : services.filter(({ name }) => !needsServices.has(name));
  const attempts = [...pairAttempts(target), ...able];
  const script = lines(
    attempts.map(
      ({ script: attempt }, index) => sh`s=$(date +%s%N); end=$(( $(date +%s) + ${retrySeconds} ))
while :; do
o=$( ( ${attempt} ) 2>&1 </dev/null); rc=$?
if [ $rc -eq 0 ] || [ $(date +%s) -ge $end ]; then break; fi; sleep 0.5
done
printf '%s\\n${mark} %s %s %s\\n' "$o" ${index} $rc $(( ($(date +%s%N) - s) / 1000000 ))`,
    ),
  );
  const output = await target.context.kube.run(
    sh`${script}
exit 0`,
    { timeoutMs: 60_000 + attempts.length * 30_000 },
  );
  const left = services.filter((attempt) => !able.includes(attempt));
  return [
    ...parse(attempts, output),
    ...left.map(({ name, tried }) => notTried(name, tried, `pods reach no Service with ${plugin}`)),
  ];
}

/** A check that cannot be made, with the reason. */
export function notTried(name: string, tried: string, reason: string): CheckResult {
  return { name, tried, result: reason, ok: true, skipped: true, durationMs: 0 };
}

const needsServices: ReadonlySet<string> = new Set(['ClusterIP', 'DNS', 'DNS search list']);

function parse(attempts: readonly Attempt[], output: string): readonly CheckResult[] {
  const results: CheckResult[] = [];
  let said: string[] = [];
  for (const line of output.split('\n')) {
    if (!line.startsWith(`${mark} `)) {
      said.push(line);
      continue;
    }
    const [, index, code, ms] = line.split(' ').map(Number);
    const attempt = attempts[index ?? -1];
    if (attempt !== undefined) {
      const text = said.join('\n').trim();
      const judged =
        code === 0 ? attempt.judge(text) : { ok: false, result: escapeControl(text).split('\n').slice(-3).join(' ') };
      results.push({ name: attempt.name, tried: attempt.tried, ...judged, durationMs: ms ?? 0 });
    }
    said = [];
  }
  return results;
}

/** One pod of each node to one of the next node, round in a ring: every node sends and receives. */
function pairAttempts(target: VerifyTarget): readonly Attempt[] {
  const perNode = [...new Map(target.pods.map((pod) => [pod.node, pod])).values()];
  if (perNode.length < 2) {
    const tried = 'pods on two nodes';
    return [
      { name: 'pod to pod', tried, script: sh`:`, judge: () => ({ ok: true, result: 'one node: nothing to cross' }) },
    ];
  }
  return perNode.flatMap((from, index) => {
    const to = perNode[(index + 1) % perNode.length] ?? from;
    return to.ips.map((_ip, family) => pairAttempt(target, [from, to], family));
  });
}

function pairAttempt(
  { namespace }: VerifyTarget,
  [from, to]: readonly [VerifyPod, VerifyPod],
  family: number,
): Attempt {
  const [fromIp = '', toIp = ''] = [from.ips[family], to.ips[family]];
  return {
    name: 'pod to pod',
    tried: `ping and http, ${from.node} to ${to.node}${to.ips.length > 1 ? ` by ${familyName(familyOf(toIp))}` : ''}`,
    script: sh`kubectl -n ${namespace} exec ${from.name} -- sh -c ${`ping -c 2 -W 2 "$1" && ${whoIsThere}`} sh ${toIp} 8080`,
    judge: (output) => {
      const seen = callerOf(output);
      const time = /time=([\d.]+) ms/.exec(output)?.[1];
      if (seen === fromIp)
        return {
          ok: true,
          result: `${fromIp} to ${toIp}${time === undefined ? '' : ` in ${time} ms`}, seen as itself`,
        };
      return {
        ok: false,
        result: `the receiver saw ${seen ?? 'nothing'} instead of ${fromIp}: something masquerades pod traffic`,
      };
    },
  };
}

/** httpd names an IPv6 caller in brackets or without, and an IPv4 one as such or in the form of IPv6; some releases add its port. */
function callerOf(output: string): string | undefined {
  const said = /saw (\S+)$/m.exec(output)?.[1];
  const bare = said?.replace(/^\[(.*)\](?::\d+)?$/, '$1');
  return bare?.replace(/^(?:::ffff:)?(\d+(?:\.\d+){3})(?::\d+)?$/, '$1');
}

function serviceAttempts(target: VerifyTarget): readonly Attempt[] {
  const { namespace, clusterIPs, context } = target;
  const { network, versions } = context.inventory.cluster;
  const [first] = target.pods;
  if (first === undefined) return [];
  const exec = (...command: readonly string[]): Sh => sh`kubectl -n ${namespace} exec ${first.name} -- ${command}`;
  const dnsName = `kubernetes.default.svc.${network.dnsDomain}`;
  const slices = Number(versions.kubernetes.split('.')[1]) >= 21;
  return [
    {
      name: 'endpoints',
      tried: 'addresses behind the Service',
      script: sh`end=$(( $(date +%s) + ${retrySeconds} ))
while :; do
o=$(${slices ? slicesOf(namespace) : endpointsOf(namespace)}) || exit 1
if [ "$(printf '%s\\n' "$o" | grep -c .)" -ge ${target.pods.flatMap(({ ips }) => ips).length} ] || [ "$(date +%s)" -ge "$end" ]; then break; fi; sleep 0.5
done
printf '%s\\n' "$o"`,
      judge: (output) => {
        const listed = new Set(output.split('\n').filter((line) => line !== ''));
        const wanted = target.pods.flatMap(({ ips }) => ips);
        const missing = wanted.filter((ip) => !listed.has(ip));
        const of = wanted.length === target.pods.length ? 'pods' : "pods' addresses";
        return { ok: missing.length === 0, result: `${listed.size} of ${wanted.length} ${of} listed` };
      },
    },
    ...clusterIPs.map((clusterIP): Attempt => ({
      name: 'ClusterIP',
      tried: `http://${urlHost(clusterIP)} from a pod`,
      script: exec('sh', '-c', whoIsThere, 'sh', clusterIP, '80'),
      judge: (output) => ({ ok: /^pod web-/m.test(output), result: answeredBy(output) }),
    })),
    ...(clusterIPs.length > 1 ? [bothRecords(target, exec)] : []),
    {
      name: 'DNS',
      tried: `nslookup ${dnsName} from a pod`,
      script: exec('nslookup', dnsName),
      judge: (output) => {
        const ok = answers(output, network.apiserverServiceIP);
        const result = `${network.dnsIP} answered ${network.apiserverServiceIP}`;
        return { ok, result: ok ? result : escapeControl(output).split('\n').slice(-3).join(' ') };
      },
    },
    {
      name: 'DNS search list',
      tried: 'kubernetes.default from a pod',
      // busybox's nslookup completes no name with a dot in it; ping does, and says the address whether that answers a ping or not.
      // Without -W it would wait 10 s for a first answer, whatever -w says.
      script: exec(
        'sh',
        '-c',
        'o=$(ping -c 1 -w 1 -W 1 "$1" 2>&1); echo "$o"; case $o in *"($2)"*) ;; *) exit 1 ;; esac',
        'sh',
        'kubernetes.default',
        network.apiserverServiceIP,
      ),
      judge: () => ({ ok: true, result: `found as ${network.apiserverServiceIP}` }),
    },
    {
      name: 'kubectl exec',
      tried: `echo in ${first.name}`,
      script: exec('echo', 'k8sup-exec'),
      judge: (output) => ({
        ok: output === 'k8sup-exec',
        result: output === 'k8sup-exec' ? 'answered' : 'answered something else',
      }),
    },
    {
      name: 'kubectl logs',
      tried: first.name,
      script: sh`kubectl -n ${namespace} logs ${first.name}`,
      judge: (output) => ({
        ok: output.includes('k8sup-verify started'),
        result: output.includes('k8sup-verify started') ? 'first line is there' : 'first line is missing',
      }),
    },
  ];
}

/** The API server's own Service has one family; that of the verification has all, and so must its name have. */
function bothRecords({ namespace, clusterIPs, context }: VerifyTarget, exec: (...command: string[]) => Sh): Attempt {
  const name = `web.${namespace}.svc.${context.inventory.cluster.network.dnsDomain}`;
  return {
    name: 'DNS',
    tried: `A and AAAA of ${name} from a pod`,
    script: exec('nslookup', name),
    judge: (output) => {
      const missing = clusterIPs.filter((ip) => !answers(output, ip));
      if (missing.length === 0) return { ok: true, result: `found as ${clusterIPs.join(' and ')}` };
      return {
        ok: false,
        result: `${missing.join(', ')} is missing: ${escapeControl(output).split('\n').slice(-3).join(' ')}`,
      };
    },
  };
}

/** Whether nslookup gave an address. */
function answers(output: string, ip: string): boolean {
  return new RegExp(`^Address[^:]*:\\s*${ip.replaceAll('.', '\\.')}(?:\\s.*)?$`, 'm').test(output);
}

function slicesOf(namespace: string): Sh {
  return sh`kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=web -o jsonpath='{range .items[*].endpoints[?(@.conditions.ready==true)]}{.addresses[0]}{"\\n"}{end}'`;
}

function endpointsOf(namespace: string): Sh {
  return sh`kubectl -n ${namespace} get endpoints web -o jsonpath='{range .subsets[*].addresses[*]}{.ip}{"\\n"}{end}'`;
}

function answeredBy(output: string): string {
  return escapeControl(/^pod (\S+)/m.exec(output)?.[1] ?? output).slice(0, 100);
}
