import { rawShell } from '../../shell/sh.ts';
import { bridgeName } from '../cni.ts';
import type { NetworkStatus } from '../status.ts';

export const bridgeStatus: NetworkStatus = {
  mode: () => 'routes',
  unit: 'k8sup-routes.service',
  bridge: bridgeName,
  tunnel: () => undefined,
  wayTo: () => 'direct',
  announced: () => ({}),
  tunnelEnd: () => undefined,
  masquerade: rawShell(`nft list table ip k8sup 2>/dev/null | grep -q masquerade ||
  nft list table ip6 k8sup 2>/dev/null | grep -q masquerade ||
  iptables -w -t nat -S K8SUP-POSTROUTING 2>/dev/null | grep -q MASQUERADE ||
  ip6tables -w -t nat -S K8SUP-POSTROUTING 2>/dev/null | grep -q MASQUERADE`),
  forwardChain: 'K8SUP-FORWARD',
};
