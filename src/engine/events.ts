import type { Change } from '../resources/define.ts';
import type { DriftCause, FieldWriter } from './left.ts';
import type { PlanDocument } from './plan-document.ts';
import type { NetworkStatusReport, NetworkTestReport } from './network-report.ts';

/** A failure as events and journals carry it. */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly why?: string;
  readonly fix?: string;
  /** Code of the known cause that journals and output show, from the README's table; there may be another one behind it. */
  readonly cause?: string;
  readonly host?: string;
  /** Where it is about several. */
  readonly hosts?: readonly string[];
  readonly stage?: string;
  /** Of the stage: what was being done. */
  readonly step?: string;
  /** Frames of the stack, for defects only. */
  readonly stack?: string;
}

/** Numbers of a whole run. */
export interface Summary {
  readonly hosts: number;
  /** Resources that were changed (or, in a plan, would be). */
  readonly changed: number;
  /** Units restarted (or that would be): starts of stopped units are not counted. */
  readonly restarted: number;
  /** Hosts that failed. */
  readonly failed: number;
  readonly durationMs: number;
  readonly bytesSent: number;
  readonly ok: boolean;
}

/** One row of the verification table. */
export interface CheckResult {
  readonly name: string;
  readonly tried: string;
  readonly result: string;
  readonly ok: boolean;
  /** It was not tried, for the reason that is the result: neither passed nor failed, and `ok` then. */
  readonly skipped?: true;
  /** Where it failed: code of the known cause that it shows, from the README's table; there may be another one behind it. */
  readonly cause?: string;
  /** That cause in a sentence. */
  readonly why?: string;
  readonly fix?: string;
  readonly durationMs: number;
}

/** A unit of k8sup's on one host, and what its own health endpoint says. */
export interface ComponentStatus {
  readonly unit: string;
  /** systemd's ActiveState. */
  readonly state: string;
  readonly healthy: boolean;
  /** What it said, where it is not healthy. */
  readonly said?: string;
}

export interface HostStatus {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
  readonly system: string;
  /** Why it could not be looked at. */
  readonly unreachable?: string;
  readonly components: readonly ComponentStatus[];
}

export interface MemberStatus {
  readonly name: string;
  readonly healthy: boolean;
  readonly version: string;
  readonly leader: boolean;
  readonly dbMiB: number;
}

export interface NodeStatus {
  readonly name: string;
  /** False for a host that should be a node and is none. */
  readonly registered: boolean;
  readonly ready: boolean;
  readonly kubelet: string;
  readonly runtime: string;
  readonly podCIDR: string;
}

/** A container host's part of the network, and what flanneld and docker0 have of it; empty where they have none. */
export interface ContainerStatus {
  readonly name: string;
  /** As etcd has it, for example `10.244.5.0/24`. */
  readonly lease: string;
  /** flanneld's own, the address that docker0 is to have, and the MTU. */
  readonly subnet: string;
  readonly mtu: string;
  readonly bridge: string;
  readonly bridgeMtu: string;
  /** What does not fit together; nothing where all is well. */
  readonly wrong: readonly string[];
}

export interface CertificateStatus {
  readonly name: string;
  /** A host, `authority`, or `all`. */
  readonly where: string;
  readonly daysLeft: number;
  /** It should have been made anew by now. */
  readonly nearEnd: boolean;
}

/** A certificate as it was found. */
export interface CertificateRow {
  /** Of a leaf or an authority. */
  readonly name: string;
  /** A host, or `controller`. */
  readonly where: string;
  readonly path: string;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** Hexadecimal. */
  readonly serial: string;
  /** RFC 3339. */
  readonly notAfter: string;
  readonly daysLeft: number;
  readonly use: 'in use' | 'on disk only' | 'served, not on disk' | 'unknown';
}

/** What `k8sup certs` tells. */
export interface CertificateList {
  readonly certificates: readonly CertificateRow[];
  /** Authorities and keys that are being exchanged, and how far that is. */
  readonly rotations: Readonly<Record<string, string>>;
}

export interface PendingRequest {
  readonly name: string;
  readonly requester: string;
  readonly reason: string;
}

/** What `k8sup status` tells. */
export interface ClusterStatus {
  readonly cluster: string;
  /** Undefined where there is no Kubernetes: then there are no nodes, but container hosts. */
  readonly kubernetesVersion?: string;
  readonly containers: readonly ContainerStatus[];
  readonly hosts: readonly HostStatus[];
  readonly members: readonly MemberStatus[];
  readonly nodes: readonly NodeStatus[];
  /** Why no apiserver answers. */
  readonly unreachable?: string;
  readonly certificates: readonly CertificateStatus[];
  readonly pendingRequests: readonly PendingRequest[];
}

/** Host name of the target that is the cluster itself. */
export const clusterTarget = '(cluster)';

/** A host as the inventory has it, for whoever draws the cluster. */
export interface HostOutline {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
}

/** What the cluster of a run is, in outline. */
export interface ClusterOutline {
  /** All hosts of the inventory, also those that `--limit` leaves out. */
  readonly hosts: readonly HostOutline[];
  /** Undefined where there is no Kubernetes. */
  readonly kubernetes?: string;
  /** What clients of the apiserver connect to, `HOST:PORT`; undefined where there is no Kubernetes. */
  readonly endpoint?: string;
  readonly network: { readonly plugin: string; readonly podCIDRs: readonly string[] };
}

/** Version of the format of events. Within a version, fields and types are only added: a reader passes over what it does not know. */
export const eventVersion = 1;

/** One line of `-o json` and of the journal. */
export type EventLine = {
  readonly v: typeof eventVersion;
  /** When it was told: ISO 8601, UTC. */
  readonly at: string;
} & RunEvent;

/**
 * What the engine tells the world; plain data, safe for JSON, without secrets. `host` is {@link clusterTarget} for Kubernetes objects.
 */
export type RunEvent =
  | {
      readonly type: 'run-start';
      readonly command: string;
      readonly cluster: string;
      readonly hosts: readonly string[];
      readonly outline?: ClusterOutline;
    }
  /** The stages that follow, in order, before the first of them begins. */
  | { readonly type: 'run-stages'; readonly stages: readonly { readonly id: string; readonly title: string }[] }
  | { readonly type: 'stage-start'; readonly stage: string; readonly title: string; readonly hosts: readonly string[] }
  /** The state of a host was read: at the start of a stage, and again before a step where an earlier one changed something. */
  | { readonly type: 'looked'; readonly stage: string; readonly host: string; readonly durationMs: number }
  | { readonly type: 'step-start'; readonly stage: string; readonly step: string; readonly host: string }
  | {
      readonly type: 'change';
      readonly stage: string;
      readonly step: string;
      readonly host: string;
      readonly resource: string;
      readonly changes: readonly Change[];
      /** Unified diff. In `-o json` with `--diff` alone; in a journal also for texts that were changed. */
      readonly diff?: string;
      /** Whose it is where it is not k8sup's own, for example `playbook site.yaml:12`. */
      readonly owner?: string;
      /** In a search for drift: why it differs. */
      readonly cause?: DriftCause;
      /** In a search for drift, of an object of the cluster: who else has written what differs. */
      readonly writers?: readonly FieldWriter[];
    }
  | {
      readonly type: 'pending';
      readonly stage: string;
      readonly step: string;
      readonly host: string;
      readonly resource: string;
      readonly reason: string;
    }
  | {
      readonly type: 'applied';
      readonly stage: string;
      readonly step: string;
      readonly host: string;
      readonly resource: string;
      readonly durationMs: number;
    }
  | { readonly type: 'progress'; readonly stage: string; readonly host: string; readonly text: string }
  | {
      readonly type: 'host-done';
      readonly stage: string;
      /** The step that the host is done with. */
      readonly step?: string;
      readonly host: string;
      readonly changed: number;
      readonly durationMs: number;
    }
  | { readonly type: 'host-failed'; readonly stage: string; readonly host: string; readonly error: ErrorJson }
  | {
      readonly type: 'stage-end';
      readonly stage: string;
      readonly ok: boolean;
      readonly changed: number;
      readonly durationMs: number;
    }
  /** What a person has to do or know beyond what k8sup does; lines stay lines. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'warning'; readonly host?: string; readonly text: string }
  | { readonly type: 'check'; readonly check: CheckResult }
  | { readonly type: 'error'; readonly error: ErrorJson }
  | { readonly type: 'status'; readonly status: ClusterStatus }
  | ({ readonly type: 'certificates' } & CertificateList)
  | { readonly type: 'network-status'; readonly status: NetworkStatusReport }
  | { readonly type: 'network-test'; readonly test: NetworkTestReport }
  | { readonly type: 'plan'; readonly plan: PlanDocument }
  | { readonly type: 'explanation'; readonly explanation: UnitExplanation }
  | ({ readonly type: 'summary' } & Summary);

/** A flag of a unit, or a field of a file of its configuration. */
export interface ExplainedValue {
  readonly name: string;
  /** Of a field: as JSON. */
  readonly value: string;
  readonly from: 'inventory' | 'default' | 'extras' | 'k8sup' | 'release' | 'host';
  /** The key with its place in the inventory, or the reason. */
  readonly because: string;
}

/** What `k8sup explain` tells. */
export interface UnitExplanation {
  readonly unit: string;
  readonly host: string;
  readonly flags: readonly ExplainedValue[];
  readonly files: readonly { readonly path: string; readonly fields: readonly ExplainedValue[] }[];
  /** Arguments of the process that runs now, without the program; undefined where none runs. */
  readonly running?: readonly string[];
  /** What that process has and the inventory does not want, and the other way round. */
  readonly differs: readonly string[];
}

/** What a plan is made of: what would change, and what can only be known later. */
export type PlanEvent = Extract<RunEvent, { type: 'change' | 'pending' }>;

/** Receives events in order; must not throw. */
export type Emit = (event: RunEvent) => void;
