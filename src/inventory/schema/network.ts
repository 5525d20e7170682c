import * as z from 'zod';
import { standard } from '../defaults.ts';
import { derived, dnsName, mtu, optional, text, version } from './fields.ts';
import { secondInterfaceSchema } from './lan.ts';

const cniSchema = z.strictObject({
  portmap: optional(z.boolean(), 'Ports of the host that lead to a pod (hostPort)', standard.network.cni.portmap),
  bandwidth: optional(
    z.boolean(),
    'Limits by the annotations kubernetes.io/ingress-bandwidth and egress-bandwidth',
    standard.network.cni.bandwidth,
  ),
  hairpin: optional(z.boolean(), 'A pod can reach itself through its own Service', standard.network.cni.hairpin),
});

export const networkSchema = z.strictObject({
  /** Any string passes: which plugins there are is not known here. */
  plugin: optional(z.string(), 'Pod network', standard.network.plugin),
  podCIDR: optional(
    z.string(),
    'Addresses of pods: one block, or one of each family with a comma between, the first family first',
    standard.network.podCIDR,
  ),
  serviceCIDR: optional(
    z.string(),
    'Addresses of Services: as many blocks as podCIDR has, in the same order of families',
    standard.network.serviceCIDR,
  ),
  nodeCIDRMaskSize: optional(
    z.int().min(8).max(30),
    "Mask of each node's part of the IPv4 pod CIDR",
    standard.network.nodeCIDRMaskSize,
  ),
  nodeCIDRMaskSizeIPv6: optional(
    z.int().min(16).max(126),
    "Mask of each node's part of the IPv6 pod CIDR",
    standard.network.nodeCIDRMaskSizeIPv6,
  ),
  nodePortRange: optional(
    text({
      code: 'NODE_PORT_RANGE_INVALID',
      pattern: /^\d{1,5}-\d{1,5}$/,
      expected: 'a range of ports',
      fix: 'write "30000-32767"',
    }),
    'Ports of NodePort Services',
    standard.network.nodePortRange,
  ),
  dnsIP: derived(
    z.string(),
    'Address of the cluster DNS, or one of each family with a comma between',
    'the tenth of serviceCIDR',
  ),
  dnsDomain: optional(dnsName, 'Domain of the cluster', standard.network.dnsDomain),
  mtu: derived(
    mtu,
    'bridge, flannel, macvlan: MTU of pods; the others have a key of their own',
    'what fits through the interface; with bridge 1500 at most',
  ),
  cni: optional(cniSchema, 'bridge, flannel: what the chain of CNI plugins does besides'),
  nonMasqueradeCIDRs: derived(
    z.array(z.string()),
    "bridge, flannel: blocks outside the pod network that see pods' own addresses, not their host's (what leads back to pods is yours)",
    'none',
  ),
  secondInterface: optional(secondInterfaceSchema, 'A second interface of every pod (containerd only)'),
  cniPluginsVersion: optional(version, 'Version of the CNI plugins', standard.network.cniPluginsVersion),
});
