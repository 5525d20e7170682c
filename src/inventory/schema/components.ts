import * as z from 'zod';
import { standard } from '../defaults.ts';
import { absolutePath, derived, optional, port, version } from './fields.ts';

const args = optional(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  'Flags to add or change, by name without dashes; null takes a default of k8sup away',
  {},
);
const config = optional(
  z.record(z.string(), z.unknown()),
  "Fields to add or change in the component's own configuration file, merged deeply; null takes a field away, a list replaces a list",
  {},
);

/** A component that takes flags alone. */
export const argsOnly = z.strictObject({ extraArgs: args });
/** A component that takes a configuration file alone. */
export const configOnly = z.strictObject({ extraConfig: config });
/** A component that takes both. */
export const argsAndConfig = z.strictObject({ extraArgs: args, extraConfig: config });

export const apiserverSchema = z.strictObject({
  port: optional(port, 'Port of the API server on each master', standard.apiserver.port),
  extraSANs: optional(z.array(z.string().min(1)), 'More names and addresses in the serving certificate', []),
  audit: optional(
    z.boolean(),
    'Write an audit log (Secrets and ConfigMaps at level Metadata)',
    standard.apiserver.audit,
  ),
  encryptionAtRest: optional(z.boolean(), 'Encrypt Secrets in etcd', standard.apiserver.encryptionAtRest),
  extraArgs: args,
});

export const etcdSchema = z.strictObject({
  version: optional(version, 'etcd version', standard.etcd.version),
  dataDir: optional(absolutePath, 'Data directory on each member', standard.etcd.dataDir),
  clientPort: optional(port, 'Port for clients', standard.etcd.clientPort),
  peerPort: optional(port, 'Port for peers', standard.etcd.peerPort),
  extraArgs: args,
});

export const kubeletSchema = z.strictObject({
  rootDir: optional(absolutePath, "kubelet's root directory", standard.kubelet.rootDir),
  maxPods: optional(z.int().min(1).max(2000), 'Most pods on one node', standard.kubelet.maxPods),
  extraArgs: args,
  extraConfig: optional(
    z.record(z.string(), z.unknown()),
    "Fields of KubeletConfiguration to add or change, merged deeply; null takes a field away, a list replaces a list. Of k8sup's own, pods may feel podPidsLimit (4096) and, from 1.27, seccompDefault (true)",
    {},
  ),
});

export const kubeProxySchema = z.strictObject({
  mode: derived(
    z.enum(['iptables', 'ipvs', 'nftables']),
    'How Services are made; nftables needs Kubernetes 1.31',
    'nftables from 1.36, iptables before',
  ),
  extraArgs: args,
  extraConfig: config,
});

export const corednsSchema = z.strictObject({
  version: derived(version, 'CoreDNS version; at most 1.10.1 with Kubernetes 1.20', '1.15.0 (1.10.1 with 1.20)'),
  replicas: optional(z.int().min(1).max(20), 'Number of CoreDNS pods', standard.coredns.replicas),
});
