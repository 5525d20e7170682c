import type { Family, NetworkProblem, Way } from '../../engine/network-report.ts';

/** What a network test is told of the network: all that is not the cluster's own. */
export interface NetworkTestSpec {
  readonly plugin: string;
  readonly mode: string;
  /** Undefined where k8sup cannot know. */
  readonly enforcesPolicy: boolean | undefined;
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
  /** Nodes that take no part, and why. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
  /** What looking at the nodes has told already. */
  readonly known: readonly NetworkProblem[];
  /** How packets that leave a node by a device go, and how they should. */
  readonly way: (pair: { readonly from: string; readonly to: string }, family: Family, device: string) => FoundWay;
  readonly tunnel: (family: Family) => { readonly device: string; readonly port: number } | undefined;
  /** Of one node, what may be the reason for packets that are lost there. */
  readonly suspects: (node: string) => Suspects;
  /** False where pods are to be seen under their own addresses everywhere, or where k8sup cannot know. */
  readonly masquerades: boolean;
  /** Networks outside of the pod network whose hosts see pods' own addresses. */
  readonly nonMasqueradeCIDRs: readonly string[];
  /** Every pair, however many nodes there are. */
  readonly all: boolean;
  readonly seed: number;
  readonly throughput: boolean;
}

export interface FoundWay {
  readonly found: Way;
  readonly wanted?: Way;
}

export interface Suspects {
  /** Devices with a strict reverse path filter. */
  readonly strictDevices: readonly string[];
  /** Firewalls that run. */
  readonly firewalls: readonly string[];
}
