import type { z } from 'zod';
import type { Family } from './cidr.ts';
import type { Draft, Report } from './findings.ts';
import type { InterfaceChoice } from './interface-choice.ts';
import type { NetworkSettings, Role } from './model.ts';
import type { Path } from './path.ts';
import type { ClusterInput, HostInput } from './schema.ts';
import type { Addressing, CombinationRule, Proof } from './support.ts';

/** A port that a part of the cluster listens on. */
export interface NeededPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** For people, for example `etcd clients`. */
  readonly purpose: string;
  /** The unit that holds it once the cluster runs; undefined where the kernel does (vxlan). */
  readonly unit: string | undefined;
  /** Bound to 127.0.0.1 alone, so a program on another address is not in the way. */
  readonly loopback: boolean;
}

/** What hosts send each other that is neither TCP nor UDP, and that a firewall must let in. */
export interface NeededProtocol {
  /** Of IANA's protocol numbers; 4 is IP in IP. Firewalls know few of the names. */
  readonly number: number;
  /** For people, for example `IP in IP`. */
  readonly purpose: string;
  /** Of the addresses that it goes between; undefined: of both. */
  readonly family?: Family;
}

/** A kernel feature that a choice of the inventory needs, and what else could be chosen. */
export interface KernelNeed {
  readonly module: string;
  /** What needs it, for example `kube-proxy in nftables mode`. */
  readonly by: string;
  readonly alternative: string;
}

/** A network interface that the inventory names and hosts must have. */
export interface InterfaceNeed {
  readonly name: string;
  /** The key that names it, for example `cluster.network.macvlan.master`. */
  readonly setting: string;
}

/** The size of packets that the path between hosts must carry. */
export interface MtuNeed {
  /** Of what goes out by the interface: the pods' MTU with what a tunnel adds. */
  readonly bytes: number;
  /** What of it the tunnel adds; 0 unless said. */
  readonly overhead?: number;
  /** Undefined: the interface that carries the host's address. */
  readonly interface?: string;
  readonly setting: string;
}

/** Hosts reach each other without a router between them, but for those that have a gateway of their own. */
export interface SubnetNeed {
  /** Of the problem where they do not, for example `BRIDGE_ACROSS_SUBNETS`. */
  readonly code: string;
  /** What needs it, for example `the network bridge`. */
  readonly by: string;
  readonly alternative: string;
  /** Routers by host, for what is not on the host's own subnet. */
  readonly gateways: Readonly<Record<string, string>>;
}

/** A file on the controller with a secret of the network's. */
export interface SecretFile {
  /** Names it among the plugin's own. */
  readonly name: string;
  readonly path: Path;
  /** As written; relative to the inventory. */
  readonly written: string;
  /** What its only line must look like. */
  readonly pattern: RegExp;
  /** Completes "it does not hold …". */
  readonly expected: string;
}

/** One of upstream's own files of Kubernetes objects: a manifest, or a chart's package. */
export interface UpstreamFile {
  /** As in the catalogue of artifacts, for example `calico`. */
  readonly component: string;
  /** Without a leading `v`. */
  readonly version: string;
  /** For example `calico-typha.yaml`, or `cilium.tgz`, for which helm is gotten too. */
  readonly file: string;
  /** What it must hash to, said by the user; needed for a version whose sha256 neither the catalogue nor its publisher says. */
  readonly sha256?: string;
}

/** What a network asks of hosts that run pods, and of the controller; plain data, so that facts, preflight, artifacts and PKI know no plugin. */
export interface PluginNeeds {
  /** Versions by component of the artifact catalogue. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** Files whose objects it applies; they stay on the controller. */
  readonly upstream?: readonly UpstreamFile[];
  readonly ports: readonly NeededPort[];
  readonly protocols?: readonly NeededProtocol[];
  readonly kernel: readonly KernelNeed[];
  /** Programs beyond those that every node needs. */
  readonly programs: readonly string[];
  /** Names of leaf certificates that exist for this network alone. */
  readonly leaves: readonly string[];
  /** It keeps its leases in etcd by the v2 API, which etcd must be told to serve. */
  readonly etcdV2?: true;
  readonly interfaces?: readonly InterfaceNeed[];
  readonly mtu?: readonly MtuNeed[];
  readonly subnet?: SubnetNeed;
  /** By host: the interface to the other hosts, where it is not the one with the host's address. */
  readonly nodeInterfaces?: Readonly<Record<string, InterfaceChoice>>;
  /** It does what kube-proxy does: hosts have none. */
  readonly replacesKubeProxy?: true;
  /** The oldest kernel it works on. */
  readonly kernelRelease?: KernelRelease;
  /** Annotations of nodes by host name, which k8sup keeps as they are here. */
  readonly nodeAnnotations?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Labels of nodes by role, which k8sup keeps as they are here. */
  readonly nodeLabels?: Readonly<Partial<Record<Role, Readonly<Record<string, string>>>>>;
  /** Where pods ask for names, when it is not the DNS Service. */
  readonly clusterDNS?: string;
  /** What must stay as it is on a living cluster. */
  readonly fixed?: readonly FixedSetting[];
}

/** A release of the kernel, for example 5.10. */
export interface KernelRelease {
  readonly major: number;
  readonly minor: number;
  /** What needs it. */
  readonly by: string;
  readonly alternative: string;
}

/** A setting of a plugin that running pods, or what is stored, rest on. */
export interface FixedSetting {
  /** Below the plugin's own key. */
  readonly key: string;
  /** Completes "… cannot change", for example `Calico's pool`. */
  readonly name: string;
  readonly value: string | number | boolean;
  readonly reason: string;
}

/** Keys of the network that some plugins use and others do not. */
export const sharedKeys = ['mtu', 'cni', 'nonMasqueradeCIDRs', 'secondInterface'] as const;
export type SharedKey = (typeof sharedKeys)[number];

export const noNeeds: PluginNeeds = { artifacts: {}, ports: [], kernel: [], programs: [], leaves: [] };

interface MacvlanInput {
  readonly master?: string | undefined;
  readonly mtu?: number | undefined;
}

/** What a macvlan needs, as the network or as a second interface. */
export function macvlanNeeds({ master, mtu }: MacvlanInput, path: string): PluginNeeds {
  const kernel = { module: 'macvlan', by: 'macvlan', alternative: 'choose another cluster.network.plugin' };
  const link = master === undefined ? {} : { interface: master };
  const setting = path === 'cluster.network.macvlan' ? 'cluster.network.mtu' : `${path}.mtu`;
  return {
    ...noNeeds,
    kernel: [kernel],
    interfaces: master === undefined ? [] : [{ name: master, setting: `${path}.master` }],
    mtu: mtu === undefined ? [] : [{ bytes: mtu, setting, ...link }],
  };
}

/** What two parts of a network need together; what there can be only one of is the first's, where it has it. */
export function joinNeeds(one: PluginNeeds, other: PluginNeeds): PluginNeeds {
  return {
    ...other,
    ...one,
    artifacts: { ...other.artifacts, ...one.artifacts },
    upstream: [...(one.upstream ?? []), ...(other.upstream ?? [])],
    ports: [...one.ports, ...other.ports],
    protocols: [...(one.protocols ?? []), ...(other.protocols ?? [])],
    kernel: [...one.kernel, ...other.kernel],
    programs: [...one.programs, ...other.programs],
    leaves: [...one.leaves, ...other.leaves],
    interfaces: [...(one.interfaces ?? []), ...(other.interfaces ?? [])],
    mtu: [...(one.mtu ?? []), ...(other.mtu ?? [])],
  };
}

/** A pod network as the inventory knows it: what may be written of it, what it goes together with, and what it needs. */
export interface PluginDeclaration<Settings = unknown> {
  /** As written in `cluster.network.plugin`; its own settings are below a key of the same name. */
  readonly name: string;
  /** Completes "flannel: …" in lists. */
  readonly summary: string;
  readonly proof: Proof;
  /** What it is proved with where {@link proof} says so; IPv4 alone where it is left out. */
  readonly provedWith?: readonly Addressing[];
  /** Whether NetworkPolicy objects have an effect; where that can be switched, by what is written. */
  readonly enforcesPolicy: boolean | ((input: ClusterInput) => boolean);
  /** False where what pods send passes their host by, and with it kube-proxy's rules. */
  readonly podsReachServices?: false;
  /** The keys of the network that others share and that have an effect here; the rest of {@link sharedKeys} gets a warning. */
  readonly uses?: readonly SharedKey[];
  /** Undefined where there is nothing to set. */
  readonly schema?: z.ZodObject;
  /** What one host may say for itself, below a key of the plugin's name. */
  readonly hostSchema?: z.ZodObject;
  /** Its version, where it has one. */
  readonly version: (input: ClusterInput, kubernetes: string) => string | undefined;
  /** Combinations that do not work or were not run; asked only where this plugin is chosen. */
  readonly rules: readonly CombinationRule[];
  /** What no schema can say; asked only where this plugin is chosen. */
  readonly check?: (draft: Draft, report: Report) => void;
  /** Whether it can feed Docker on container hosts, without Kubernetes. */
  readonly feedsDocker?: true;
  readonly secretFiles?: (input: ClusterInput) => readonly SecretFile[];
  /** Every default filled in, for these hosts, so many of which run a kubelet. Called only with input that the checks have passed. */
  readonly resolve: (
    input: ClusterInput,
    nodes: number,
    hosts: readonly HostInput[],
  ) => { readonly settings: Settings; readonly needs: PluginNeeds };
  /** What may stand beside it. */
  readonly additions?: readonly AdditionDeclaration[];
}

/** Something that stands beside a pod network, such as a second network or a cache of DNS. */
export interface AdditionDeclaration<Settings = unknown> {
  /** The key below `cluster.network`. */
  readonly name: string;
  /** Completes "multus: …" in lists. */
  readonly summary: string;
  readonly proof: Proof;
  /** Whether with it NetworkPolicy objects have an effect. */
  readonly enforcesPolicy: boolean;
  /** Of what is written at its key. */
  readonly schema: z.ZodType;
  /** Whether the inventory asks for it. */
  readonly isChosen: (input: ClusterInput) => boolean;
  /** What no schema can say; asked only where it is chosen. */
  readonly check?: (draft: Draft, report: Report) => void;
  /** Every default filled in, beside a plugin that needs these. Called only where it is chosen, with input that the checks have passed. */
  readonly resolve: (
    input: ClusterInput,
    beside: PluginNeeds,
  ) => { readonly settings: Settings; readonly needs: PluginNeeds };
}

/** Whether NetworkPolicy objects have an effect with this plugin and its chosen additions. */
export function enforcesPolicy(plugin: PluginDeclaration, input: ClusterInput): boolean {
  const own = typeof plugin.enforcesPolicy === 'boolean' ? plugin.enforcesPolicy : plugin.enforcesPolicy(input);
  return own || chosenAdditions(plugin, input).some((addition) => addition.enforcesPolicy);
}

export function chosenAdditions(plugin: PluginDeclaration, input: ClusterInput): readonly AdditionDeclaration[] {
  return (plugin.additions ?? []).filter(({ isChosen }) => isChosen(input));
}

/** All additions of these plugins, each once. */
export function additionsOf(plugins: readonly PluginDeclaration[]): readonly AdditionDeclaration[] {
  return [...new Set(plugins.flatMap(({ additions = [] }) => additions))];
}

/** The settings of an addition, as its own {@link AdditionDeclaration.resolve} made them; undefined where it is not chosen. */
export function additionOf<Settings>(
  { name }: AdditionDeclaration<Settings>,
  network: NetworkSettings,
): Settings | undefined {
  return network.additions[name] as Settings | undefined;
}

/** The settings of the chosen plugin, as its own {@link PluginDeclaration.resolve} made them. */
export function settingsOf<Settings>(plugin: PluginDeclaration<Settings>, network: NetworkSettings): Settings {
  if (network.plugin !== plugin.name) throw new Error(`settings of ${plugin.name} asked of ${network.plugin}`);
  // The name is right, so it was this plugin that made them.
  return network.settings as Settings;
}

/**
 * What is written below the plugin's own key. What the schema refuses is reported there already; here it counts as nothing.
 */
export function writtenFor<Schema extends z.ZodObject>(
  plugin: { readonly name: string; readonly schema: Schema },
  input: ClusterInput,
): Partial<z.infer<Schema>> {
  const parsed = plugin.schema.safeParse(input.network?.[plugin.name] ?? {});
  return parsed.success ? parsed.data : {};
}

/** The same for what one host says for itself. */
export function writtenByHost<Schema extends z.ZodObject>(
  plugin: { readonly name: string; readonly hostSchema: Schema },
  host: HostInput,
): Partial<z.infer<Schema>> {
  const parsed = plugin.hostSchema.safeParse(host[plugin.name] ?? {});
  return parsed.success ? parsed.data : {};
}
