import { z } from 'zod';
import { standard } from '../defaults.ts';
import { derived, dnsName, optional, port, text, version } from './fields.ts';

const mtu = z.int().min(576).max(65535);

const interfaceName = text({
  code: 'INTERFACE_INVALID',
  pattern: /^[^\s/]{1,15}$/,
  expected: 'the name of a network interface',
});

const flannelSchema = z.strictObject({
  version: optional(version, 'flannel version', standard.flannel.version),
  cniPluginVersion: optional(version, 'Version of the flannel CNI plugin', standard.flannel.cniPluginVersion),
  backend: optional(z.enum(['vxlan', 'host-gw']), 'How packets reach other nodes', standard.flannel.backend),
  directRouting: optional(
    z.boolean(),
    'vxlan: plain routes between nodes of one subnet',
    standard.flannel.directRouting,
  ),
  vni: optional(z.int().min(1).max(16777215), 'vxlan: network identifier', standard.flannel.vni),
  port: optional(port, 'vxlan: UDP port', standard.flannel.port),
  mtu: derived(mtu, 'MTU of pods', "from the interface's"),
  interface: derived(interfaceName, 'Interface to other nodes', "the one with the host's address"),
});

/** Any string passes here: a plugin that is not supported yet deserves a better message than "not one of". */
const plugin = z.string().meta({ examples: ['flannel', 'bridge', 'none'] });

export const networkSchema = z.strictObject({
  plugin: optional(
    plugin,
    'Pod network: flannel, bridge (CNI bridge with host routes) or none (bring your own)',
    standard.network.plugin,
  ),
  podCIDR: optional(z.string(), 'Addresses of pods (IPv4)', standard.network.podCIDR),
  serviceCIDR: optional(z.string(), 'Addresses of Services (IPv4)', standard.network.serviceCIDR),
  nodeCIDRMaskSize: optional(
    z.int().min(8).max(30),
    "Mask of each node's part of the pod CIDR",
    standard.network.nodeCIDRMaskSize,
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
  dnsIP: derived(z.string(), 'Address of the cluster DNS', 'the tenth of serviceCIDR'),
  dnsDomain: optional(dnsName, 'Domain of the cluster', standard.network.dnsDomain),
  mtu: derived(mtu, 'bridge: MTU of pods', "the kernel's"),
  cniPluginsVersion: optional(version, 'Version of the CNI plugins', standard.network.cniPluginsVersion),
  flannel: optional(flannelSchema, 'Settings of flannel'),
});
