import type { LabHandle, LabTestHost } from './lab.ts';

/** A pod of a test, and programs of its host run in its network: what the pod's own image has does not matter. */
export interface TestPod {
  readonly name: string;
  readonly ip: string;
  /** Runs a script in the pod's network, and gives its standard output. */
  run(script: string): Promise<string>;
  /** Answers on TCP 8080 and UDP 8081 with the address that it sees the caller under. */
  serve(): Promise<void>;
}

/** The pod as it runs now: a restart gives it another address, and another network on its host. */
export async function testPod(lab: LabHandle, host: LabTestHost, name: string): Promise<TestPod> {
  const ip = await lab.kubectl('get', 'pod', name, '-o', 'jsonpath={.status.podIP}');
  const find = `for n in /run/netns/cni-*; do if nsenter --net=$n ip -o address show | grep -q ' ${ip}/'; then net=$n; fi; done\n`;
  const run = (script: string): Promise<string> =>
    host.run(`${find}nsenter --net="$net" sh -s <<'IN_POD'\n${script}\nIN_POD`);
  return { name, ip, run, serve: () => serve(host, find, name) };
}

/** What a server of {@link TestPod.serve} says to a caller; retried, as rules for new endpoints come a moment later. */
export function ask(target: string): string {
  return `n=0; until o=$(echo | socat -t 3 -T 3 - ${target} 2>/dev/null) && [ -n "$o" ]; do n=$((n+1)); [ $n -lt 15 ] || { echo "no answer of ${target}" >&2; exit 1; }; sleep 1; done; printf %s "$o"`;
}

const program = '/run/k8sup-test-who';

async function serve(host: LabTestHost, find: string, name: string): Promise<void> {
  await host.run(`${find}
printf '#!/bin/sh\\nread -r line\\necho "$SOCAT_PEERADDR"\\n' >${program}; chmod 755 ${program}
for listen in TCP4-LISTEN:8080 UDP4-LISTEN:8081; do
  unit=test-${name}-\${listen#*:}
  systemctl stop $unit.service 2>/dev/null
  systemd-run --quiet --collect --unit=$unit nsenter --net="$net" socat $listen,fork,reuseaddr EXEC:${program}
done`);
}

/** Ends the servers of pods on a host. */
export async function stopServers(host: LabTestHost): Promise<void> {
  await host.run(`systemctl stop 'test-*.service'; rm -f ${program}`);
}
