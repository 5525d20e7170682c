import type { Family, LinkStatus, TunnelStatus } from '../../engine/network-report.ts';
import type { Annotations } from '../status.ts';

/** A node as the cluster has it. */
export interface NetworkNode {
  readonly name: string;
  /** InternalIP. */
  readonly address: string;
  readonly ready: boolean;
  readonly podCIDRs: readonly string[];
  readonly annotations: Annotations;
}

/** A link as `ip -d link` shows it; `tunnel` where it is one. */
export interface Link extends LinkStatus {
  readonly tunnel?: TunnelStatus;
}

/** What a host does with packets to one part of the pod network. */
export interface LookedAtRoute {
  readonly to: string;
  readonly cidr: string;
  /** `ip route show` of exactly this network, on one line; empty where there is none. */
  readonly shown: string;
  readonly device: string | undefined;
  readonly via: string | undefined;
  /** Whether the other host is reached without a router between. */
  readonly onLink: boolean;
}

/** What one node was found to have, read in one round trip. */
export interface NodeLook {
  readonly node: NetworkNode;
  readonly unit: string | undefined;
  readonly lease: Readonly<Record<string, string>> | undefined;
  /** The one with the node's address. */
  readonly hostLink: Link | undefined;
  /** All that were asked for and are there, by name. */
  readonly links: ReadonlyMap<string, Link>;
  readonly routes: readonly LookedAtRoute[];
  /** Lines of `bridge fdb` and of `ip neigh` by tunnel device; undefined where the program could not tell. */
  readonly fdb: ReadonlyMap<string, readonly string[] | undefined>;
  readonly neighbours: ReadonlyMap<string, readonly string[] | undefined>;
  readonly masquerade: boolean | undefined;
  /** Rules of iptables that forwarded packets of a family go through; empty where there is no iptables. */
  readonly forward: Readonly<Record<Family, readonly string[]>>;
  readonly forwards: Readonly<Record<Family, boolean | undefined>>;
  /** Devices whose packets must come the way that the answer would go, `rp_filter` 1. */
  readonly strictDevices: readonly string[];
  readonly firewalls: readonly string[];
  /** Packet filter rules that drop or reject what comes to a tunnel's port. */
  readonly dropRules: readonly string[];
}

/** The family of an address or network. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}
