import type { Family } from '../../engine/network-report.ts';
import type { ActionContext } from '../../engine/stage.ts';
import type { Host } from '../../inventory/model.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { inPod } from './from-host.ts';
import type { TestPod } from './pods.ts';

/** Packets that one host counted, or how much they grew; a counter that is not there is left out. */
export interface Counters {
  /** Of the tunnel device. */
  readonly tunnelSent?: number;
  readonly tunnelReceived?: number;
  /** Dropped by the reverse path filter, on all devices. */
  readonly pathFiltered?: number;
  /** Of the test pod: pings that came, answers that it sent, answers that it got. */
  readonly pings?: number;
  readonly answers?: number;
  readonly answered?: number;
}

/** One end of a path. */
export interface End {
  readonly host: Host;
  readonly pod: TestPod;
}

/** What both ends counted while so many pings were sent. A tunnel that others use much is left out: its counters would tell of them. */
export interface Traced {
  readonly sent: number;
  readonly from: Counters;
  readonly to: Counters;
}

const pings = 100;
const secondsBetween = 0.01;
/** How long both ends are watched before, and how many packets of others may cross the tunnel in that time. */
const quietSeconds = 2;
const quietPackets = pings / 4;

/** Sends pings from one pod to another, and tells how far they came. */
export async function tracePings(
  context: ActionContext,
  from: End,
  to: End,
  target: { readonly address: string; readonly family: Family; readonly tunnel: string | undefined },
): Promise<Traced> {
  const count = async ({ host, pod }: End, quiet: number): Promise<readonly Counters[]> => {
    const script = countersScript(pod, target.tunnel, target.family);
    const watched = quiet === 0 ? script : sh`${script}\necho then; sleep ${quiet}\n${script}`;
    const said = await read(context, host, watched);
    return said.split(/^then$/m).map(parseCounters);
  };
  const before = await Promise.all([count(from, quietSeconds), count(to, quietSeconds)]);
  const ping = sh`${inPod(from.pod)}
in_pod ping -c ${pings} -i ${secondsBetween} -W 1 ${target.address} >/dev/null 2>&1; exit 0`;
  await read(context, from.host, ping);
  const after = await Promise.all([count(from, 0), count(to, 0)]);
  const grown = ([first = {}, last = {}]: readonly Counters[] = [], [end = {}]: readonly Counters[] = []): Counters =>
    withoutOthers(growth(first, last), growth(last, end));
  return { sent: pings, from: grown(before[0], after[0]), to: grown(before[1], after[1]) };
}

function withoutOthers(quiet: Counters, counted: Counters): Counters {
  const busy = Math.max(quiet.tunnelSent ?? 0, quiet.tunnelReceived ?? 0) > quietPackets;
  const { tunnelSent, tunnelReceived, ...exact } = counted;
  if (busy || tunnelSent === undefined || tunnelReceived === undefined) return exact;
  return { ...exact, tunnelSent, tunnelReceived };
}

async function read(context: ActionContext, host: Host, script: Sh): Promise<string> {
  const { stdout } = await context.executor(host).read(script.sh, { signal: context.signal, timeoutMs: 30_000 });
  return stdout;
}

export function countersScript(pod: TestPod, tunnel: string | undefined, family: Family): Sh {
  const statistics = `/sys/class/net/${tunnel ?? 'lo'}/statistics`;
  return sh`${inPod(pod)}
column() { awk -v kind="$2:" -v name="$3" '$1 == kind { if (seen++) print $at; else for (i = 2; i <= NF; i++) if ($i == name) at = i }' "$1" 2>/dev/null; }
tell() { [ -z "$2" ] || echo "$1 $2"; }
${tunnel === undefined ? sh`:` : sh`tell tunnelSent "$(cat ${`${statistics}/tx_packets`})"; tell tunnelReceived "$(cat ${`${statistics}/rx_packets`})"`}
tell pathFiltered "$(column /proc/net/netstat TcpExt IPReversePathFilter)"
[ -z "$pod" ] || {
${family === 4 ? podCounters4 : podCounters6}
}`;
}

const podCounters4 = sh`tell pings "$(column "/proc/$pod/net/snmp" Icmp InEchos)"
tell answers "$(column "/proc/$pod/net/snmp" Icmp OutEchoReps)"
tell answered "$(column "/proc/$pod/net/snmp" Icmp InEchoReps)"`;

const podCounters6 = sh`value() { awk -v name="$1" '$1 == name { print $2 }' "/proc/$pod/net/snmp6" 2>/dev/null; }
tell pings "$(value Icmp6InEchos)"
tell answers "$(value Icmp6OutEchoReplies)"
tell answered "$(value Icmp6InEchoReplies)"`;

const names = ['tunnelSent', 'tunnelReceived', 'pathFiltered', 'pings', 'answers', 'answered'] as const;

export function parseCounters(output: string): Counters {
  const values = new Map(output.split('\n').map((line) => line.split(' ') as [string, string]));
  return Object.fromEntries(names.filter((name) => values.has(name)).map((name) => [name, Number(values.get(name))]));
}

function growth(before: Counters, after: Counters): Counters {
  return Object.fromEntries(
    names.flatMap((name) => {
      const [first, last] = [before[name], after[name]];
      return first === undefined || last === undefined ? [] : [[name, last - first]];
    }),
  );
}
