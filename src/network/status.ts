import type { Family, NodeSessions, Way } from '../engine/network-report.ts';
import type { KubeRunner } from '../engine/stage.ts';
import type { Inventory } from '../inventory/model.ts';
import type { Sh } from '../shell/sh.ts';

/** A tunnel device as the inventory asks for it. */
export interface TunnelSpec {
  readonly device: string;
  readonly vni: number;
  readonly port: number;
  /** Bytes that the tunnel puts around a packet. */
  readonly overhead: number;
}

/** Where the tunnels of other nodes find this one. */
export interface TunnelEnd {
  readonly mac: string;
  readonly address: string;
}

export type Annotations = Readonly<Record<string, string>>;

/** How a plugin's network is looked at: data and pure functions. */
export interface NetworkStatus {
  /** The plugin's own word for how packets reach other nodes. */
  readonly mode: (inventory: Inventory) => string;
  /** The unit on every node; undefined where it runs in pods. */
  readonly unit?: (inventory: Inventory) => string | undefined;
  /** The bridge that pods hang on; it comes with a node's first pod. */
  readonly bridge?: string;
  readonly tunnel: (inventory: Inventory, family: Family) => TunnelSpec | undefined;
  /** How packets should go to a node; undefined where the plugin does not say. `onLink`: the hosts have no router between them. */
  readonly wayTo: (inventory: Inventory, onLink: boolean) => Way | undefined;
  /** Whether a device is a tunnel; default: that of `tunnel` is. */
  readonly isTunnel?: (inventory: Inventory, device: string) => boolean;
  /** False where nodes have no route of its own for each other node's pod CIDR; default true. */
  readonly nodeRoutes?: (inventory: Inventory) => boolean;
  /** A file of `KEY=VALUE` lines with a node's part of the network; the value of `subnetKeys` is the part itself, with any address in it. */
  readonly lease?: { readonly file: string; readonly subnetKeys: readonly string[]; readonly mtuKey: string };
  /** What a node tells the others, for people. */
  readonly announced: (annotations: Annotations) => Readonly<Record<string, string>>;
  readonly tunnelEnd: (annotations: Annotations, family: Family) => TunnelEnd | undefined;
  /** Exits 0 where the rule is there that hides pods behind the node's address outside of the pod network; undefined where none is to hide them. */
  readonly masquerade?: (inventory: Inventory, family: Family) => Sh | undefined;
  /** The chain of iptables, behind FORWARD, in which it lets pods' packets through. */
  readonly forwardChain?: string;
  /** The BGP sessions of its nodes; undefined where it speaks no BGP. */
  readonly sessions?: (inventory: Inventory, kube: KubeRunner) => Promise<readonly NodeSessions[] | undefined>;
}
