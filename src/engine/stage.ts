import type { Facts } from '../host/facts/model.ts';
import type { Executor, Reader } from '../host/connection.ts';
import type { Artifacts } from '../artifacts/artifact.ts';
import type { Host, Inventory, Taint } from '../inventory/model.ts';
import type { AnyResource } from '../resources/define.ts';
import type { Sh } from '../shell/sh.ts';
import type { Emit } from './events.ts';
import type { ClusterPki } from '../pki/index.ts';

/** A registered node, as far as stages need it. */
export interface LiveNode {
  readonly name: string;
  /** `spec.podCIDRs`, in the cluster's order of families; empty until the node has been given any. */
  readonly podCIDRs: readonly string[];
  readonly taints: readonly Taint[];
  /** Those that k8sup itself put there; undefined on a node that never had any of them. */
  readonly managedTaints: readonly Taint[] | undefined;
}

/** What stages are made from: everything known before a stage begins. Read-only for stages. */
export interface StageContext {
  readonly inventory: Inventory;
  /** @throws K8supError with the reason, for a host of `unreachable`. */
  readonly facts: (host: Host) => Facts;
  /** Names of hosts that cannot be reached and that the run goes on without. They are never among those it may change. */
  readonly unreachable: ReadonlySet<string>;
  readonly pki: ClusterPki;
  readonly artifacts: Artifacts;
  /** Secrets: passwords by registry, read from the inventory's password files. */
  readonly registryPasswords: ReadonlyMap<string, string>;
  /** Secrets of the network, by the plugin's own name for each. */
  readonly networkSecrets: ReadonlyMap<string, string>;
  /**
   * The registered nodes. In a plan there are none while no apiserver answers: it may be the plan's own work to bring it up.
   *
   * @throws K8supError `KUBE_UNREACHABLE` otherwise.
   */
  readonly nodes: () => Promise<readonly LiveNode[]>;
  readonly signal: AbortSignal;
}

/** Waits on a host until `check` exits 0; free in a run without changes, because the check rides along with the probes. */
export interface Gate {
  readonly name: string;
  /** Exit 0: good. Otherwise what it prints is shown as the state that was waited for. */
  readonly check: Sh;
  readonly timeoutSeconds: number;
  /** Its journal's last lines are shown when the time is up. */
  readonly unit: string;
}

/**
 * How restarts of what works go over the hosts; first starts, plain changes and restarts of what is ill always go together, before them. Each ends at
 * the first host that does not come back.
 *
 * - `together`: all at once, which is the default.
 * - `canary`: one host first, with its gate, then all others at once: for what each host has for itself, so that a bad setting costs one of them.
 * - `one-by-one`: with the gate between, and only while every other host of the step is well: for members that need each other.
 */
export type Rollout = 'together' | 'canary' | 'one-by-one';

/** Resources on hosts. */
export interface HostStep {
  readonly type: 'hosts';
  readonly name: string;
  readonly on: (host: Host) => boolean;
  readonly resources: (host: Host, context: StageContext) => readonly AnyResource[] | Promise<readonly AnyResource[]>;
  readonly gate?: (host: Host, context: StageContext) => Gate | undefined | Promise<Gate | undefined>;
  readonly rollout?: Rollout;
  /** The first start needs every host at once (a quorum): a `--limit` that would split it is refused. */
  readonly firstStartNeedsAll?: boolean;
}

/** An object of the cluster: applied server-side under k8sup's field manager, compared against a server-side dry run. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Waits on a master, with kubectl at hand, until `check` exits 0; the check has the time limit itself. */
export interface ClusterGate extends Omit<Gate, 'unit'> {
  /** Names the hosts that what the check printed in the end lays the blame on: the last lines of the unit's journal there are shown. */
  readonly journals?: { readonly unit: string; readonly hosts: (said: string) => readonly string[] };
}

/** Sets that the cluster remembers and that nobody wants any longer. */
export interface ForgottenSets {
  /** Whether the set of this name is one of them. */
  readonly is: (set: string) => boolean;
  /** What stays although such a set has it, since another one has it now. */
  readonly keep: readonly KubeObject[];
}

/** Objects of the cluster, through any healthy master. */
export interface ClusterStep {
  readonly type: 'cluster';
  readonly name: string;
  readonly objects: (context: StageContext) => readonly KubeObject[] | Promise<readonly KubeObject[]>;
  /** For plans: why some of the objects can only be known once what these hosts lack is made; undefined where all are known. */
  readonly later?: (context: StageContext, hosts: readonly Host[]) => Promise<string | undefined>;
  /** Name of a set whose objects the cluster remembers: those that are no longer among `objects` are removed. */
  readonly set?: string;
  /** Objects that stay when they leave the set: another one has them now. */
  readonly keep?: (context: StageContext) => readonly KubeObject[];
  /** Whose an object is where it is not k8sup's own, by its id; see {@link Resource.owner}. */
  readonly owner?: (resource: string) => string | undefined;
  /** Sets that are removed as a whole. */
  readonly forgotten?: (context: StageContext) => ForgottenSets;
  /** Runs on the master after the objects are applied, with kubectl ready to use; for example a rollout that must finish. */
  readonly gate?: (context: StageContext) => ClusterGate | undefined | Promise<ClusterGate | undefined>;
}

/** What an action may use. */
export interface ActionContext extends StageContext {
  /** Hosts that may be changed: all, or those of `--limit`. */
  readonly hosts: readonly Host[];
  /** Who runs this: shown to another run that finds a host locked. */
  readonly holder: string;
  readonly executor: (host: Host) => Executor;
  readonly kube: KubeRunner;
  readonly emit: Emit;
  readonly stageId: string;
}

/** kubectl on a healthy master, with admin credentials that never lie on the master's disk under a name. */
export interface KubeRunner {
  /**
   * Runs a script in which the function `kubectl` is ready to use, on any healthy master. `$1…` are the lengths of `contents`, which follow on
   * standard input.
   * @throws K8supError when no master answers or the script exits with other than 0.
   */
  run(
    script: Sh,
    options?: { readonly contents?: readonly Buffer[]; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<string>;
}

/** Something with an order of its own that no list of resources can say, such as joining nodes. Runs where its condition differs. */
export interface ActionStep {
  readonly type: 'action';
  readonly name: string;
  readonly on: (host: Host) => boolean;
  /** Probe-only: its diff says whether the host needs the action; it is probed again afterwards and must then be empty. Its apply is never used. */
  readonly condition: (host: Host, context: StageContext) => AnyResource;
  readonly run: (hosts: readonly Host[], context: ActionContext) => Promise<void>;
}

/** A command of the user's own that runs each time, and never in a plan, which only says that it will. It counts as no change. */
export interface HookStep {
  readonly type: 'hook';
  readonly name: string;
  /** Hosts it runs on; none where it runs on the controller. */
  readonly on: (host: Host) => boolean;
  /** On the first of them alone. */
  readonly once?: boolean;
  /** What a plan says of it. */
  readonly about: string;
  /**
   * @param host - undefined on the controller.
   * @throws K8supError naming the hook, which ends the run.
   */
  readonly run: (host: Host | undefined, context: ActionContext) => Promise<void>;
}

export type Step = HostStep | ClusterStep | ActionStep | HookStep;

/** One stage: data, in the order in which it is done. */
export interface Stage {
  /** For example `02.etcd`. */
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

export type { Reader };
