/** 4 or 6. */
export type Family = 4 | 6;

/** How packets reach the pods of another node: inside another packet, or as they are. */
export type Way = 'tunnel' | 'direct';

/** Something about the network that is not as it should be, with its likely cause as far as it was found. */
export interface NetworkProblem {
  /** Stable, upper-case: the kind of cause, for example `ROUTE_MISSING`. */
  readonly code: string;
  /** The node it is on, or the two ends of a path. */
  readonly nodes: readonly string[];
  /** One sentence. */
  readonly what: string;
  /** What was seen that says so. */
  readonly why: string;
  readonly fix: string;
}

export interface LinkStatus {
  readonly name: string;
  readonly mtu: number;
  readonly up: boolean;
}

export interface TunnelStatus extends LinkStatus {
  readonly vni: number;
  readonly port: number;
  readonly mac: string;
}

/** The route to the pods of one other node. */
export interface RouteStatus {
  readonly to: string;
  readonly cidr: string;
  /** Undefined where the plugin does not say how it should go. */
  readonly wanted?: Way;
  /** What `ip route show` has, empty where there is none. */
  readonly found: string;
  readonly ok: boolean;
}

/** What the kernel knows of the other end of a tunnel. */
export interface PeerStatus {
  readonly node: string;
  /** Of its tunnel device, and of its host. */
  readonly mac: string;
  readonly address: string;
  readonly fdb: boolean;
  readonly neighbour: boolean;
}

/** One BGP session as the node at this end sees it: what `calicoctl node status` shows in a line. */
export interface BgpSession {
  readonly family: 'ipv4' | 'ipv6';
  readonly peer: string;
  readonly type: 'node-to-node mesh' | 'node specific' | 'global';
  /** BIRD's word for its own protocol, for example `up` or `start`. */
  readonly state: string;
  /** When the state changed: a time of today, or a date. */
  readonly since: string;
  /** State of the session, and what went wrong: `Established`, `Active Socket: Connection refused`. */
  readonly info: string;
}

export interface NodeSessions {
  readonly node: string;
  readonly sessions: readonly BgpSession[];
  /** Why they could not be asked for, for example that the pod does not run. */
  readonly problem?: string;
}

export interface NodeNetwork {
  readonly name: string;
  readonly address: string;
  /** Why it could not be looked at; then nothing below is there. */
  readonly unreachable?: string;
  /** systemd's ActiveState of the plugin's unit. */
  readonly unit?: { readonly name: string; readonly state: string };
  readonly podCIDRs: readonly string[];
  /** What the plugin wrote down of its own part of the network, by key. */
  readonly lease?: Readonly<Record<string, string>>;
  /** What the plugin tells other nodes, as the node's annotations have it. */
  readonly announced?: Readonly<Record<string, string>>;
  /** The one with the node's address. */
  readonly hostLink?: LinkStatus;
  readonly bridge?: LinkStatus;
  readonly tunnels: readonly TunnelStatus[];
  readonly routes: readonly RouteStatus[];
  readonly peers: readonly PeerStatus[];
  /** Undefined where the plugin has no such rule of its own. */
  readonly masquerade?: boolean;
  /** Where the plugin speaks BGP. */
  readonly sessions?: readonly BgpSession[];
}

/** What `k8sup network status` tells. */
export interface NetworkStatusReport {
  readonly plugin: string;
  /** For example `vxlan`. */
  readonly mode: string;
  readonly nodes: readonly NodeNetwork[];
  readonly problems: readonly NetworkProblem[];
}

/** One attempt, and what came of it. */
export interface Attempt {
  readonly ok: boolean;
  readonly said: string;
}

/** What was measured from one node to another; to itself there is no pod-to-pod part. */
export interface PathResult {
  readonly from: string;
  readonly to: string;
  readonly family: Family;
  readonly podToPod?: Attempt & {
    /** Of the fastest of some pings. */
    readonly ms?: number;
    /** The address that the receiver saw. */
    readonly seen?: string;
  };
  /** By a Service that has the one pod alone. Undefined where Services have no address of this family. */
  readonly podToService?: Attempt;
  readonly hostToPod: Attempt;
  /** Addresses of the routers between the pods, the sender's own node first. */
  readonly hops: readonly string[];
  readonly way?: { readonly found: Way; readonly wanted?: Way; readonly device: string };
  /** Bytes of the largest packet that crosses in one piece, and the MTU of the sender's device, which it should be. */
  readonly packet?: { readonly largest: number; readonly wanted: number };
  /** Million bytes. */
  readonly megabytesPerSecond?: number;
}

/** What was tried on one node that is about no path. */
export interface NodeResult {
  readonly name: string;
  /** Why it has no test pod; then nothing else is there. */
  readonly absent?: string;
  readonly dns?: Attempt;
  /** A packet to another node's own address, and what that node saw; `wanted` where that matters. Undefined on the only node. */
  readonly masquerade?: Attempt & { readonly to: string; readonly seen?: string; readonly wanted?: boolean };
}

/** Whether NetworkPolicy does what it says. */
export type PolicyResult =
  | { readonly enforced: false; readonly said: string }
  | { readonly enforced: true; readonly deny: Attempt; readonly allow: Attempt };

/** What `k8sup network test` tells. */
export interface NetworkTestReport {
  readonly plugin: string;
  readonly mode: string;
  /** How the paths were chosen: all of them, or a ring over all nodes and some at random, from a seed that gives the same ones again. */
  readonly chosen: { readonly how: 'all' } | { readonly how: 'ring and random'; readonly seed: number };
  readonly nodes: readonly NodeResult[];
  readonly paths: readonly PathResult[];
  readonly policy: PolicyResult;
  readonly problems: readonly NetworkProblem[];
}
