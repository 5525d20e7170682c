import { rawShell } from '../../shell/sh.ts';

/** Exits 0 where the rules of k8sup's own that hide pods' addresses are there, in whichever packet filter. */
export const podRoutesMasquerade = rawShell(`nft list table ip k8sup 2>/dev/null | grep -q masquerade ||
  nft list table ip6 k8sup 2>/dev/null | grep -q masquerade ||
  iptables -w -t nat -S K8SUP-POSTROUTING 2>/dev/null | grep -q MASQUERADE ||
  ip6tables -w -t nat -S K8SUP-POSTROUTING 2>/dev/null | grep -q MASQUERADE`);
