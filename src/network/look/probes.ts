import type { Family } from '../../engine/network-report.ts';
import type { Inventory } from '../../inventory/model.ts';
import { lines, rawShell, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { NetworkStatus, TunnelSpec } from '../status.ts';
import { familyOf } from './model.ts';
import type { NetworkNode } from './model.ts';

/** One part of the look at a node. Each script only reads. */
export interface NetworkProbe {
  readonly key: string;
  readonly script: Sh;
}

const families = [4, 6] as const;

/** The tunnel devices that a node should have. */
export function tunnelsOf(status: NetworkStatus, inventory: Inventory, node: NetworkNode): readonly TunnelSpec[] {
  const own = new Set(node.podCIDRs.map(familyOf));
  return families.filter((family) => own.has(family)).flatMap((family) => status.tunnel(inventory, family) ?? []);
}

/** What to ask a node: all in one script. */
export function networkProbes(
  status: NetworkStatus,
  inventory: Inventory,
  node: NetworkNode,
  others: readonly NetworkNode[],
): readonly NetworkProbe[] {
  const tunnels = tunnelsOf(status, inventory, node);
  const unit = status.unit?.(inventory);
  const masquerade = masqueradeScript(status, inventory);
  const devices = [...(status.bridge === undefined ? [] : [status.bridge]), ...tunnels.map(({ device }) => device)];
  return [
    { key: 'links', script: linksScript(node.address, devices) },
    { key: 'routes', script: lines(others.flatMap((other) => other.podCIDRs.map((cidr) => routeScript(other, cidr)))) },
    { key: 'sysctls', script: sysctlScript(devices) },
    ...[...new Set(node.podCIDRs.map(familyOf))].map((family) => ({
      key: `forward ${family}`,
      script: forwardScript(status.forwardChain, family),
    })),
    { key: 'firewalls', script: firewallScript },
    ...(unit === undefined ? [] : [{ key: 'unit', script: sh`systemctl show -p ActiveState --value ${unit}` }]),
    ...(status.lease === undefined ? [] : [{ key: 'lease', script: sh`cat ${status.lease.file}` }]),
    ...(masquerade === undefined ? [] : [{ key: 'masquerade', script: masquerade }]),
    ...tunnels.flatMap(({ device }) => [
      { key: `fdb ${device}`, script: sh`bridge fdb show dev ${device}` },
      { key: `neigh ${device}`, script: sh`ip neigh show dev ${device}` },
    ]),
    ...(tunnels.length === 0 ? [] : [{ key: 'drops', script: dropsScript(tunnels.map(({ port }) => port)) }]),
  ];
}

/** Each family that has rules must have its own. */
function masqueradeScript(status: NetworkStatus, inventory: Inventory): Sh | undefined {
  const own = new Set(inventory.cluster.network.podCIDRs.map(familyOf));
  const scripts = [...own].flatMap((family) => status.masquerade?.(inventory, family) ?? []);
  const [first, ...others] = new Map(scripts.map((script) => [script.sh, script])).values();
  return first === undefined ? undefined : others.reduce((all, one) => sh`(${all}) && (${one})`, first);
}

/** The first line names the host's own link, and may be empty. */
function linksScript(address: string, devices: readonly string[]): Sh {
  return sh`own=$(ip -o address show to ${address} | awk '{ sub(/@.*/, "", $2); print $2; exit }')
echo "$own"
for link in "$own" ${devices}; do [ -z "$link" ] || ip -d -o link show dev "$link" 2>/dev/null; done; :`;
}

/** By the network's own address: any in it goes the same way. */
function routeScript({ name, address }: NetworkNode, cidr: string): Sh {
  const family = familyOf(cidr);
  const [base = ''] = cidr.split('/');
  return sh`echo "to "${name} ${cidr}
ip -${family} -o route show ${cidr} | sed 's/^/shown /'
ip -${family} -o route get ${base} 2>/dev/null | sed 's/^/get /'
ip -o route get ${address} 2>/dev/null | sed 's/^/host /'`;
}

function sysctlScript(devices: readonly string[]): Sh {
  return sh`cd /proc/sys/net || exit 0
for f in ipv4/ip_forward ipv6/conf/all/forwarding ipv4/conf/all/rp_filter; do [ ! -r "$f" ] || echo "$f $(cat "$f")"; done
for d in ${devices}; do [ ! -r "ipv4/conf/$d/rp_filter" ] || echo "ipv4/conf/$d/rp_filter $(cat "ipv4/conf/$d/rp_filter")"; done`;
}

/** Docker's own service has a chain of k8sup's beside the network's. */
function forwardScript(chain: string | undefined, family: Family): Sh {
  const iptables = rawShell(family === 4 ? 'iptables' : 'ip6tables');
  const chains = ['FORWARD', ...(chain === undefined ? [] : [chain]), 'K8SUP-DOCKER'];
  return lines([...chains.map((one) => sh`${iptables} -w -S ${one} 2>/dev/null`), sh`:`]);
}

const firewallScript = rawShell(`for unit in firewalld ufw; do
  if systemctl is-active --quiet "$unit"; then echo "$unit"; fi
done`);

/** Rules of legacy iptables are not in nft's list, and without nft iptables has them all. */
function dropsScript(ports: readonly number[]): Sh {
  const port = ports.join('|');
  return sh`{ nft list ruleset 2>/dev/null; iptables-save -t filter 2>/dev/null; iptables-save -t raw 2>/dev/null; } |
  grep -E ${`dport (${port})( |$)`} | grep -iE 'drop|reject' | sed 's/^[[:space:]]*//' | sort -u; :`;
}
