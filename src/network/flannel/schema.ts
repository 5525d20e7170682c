import * as z from 'zod';
import { argsOnly } from '../../inventory/schema/components.ts';
import {
  absolutePath,
  derived,
  imageName,
  localFile,
  mtu,
  optional,
  port,
  text,
  version,
} from '../../inventory/schema/fields.ts';
import { backendNames } from './backends.ts';

/** Defaults that follow from nothing else. */
export const standard = {
  version: '0.28.4',
  cniPluginVersion: '0.9.1',
  backend: 'vxlan',
  directRouting: false,
  vni: 1,
  ipMasq: true,
  deploy: 'unit',
  etcdPrefix: '/coreos.com/network',
  wireguardMode: 'separate',
  keepalive: 0,
  udpEncap: false,
  /** As in flannel itself. */
  espProposal: 'aes128gcm16-sha256-prfsha256-ecp256',
} as const;

const linkOrAddress = text({
  code: 'INTERFACE_INVALID',
  pattern: /^[^\s/]{1,39}$/,
  expected: 'the name or the address of a network interface',
});
const regex = z.string().min(1);

const whichInterface = {
  interface: derived(
    linkOrAddress,
    'Interface to other nodes, by its name or address',
    "the one with the host's address",
  ),
  interfaceRegex: optional(regex, 'Instead: the first interface with an address, or else a name, that matches'),
  interfaceCanReach: optional(z.string(), 'Instead: the interface of the route to this address'),
};

const wireguard = z.strictObject({
  pskFile: optional(localFile, 'File with a pre-shared key (`wg genpsk`), mode 0600'),
  mode: optional(
    z.enum(['separate', 'auto', 'ipv4', 'ipv6']),
    'With two address families: a tunnel for each, or one for both',
    standard.wireguardMode,
  ),
  keepalive: optional(z.int().min(0).max(65535), 'Seconds between keepalives; 0: none', standard.keepalive),
});

const ipsec = z.strictObject({
  pskFile: optional(localFile, 'File with the pre-shared key, 96 characters or more, mode 0600; it must be given'),
  udpEncap: optional(z.boolean(), 'Always wrap in UDP, for NAT on the way', standard.udpEncap),
  espProposal: optional(
    text({ code: 'ESP_PROPOSAL_INVALID', pattern: /^[a-z0-9]+(-[a-z0-9]+)+$/, expected: 'an ESP proposal' }),
    'ESP proposal',
    standard.espProposal,
  ),
});

const subnet = {
  subnetManager: derived(
    z.enum(['kube', 'etcd']),
    'Who gives subnets to hosts: Kubernetes, or etcd on hosts without Kubernetes',
    'kube; etcd where there is no master',
  ),
  etcdPrefix: optional(absolutePath, "etcd manager: where flannel's keys are", standard.etcdPrefix),
  subnetLen: derived(
    z.int().min(8).max(30),
    "etcd manager: mask of each host's subnet",
    '24, or less in a small network',
  ),
  subnetMin: derived(z.string(), 'etcd manager: first subnet to give out', 'the second of podCIDR'),
  subnetMax: derived(z.string(), 'etcd manager: last subnet to give out', 'the last of podCIDR'),
};

export const flannelSchema = z.strictObject({
  version: optional(version, 'flannel version', standard.version),
  cniPluginVersion: optional(version, 'Version of the flannel CNI plugin', standard.cniPluginVersion),
  deploy: optional(z.enum(['unit', 'daemonset']), 'As a systemd unit, or as pods of a DaemonSet', standard.deploy),
  image: derived(imageName, 'daemonset: image of flanneld', 'ghcr.io/flannel-io/flannel:v<version>'),
  cniPluginImage: derived(
    imageName,
    'daemonset: image of the CNI plugin',
    'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1',
  ),
  backend: optional(z.enum(backendNames), 'How packets reach other nodes', standard.backend),
  directRouting: optional(z.boolean(), 'vxlan, ipip: plain routes between nodes of one subnet', standard.directRouting),
  vni: optional(z.int().min(1).max(16777215), 'vxlan: network identifier', standard.vni),
  port: derived(port, 'UDP port of the tunnel', 'vxlan 8472, udp 8285, wireguard 51820'),
  wireguard: optional(wireguard, 'wireguard alone'),
  ipsec: optional(ipsec, 'ipsec alone'),
  mtu: derived(mtu, 'MTU of pods', 'cluster.network.mtu, or what fits through the interface'),
  ...whichInterface,
  ipMasq: optional(z.boolean(), "Give traffic that leaves the pod network the host's address", standard.ipMasq),
  ipv6Masq: derived(z.boolean(), 'The same for IPv6', 'as ipMasq'),
  nftables: derived(z.boolean(), 'Rules through nftables instead of iptables', 'as kube-proxy has them'),
  healthPort: derived(port, 'Port of its health check on 127.0.0.1', '10263'),
  ...subnet,
  extraConfig: optional(
    z.record(z.string(), z.unknown()),
    'Keys to add to net-conf.json, merged deeply; those with a setting of their own are refused',
    {},
  ),
  extraArgs: argsOnly.shape.extraArgs,
});

export const flannelHostSchema = z.strictObject(whichInterface);
