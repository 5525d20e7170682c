import type { z } from 'zod';
import type { Draft, Report } from './findings.ts';
import type { NetworkSettings } from './model.ts';
import type { ClusterInput } from './schema.ts';
import type { CombinationRule, Proof } from './support.ts';

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

/** A kernel feature that a choice of the inventory needs, and what else could be chosen. */
export interface KernelNeed {
  readonly module: string;
  /** What needs it, for example `kube-proxy in nftables mode`. */
  readonly by: string;
  readonly alternative: string;
}

/** What a network asks of hosts that run pods, and of the controller; plain data, so that facts, preflight, artifacts and PKI know no plugin. */
export interface PluginNeeds {
  /** Versions by component of the artifact catalogue. */
  readonly artifacts: Readonly<Record<string, string>>;
  readonly ports: readonly NeededPort[];
  readonly kernel: readonly KernelNeed[];
  /** Programs beyond those that every node needs. */
  readonly programs: readonly string[];
  /** Names of leaf certificates that exist for this network alone. */
  readonly leaves: readonly string[];
  /** It keeps its leases in etcd by the v2 API, which etcd must be told to serve. */
  readonly etcdV2?: true;
}

export const noNeeds: PluginNeeds = { artifacts: {}, ports: [], kernel: [], programs: [], leaves: [] };

/** A pod network as the inventory knows it: what may be written of it, what it goes together with, and what it needs. */
export interface PluginDeclaration<Settings = unknown> {
  /** As written in `cluster.network.plugin`; its own settings are below a key of the same name. */
  readonly name: string;
  /** Completes "flannel: …" in lists. */
  readonly summary: string;
  readonly proof: Proof;
  /** Whether NetworkPolicy objects have an effect. */
  readonly enforcesPolicy: boolean;
  /** Undefined where there is nothing to set. */
  readonly schema?: z.ZodObject;
  /** Its version, where it has one. */
  readonly version: (input: ClusterInput, kubernetes: string) => string | undefined;
  /** Combinations that do not work or were not run; asked only where this plugin is chosen. */
  readonly rules: readonly CombinationRule[];
  /** What no schema can say; asked only where this plugin is chosen. */
  readonly check?: (draft: Draft, report: Report) => void;
  /** Whether it can feed Docker on container hosts, without Kubernetes. */
  readonly feedsDocker?: true;
  /** Every default filled in. Called only with input that the checks have passed. */
  readonly resolve: (input: ClusterInput, kubernetes: boolean) => { readonly settings: Settings; readonly needs: PluginNeeds };
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
