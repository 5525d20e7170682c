import type { ActionContext } from '../../engine/stage.ts';
import { escapeControl } from '../../shell/escape.ts';
import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { TestPod } from './pods.ts';
import { namespace, podPort, servicePort } from './workload.ts';

/** What a pod is to try: each key comes back with what was said. */
export interface PodTask {
  readonly targets: readonly {
    readonly key: string;
    readonly address: string;
    readonly service: string | undefined;
    /** False for the pod itself, which is asked by its Service alone. */
    readonly direct: boolean;
  }[];
  /** Undefined where pods reach no Service, and so no cluster DNS. */
  readonly dnsName: string | undefined;
  readonly receiver: { readonly address: string; readonly port: number } | undefined;
}

/** What a pod said, by `KIND KEY`; several lines of one kind are kept in order. */
export type Said = ReadonlyMap<string, readonly string[]>;

const mark = '@@k8sup';

/** Tries everything from inside one pod, in one exec: pings, pods, their Services, the routers on the way, DNS, and a node's own address. */
export async function measureFromPod(context: ActionContext, pod: TestPod, task: PodTask): Promise<Said> {
  const script = Buffer.from(podScript(task).sh);
  const exec = sh`head -c "$1" | kubectl -n ${namespace} exec -i ${pod.name} -- sh -s`;
  const timeoutMs = 60_000 + task.targets.length * 30_000;
  return parseSaid(await context.kube.run(exec, { contents: [script], timeoutMs }));
}

/**
 * For busybox's programs alone. What does not answer a ping gets one chance by TCP; what does is asked for some seconds, as a server has just started and
 * proxies learn of new endpoints a moment later. By nc, since wget of a statically linked busybox crashes where it cannot look up the name of a port.
 */
export function podScript({ targets, dnsName, receiver }: PodTask): Sh {
  return lines([
    functions,
    ...targets.map(({ key, address, service, direct }) =>
      lines([
        direct ? sh`patience=0; ping_it ${key} ${address}` : sh`patience=6`,
        direct ? sh`say pod ${key} "$(seen "$patience" ${address} ${podPort})"` : sh`:`,
        service === undefined ? sh`:` : sh`say service ${key} "$(seen "$patience" ${service} ${servicePort})"`,
        direct ? sh`[ "$patience" = 0 ] || hops ${key} ${address}` : sh`:`,
      ]),
    ),
    dnsName === undefined ? sh`:` : sh`say dns . "$(resolved ${dnsName})"`,
    receiver === undefined ? sh`:` : sh`say node . "$(seen 3 ${receiver.address} ${receiver.port})"`,
    sh`exit 0`,
  ]);
}

const functions = sh`say() { printf '${mark} %s %s %s\\n' "$1" "$2" "$(printf '%s' "$3" | tr '\\r\\n\\t' '   ')"; }
seen() {
  end=$(( $(date +%s) + $1 ))
  while :; do
    o=$(timeout 3 nc -w 2 "$2" "$3" </tmp/who 2>&1)
    case $o in *'saw '*) break ;; esac
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 1
  done
  printf '%s' "$o"
}
ping_it() {
  for n in 1 2 3; do
    if o=$(ping -c 1 -w 1 -W 1 "$2" 2>&1 </dev/null); then patience=6; fi
    say ping "$1" "$o"
  done
}
hops() {
  command -v traceroute >/dev/null 2>&1 || return 0
  say hops "$1" "$(traceroute -n -q 1 -w 1 -m 8 "$2" 2>&1 </dev/null | sed -n 's/^ *[0-9][0-9]*  *\\([0-9a-f.:][0-9a-f.:]*\\) .*/\\1/p')"
}
resolved() {
  end=$(( $(date +%s) + 4 ))
  until o=$(timeout 5 nslookup "$1" 2>&1 </dev/null); do
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 1
  done
  printf '%s' "$o"
}`;

/** Lines of `MARK KIND KEY TEXT`; anything else is noise of a shell. */
export function parseSaid(output: string): Said {
  const said = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const [, kind, key, text = ''] = new RegExp(`^${mark} (\\S+) (\\S+) ?(.*)$`).exec(line) ?? [];
    if (kind === undefined || key === undefined) continue;
    const name = `${kind} ${key}`;
    said.set(name, [...(said.get(name) ?? []), escapeControl(text).trim()]);
  }
  return said;
}

/** The address that the asked one saw, from what it answered. */
export function seenAddress(answer: string): string | undefined {
  return /\bsaw \[?(?:::ffff:)?([0-9a-f.:]+?)\]?(?::\d+)?(?:\s|$)/.exec(answer)?.[1];
}

/** Milliseconds of the fastest ping; undefined where none came back. */
export function fastest(pings: readonly string[]): number | undefined {
  const times = pings.flatMap((text) => {
    const time = /\btime=([\d.]+) ms/.exec(text)?.[1];
    return time === undefined ? [] : [Number(time)];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Whether a name was looked up to an address: answers come after the server's own name and address. */
export function resolvesTo(answer: string, address: string): boolean {
  const [, ...behind] = answer.split(/\bName:/);
  return behind.some((part) => part.split(/\s+/).includes(address));
}
