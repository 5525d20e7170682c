import type { ActionContext } from '../../engine/stage.ts';
import { lines, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { parseSaid } from './from-pod.ts';
import type { TestPod } from './pods.ts';
import { namespace, podPort } from './workload.ts';

const limitSeconds = 2;

export interface ThroughputTarget {
  readonly key: string;
  readonly address: string;
}

/** Million bytes a second that one pod gets from others, one after the other, by the target's key. Nothing else should be measured meanwhile. */
export async function measureThroughput(
  context: ActionContext,
  pod: TestPod,
  targets: readonly ThroughputTarget[],
): Promise<ReadonlyMap<string, number>> {
  const script = Buffer.from(throughputScript(targets).sh);
  const exec = sh`head -c "$1" | kubectl -n ${namespace} exec -i ${pod.name} -- sh -s`;
  const timeoutMs = 60_000 + targets.length * (limitSeconds + 3) * 1000;
  return parseThroughput(await context.kube.run(exec, { contents: [script], timeoutMs }));
}

/** Counted at the pod's interface: busybox has no program that says how fast it was. Time is the kernel's, in hundredths of a second. */
export function throughputScript(targets: readonly ThroughputTarget[]): Sh {
  return lines([
    sh`now() { read -r up rest </proc/uptime; echo "\${up%.*}\${up#*.}"; }
received() { cat /sys/class/net/eth0/statistics/rx_bytes; }
receive() {
  before=$(received) began=$(now)
  timeout ${limitSeconds} nc -w 2 "$2" ${podPort} </tmp/send >/dev/null 2>&1
  echo "@@k8sup rate $1 $(($(received) - before)) $(($(now) - began))"
}`,
    ...targets.map(({ key, address }) => sh`receive ${key} ${address}`),
    sh`exit 0`,
  ]);
}

/** What moved less than this was broken off, and is no figure. */
const leastBytes = 100_000;

export function parseThroughput(output: string): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const [name, [text = '']] of parseSaid(output)) {
    const [bytes = NaN, hundredths = NaN] = text.split(' ').map(Number);
    if (!(bytes >= leastBytes)) continue;
    rates.set(name.slice('rate '.length), Math.round(bytes / Math.max(1, hundredths) / 1000) / 10);
  }
  return rates;
}
