import type { CheckResult } from '../../engine/events.ts';
import { runsKubelet } from '../../inventory/model.ts';
import type { Host } from '../../inventory/model.ts';
import { urlHost } from '../../inventory/urls.ts';
import { escapeControl } from '../../shell/escape.ts';
import { lines, sh } from '../../shell/sh.ts';
import { notTried } from './from-pods.ts';
import type { VerifyTarget } from './verify.ts';

/** What is tried from the hosts themselves: the NodePort of every node from every host, and the route that pod traffic takes. */
export async function checkFromHosts(target: VerifyTarget): Promise<readonly CheckResult[]> {
  const { inventory, unreachable } = target.context;
  const hosts = inventory.hosts.filter(({ name }) => !unreachable.has(name));
  const perHost = await Promise.all(hosts.map((host) => fromHost(target, host)));
  return perHost.flat();
}

async function fromHost(target: VerifyTarget, host: Host): Promise<readonly CheckResult[]> {
  const started = performance.now();
  const addresses = [...target.nodes].flatMap(([name, ips]) => ips.map((ip) => ({ name, ip })));
  const other = target.pods.find((pod) => pod.node !== host.name);
  const { podsReachServices, plugin } = target.context.inventory.cluster.network;
  const script = lines([
    ...(podsReachServices ? addresses : []).map(({ name, ip }) => {
      const url = `http://${urlHost(ip)}:${target.nodePort}/cgi-bin/who`;
      // Proxies learn of new endpoints a moment after the pods are ready.
      return sh`( n=0; until o=$(curl -q -fsS --noproxy '*' --max-time 5 ${url} 2>&1); do n=$((n+1)); [ $n -lt 5 ] || break; sleep 1; done
if [ $n -lt 5 ]; then echo "ok "${name}; else echo "failed "${name}" at "${ip}" $o"; fi ) &`;
    }),
    sh`wait`,
    ...(other === undefined
      ? []
      : other.ips.map(
          (ip) => sh`if r=$(ip -o route get ${ip} 2>&1); then echo "route $r"; else echo "unroutable $r"; fi`,
        )),
  ]);
  const { signal } = target.context;
  const result = await target.context.executor(host).read(script.sh, { signal, timeoutMs: 60_000 });
  const durationMs = Math.round(performance.now() - started);
  const said = result.stdout.trim().split('\n');
  const failed = said.filter((line) => line.startsWith('failed '));
  const routes = [...result.stdout.matchAll(/^(route|unroutable) (.*)$/gm)];
  const triedPorts = `port ${target.nodePort} of ${countOf(target, addresses.length)} from ${host.name}`;
  const made: CheckResult = {
    name: 'NodePort',
    tried: triedPorts,
    result: failed.length === 0 ? 'all answered' : failed.map((line) => line.slice('failed '.length)).join('; '),
    ok: failed.length === 0 && said.filter((line) => line.startsWith('ok ')).length === addresses.length,
    durationMs,
  };
  const reason = `a node does not reach its own pods with ${plugin}`;
  const nodePort = podsReachServices ? made : notTried('NodePort', triedPorts, reason);
  if (other === undefined || !runsKubelet(host)) return [nodePort];
  // A plugin may route by other means than the main table: any route will do and is shown, the ping is what proves.
  const tried = `${host.name} to a pod on ${other.node}`;
  const found = routes.map(([, verdict, route = '']): CheckResult => {
    const shown = escapeControl(route.replace(/\s+(uid|cache).*$/, '').trim());
    return { name: 'route', tried, result: shown, ok: verdict === 'route', durationMs };
  });
  return [nodePort, ...found];
}

function countOf({ nodes }: VerifyTarget, addresses: number): string {
  return addresses === nodes.size ? `${nodes.size} nodes` : `${nodes.size} nodes at ${addresses} addresses`;
}
