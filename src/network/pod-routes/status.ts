import type { Family } from '../../engine/network-report.ts';
import { rawShell } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';

/** Exits 0 where the rules of k8sup's own that hide pods' addresses are there, in whichever packet filter. */
export function podRoutesMasquerade(family: Family): Sh {
  const [table, tool] = family === 4 ? ['ip k8sup', 'iptables'] : ['ip6 k8sup', 'ip6tables'];
  return rawShell(`nft list table ${table} 2>/dev/null | grep -q masquerade ||
  ${tool} -w -t nat -S K8SUP-POSTROUTING 2>/dev/null | grep -q MASQUERADE`);
}
