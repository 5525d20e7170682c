import type { BinarySet } from '../components/binaries.ts';
import type { Component, ComponentFile } from '../components/component.ts';
import type { KubeObject, StageContext } from '../engine/stage.ts';
import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { AdditionDeclaration, PluginDeclaration } from '../inventory/plugin.ts';
import type { PlacedLeaf } from '../components/certificate-places.ts';
import type { Claim } from '../resources/claims.ts';
import type { AnyResource } from '../resources/define.ts';
import type { Sh } from '../shell/sh.ts';
import type { NetworkStatus } from './status.ts';

/** What a plugin is rendered for: one host that runs a kubelet, or containers without one. */
export interface NetworkTarget {
  readonly inventory: Inventory;
  readonly host: Host;
  readonly facts: Facts;
  /** `spec.podCIDRs` of the nodes by host name; needed where {@link NetworkPlugin.needsPodCIDRs} says so, else empty. */
  readonly podCIDRs: Readonly<Record<string, readonly string[]>>;
  /** Contents of the plugin's secret files, by its own names for them; absent where it has none. */
  readonly secrets?: ReadonlyMap<string, string>;
}

/** How a network feeds Docker on hosts without Kubernetes, from leases in etcd, beside its service there. */
export interface ContainerNetwork {
  /** Its identity towards etcd, on container hosts alone, and where etcd's authority goes. */
  readonly certificate: { readonly leaf: PlacedLeaf; readonly authority: string };
  /** What it finds in etcd; kept through one member. */
  readonly inEtcd: (target: Pick<NetworkTarget, 'inventory' | 'secrets'>) => readonly AnyResource[];
  /** Run on a member. @throws where what it printed is no answer. */
  readonly leases: {
    readonly script: (inventory: Inventory) => Sh;
    readonly parse: (output: string) => readonly Lease[];
  };
}

/** A host's part of the network, as etcd has it. */
export interface Lease {
  /** For example `10.244.5.0/24`. */
  readonly subnet: string;
  readonly publicIP: string;
  readonly backend: string;
}

/** What is known of all hosts once the network is applied. */
export interface AppliedNetwork {
  readonly inventory: Inventory;
  /** `spec.podCIDRs` of the nodes by host name. */
  readonly podCIDRs: Readonly<Record<string, readonly string[]>>;
}

/** A network plugin as data and pure functions: what the inventory may say of it, and what it puts on hosts and into the cluster. */
export interface NetworkPlugin<Settings = unknown> extends PluginDeclaration<Settings> {
  /** How it is looked at on a living cluster. */
  readonly status: NetworkStatus;
  /** True where pod CIDRs, known only once nodes are registered, are part of what is written. */
  readonly needsPodCIDRs: boolean;
  /** False where nodes become ready only by what the user does. */
  readonly makesNodesReady: boolean;
  readonly programs: (inventory: Inventory) => readonly BinarySet[];
  /** Its identities towards the apiserver, each a kubeconfig on each host while its needs name such a leaf. */
  readonly kubeconfigs: readonly PlacedLeaf[];
  /** The service on each host, if there is one. */
  readonly component: (target: NetworkTarget) => Component | undefined;
  /** A service of k8sup's that hides pods' addresses from the world in the network's place; undefined where the network does it itself. */
  readonly masquerade?: (target: NetworkTarget) => Component | undefined;
  /** Written after the service is healthy: with the CNI configuration in place the kubelet calls the node ready. */
  readonly cniFiles: (target: NetworkTarget) => readonly ComponentFile[];
  /** Objects of the cluster that must be there before the service starts. */
  readonly objects: (context: StageContext) => readonly KubeObject[] | Promise<readonly KubeObject[]>;
  /** What people have to do or know after an apply; texts of a line or more. */
  readonly notes?: (cluster: AppliedNetwork) => readonly string[];
  /** What it leaves on a host by running. */
  readonly claims: (inventory: Inventory) => readonly Claim[];
  /** Only with `feedsDocker`. */
  readonly containers?: ContainerNetwork;
}

/** What may stand beside a plugin, as data and pure functions. */
export interface NetworkAddition<Settings = unknown> extends AdditionDeclaration<Settings> {
  /** Names of the plugins that it goes with. */
  readonly beside: readonly string[];
  readonly objects: (context: StageContext) => readonly KubeObject[] | Promise<readonly KubeObject[]>;
  /** What it leaves on a host by running; taken back when the inventory no longer asks for it. */
  readonly claims: (inventory: Inventory) => readonly Claim[];
}
