import type { ActionContext } from '../../engine/stage.ts';
import type { Host } from '../../inventory/model.ts';
import { urlHost } from '../../inventory/urls.ts';
import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { parseSaid } from './from-pod.ts';
import type { Said } from './from-pod.ts';
import type { TestPod } from './pods.ts';
import { podPort } from './workload.ts';

/** A pod that a host asks, and to which its own pod sends packets of many sizes. */
export interface HostTarget {
  readonly key: string;
  readonly address: string;
  /** False for the host's own test pod, to which there is nothing to send. */
  readonly packets: boolean;
}

/**
 * Tries everything from one host, in one round trip: each pod by TCP, the route that packets there take, and the largest packet that its own pod gets
 * through in one piece.
 */
export async function measureFromHost(
  context: ActionContext,
  host: Host,
  pod: TestPod,
  targets: readonly HostTarget[],
): Promise<Said> {
  const { signal } = context;
  const timeoutMs = 60_000 + targets.length * 40_000;
  const { stdout } = await context.executor(host).read(hostScript(pod, targets).sh, { signal, timeoutMs });
  return parseSaid(stdout);
}

export function hostScript(pod: TestPod, targets: readonly HostTarget[]): Sh {
  return lines([
    inPod(pod),
    functions,
    ...targets.map(({ key, address, packets }) =>
      lines([
        sh`say host ${key} "$(curl -q -sS --noproxy '*' --max-time 2 ${`http://${urlHost(address)}:${podPort}/cgi-bin/who`} 2>&1)"`,
        sh`say route ${key} "$(ip -o route get ${address} 2>&1)"`,
        packets ? sh`packets ${key} ${address} ${address.includes(':') ? 48 : 28}` : sh`:`,
      ]),
    ),
    sh`exit 0`,
  ]);
}

/** Defines `in_pod`, which runs a program of the host in the pod's network; found by the pod's id in the names of control groups, whatever the runtime. */
export function inPod({ uid }: TestPod): Sh {
  return sh`pod=$(grep -lsE ${uid.replaceAll('-', '[-_]')} /proc/[0-9]*/cgroup | head -n 1); pod=\${pod#/proc/}; pod=\${pod%%/*}
in_pod() { [ -n "$pod" ] && nsenter -t "$pod" -n "$@"; }`;
}

/** Halves what is between a size that passes and one that does not. */
const functions = sh`say() { printf '@@k8sup %s %s %s\\n' "$1" "$2" "$(printf '%s' "$3" | tr '\\r\\n\\t' '   ')"; }
fits() { in_pod ping -M do -c 2 -i 0.2 -W 1 -s "$(($1 - head))" "$to" >/dev/null 2>&1; }
packets() {
  to=$2 head=$3
  mtu=$(in_pod ip -o link show dev eth0 2>/dev/null | sed -n 's/.* mtu \\([0-9]*\\) .*/\\1/p')
  [ -n "$mtu" ] || return 0
  low=100 high=$mtu
  if ! fits "$low"; then low=0 high=0
  elif fits "$mtu"; then if fits "$((mtu + 1))"; then low=$((mtu + 1)); else low=$mtu; fi; high=$low
  fi
  while [ "$((high - low))" -gt 1 ]; do
    middle=$(((low + high) / 2))
    if fits "$middle"; then low=$middle; else high=$middle; fi
  done
  say packet "$1" "$low $mtu"
}`;

/** Largest size and wanted size, from `packets`; undefined where no packet at all came through, or none could be sent. */
export function parsePacket(
  said: string | undefined,
): { readonly largest: number; readonly wanted: number } | undefined {
  const [largest = NaN, wanted = NaN] = (said ?? '').split(' ').map(Number);
  return largest > 0 && wanted > 0 ? { largest, wanted } : undefined;
}
