import { familyOf } from './cidr.ts';
import type { Family } from './cidr.ts';
import type { Document } from './document.ts';
import type { Playbook } from './playbook/model.ts';
import type { PluginNeeds } from './plugin.ts';
import type { SecondInterfaceInput } from './schema/lan.ts';
import type { Problem } from './problem.ts';
import type { SecretSource, SshSettings } from './ssh-settings.ts';

/** Kubernetes' and etcd's own words, and a host that only runs containers, without Kubernetes; one host may have several. */
export type Role = 'etcd' | 'master' | 'node' | 'container';
export const roles = ['etcd', 'master', 'node', 'container'] as const satisfies readonly Role[];
/** A master runs a kubelet also where it is no node: webhooks and `kubectl exec` go from there to pods. */
export const kubeletRoles: readonly Role[] = ['master', 'node'];

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Flags (name without dashes) and configuration fields a user adds to a component; a `null` takes a default away. */
export interface Extras {
  readonly extraArgs: Readonly<Record<string, string | null>>;
  readonly extraConfig: Readonly<Record<string, unknown>>;
}

export const componentNames = [
  'etcd',
  'apiserver',
  'controllerManager',
  'scheduler',
  'kubelet',
  'kubeProxy',
  'containerd',
  'docker',
] as const;
export type ComponentName = (typeof componentNames)[number];

export interface Host {
  readonly name: string;
  /** The address other hosts use: listening, advertised and in certificates. Its family is the cluster's first. */
  readonly address: string;
  /** {@link address}, and the one of the other family where the host has both. */
  readonly addresses: readonly string[];
  readonly roles: ReadonlySet<Role>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** `local`: k8sup itself runs there. */
  readonly connection: 'ssh' | 'local';
  readonly ssh: SshSettings;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The cluster's extras with this host's own laid over them. */
  readonly extras: Readonly<Record<ComponentName, Extras>>;
}

export interface NetworkSettings {
  readonly plugin: string;
  /** Whether NetworkPolicy objects have an effect. */
  readonly enforcesPolicy: boolean;
  /** The first of {@link podCIDRs}. */
  readonly podCIDR: string;
  /** One block of each family the cluster has, in the order of the inventory; all other lists below have the same order. */
  readonly podCIDRs: readonly string[];
  /** The first of {@link serviceCIDRs}: Services have an address of it unless they ask for another. */
  readonly serviceCIDR: string;
  readonly serviceCIDRs: readonly string[];
  /** Of the IPv4 pod CIDR. */
  readonly nodeCIDRMaskSize: number;
  /** Of the IPv6 pod CIDR. */
  readonly nodeCIDRMaskSizeIPv6: number;
  /** For example `30000-32767`. */
  readonly nodePortRange: string;
  /** The first of {@link dnsIPs}: the one in pods' resolv.conf. */
  readonly dnsIP: string;
  readonly dnsIPs: readonly string[];
  readonly dnsDomain: string;
  /** First address of the first service CIDR: that of the apiserver's own Service, which has one family alone in every release. */
  readonly apiserverServiceIP: string;
  /** First address of each service CIDR. */
  readonly apiserverServiceIPs: readonly string[];
  /** The plugin's own, of a shape that only it knows: see `settingsOf`. */
  readonly settings: unknown;
  readonly needs: PluginNeeds;
  /** Settings of what was chosen to stand beside the plugin, by name: see `additionOf`. */
  readonly additions: Readonly<Record<string, unknown>>;
  /** Absolute paths on the controller of files that hold a secret of the plugin's, by the plugin's own name for it. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** MTU of pods; undefined: the network's own choice. */
  readonly mtu?: number;
  /** What the chain of CNI plugins does besides, where there is one. */
  readonly cni: { readonly portmap: boolean; readonly bandwidth: boolean; readonly hairpin: boolean };
  /** Blocks outside the pod CIDR that see pods' own addresses. */
  readonly nonMasqueradeCIDRs: readonly string[];
  /** False where pods reach no Service: then there is no cluster DNS either. */
  readonly podsReachServices: boolean;
  /** A second interface of every pod. */
  readonly secondInterface?: SecondInterfaceInput;
}

export interface RegistryCredential {
  readonly registry: string;
  readonly username: string;
  /** File on the controller that holds the password alone. */
  readonly passwordFile: string;
}

export interface RuntimeSettings {
  readonly type: 'containerd' | 'docker';
  readonly dataRoot: string;
  /** `auto`: systemd where the host delegates cgroups to systemd, else cgroupfs. */
  readonly cgroupDriver: 'auto' | 'systemd' | 'cgroupfs';
  readonly sandboxImage: string;
  /** Registry host to mirror URLs, in order. */
  readonly registryMirrors: Readonly<Record<string, readonly string[]>>;
  readonly insecureRegistries: readonly string[];
  readonly credentials: readonly RegistryCredential[];
  /** Kubernetes quantity with Ki, Mi or Gi; Docker's form is the first letter in lower case. */
  readonly logMaxSize: string;
  readonly logMaxFiles: number;
  readonly liveRestore: boolean;
  /** Image tarballs on the controller (absolute paths), loaded on each host that runs containers. */
  readonly images: readonly string[];
}

export interface ImageNames {
  readonly coredns: string;
  /** Used by `verify`; needs sh, ping, wget, nslookup, httpd. */
  readonly verify: string;
}

/** What opens the store of keys where it is encrypted. */
export interface StoreSettings {
  /** Identity file of age; absolute path. */
  readonly identityFile?: string;
  /** Undefined: it is asked for. */
  readonly passphrase?: Exclude<SecretSource, { readonly ask: unknown }>;
}

/** How long certificates live, in hours. */
export interface Lifetimes {
  readonly caHours: number;
  readonly leafHours: number;
  /** `--cluster-signing-duration`: kubelets' certificates. */
  readonly nodeHours: number;
}

export interface Versions {
  readonly kubernetes: string;
  readonly etcd: string;
  readonly containerd: string;
  readonly runc: string;
  readonly docker: string;
  readonly cniPlugins: string;
  readonly coredns: string;
  /** Used with Docker from Kubernetes 1.24 alone. */
  readonly criDockerd?: string;
}

export interface ArtifactSettings {
  readonly source: 'auto' | 'upstream' | 'mirror' | 'directory' | 'go-modules';
  readonly mirrors: readonly string[];
  /** Extra read-only folder in the layout of artifacts (component/version/os-arch/file). */
  readonly directory?: string;
}

/** The cluster part, every default filled in. What is about Kubernetes means nothing where {@link hasKubernetes} says that there is none. */
export interface Cluster {
  readonly name: string;
  readonly versions: Versions;
  readonly runtime: RuntimeSettings;
  readonly network: NetworkSettings;
  readonly kubeProxy: { readonly mode: 'iptables' | 'ipvs' | 'nftables' };
  readonly bootstrap: 'token-secret' | 'token-file';
  /** What clients dial; with one master and nothing given, that master. Undefined where there is no Kubernetes. */
  readonly controlPlaneEndpoint?: { readonly host: string; readonly port: number };
  readonly apiserverPort: number;
  readonly apiserverExtraSANs: readonly string[];
  readonly encryptionAtRest: boolean;
  readonly audit: boolean;
  readonly images: ImageNames;
  readonly lifetimes: Lifetimes;
  readonly store: StoreSettings;
  readonly timeServers: readonly string[];
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly noProxy: readonly string[] };
  readonly disableIPv6: boolean;
  readonly setHostName: boolean;
  readonly manageHostsFile: boolean;
  readonly firewall: 'disable' | 'keep';
  readonly etcd: { readonly dataDir: string; readonly clientPort: number; readonly peerPort: number };
  readonly kubelet: { readonly rootDir: string; readonly maxPods: number };
  readonly coredns: { readonly replicas: number };
  readonly artifacts: ArtifactSettings;
}

/** A checked inventory: plain data, no connection inside. */
export interface Inventory {
  /** Absolute path of the file. */
  readonly file: string;
  readonly cluster: Cluster;
  readonly hosts: readonly Host[];
  /** Files with stages of the user's own, in the order of the inventory. */
  readonly playbooks: readonly Playbook[];
  /** Where values stand in the file. */
  readonly document: Document;
  /** Things that are worth knowing but stop nothing. */
  readonly warnings: readonly Problem[];
}

/** Whether a host, by its roles, runs a kubelet and with it pods. */
export function runsKubelet({ roles: own }: { readonly roles: ReadonlySet<Role> }): boolean {
  return kubeletRoles.some((role) => own.has(role));
}

/** Whether a host, by its roles, runs containers, as pods or by themselves. */
export function runsContainers(host: { readonly roles: ReadonlySet<Role> }): boolean {
  return runsKubelet(host) || host.roles.has('container');
}

/** False for an inventory of container hosts, on which Docker runs alone; the two are never mixed. */
export function hasKubernetes({
  hosts,
}: {
  readonly hosts: readonly { readonly roles: ReadonlySet<string> }[];
}): boolean {
  return !hosts.some((host) => host.roles.has('container'));
}

export function hostsWith(inventory: Inventory, role: Role): readonly Host[] {
  return inventory.hosts.filter((host) => host.roles.has(role));
}

/** The families the cluster has, the first one first. */
export function familiesOf({ podCIDRs }: Pick<NetworkSettings, 'podCIDRs'>): readonly Family[] {
  return podCIDRs.map(familyOf);
}

/** Whether pods and Services have IPv6 addresses, alone or beside IPv4 ones. */
export function hasIPv6(network: Pick<NetworkSettings, 'podCIDRs'>): boolean {
  return familiesOf(network).includes('ipv6');
}
