import type { Executor } from '../host/connection.ts';
import type { Host } from '../inventory/model.ts';
import type { Change } from '../resources/define.ts';
import type { MakeDiff } from './announce.ts';
import type { Emit, PlanEvent } from './events.ts';
import type { Left, ObjectDrift } from './left.ts';
import type { ForgottenSets, KubeObject, KubeRunner, StageContext } from './stage.ts';

/** Kubernetes objects as one target: compared and applied through any healthy master. */
export interface ClusterTarget {
  /**
   * Changes by object id (`Kind namespace/name`), empty when all is as wanted; `pending` when no apiserver answers yet.
   *
   * @param keep - what another set has now, so that it stays although this one has it no longer.
   */
  diff(
    objects: readonly KubeObject[],
    set?: string,
    keep?: readonly KubeObject[],
  ): Promise<ReadonlyMap<string, readonly Change[]> | { readonly pending: string }>;
  /** Both sides of each object as text, by object id, for a difference that people read; without secrets. An absent side is empty. */
  texts(
    objects: readonly KubeObject[],
    set?: string,
    keep?: readonly KubeObject[],
  ): Promise<ReadonlyMap<string, { readonly before: string; readonly after: string }>>;
  apply(objects: readonly KubeObject[], set?: string, keep?: readonly KubeObject[]): Promise<void>;
  /** Why objects differ, by object id: for a search for drift. */
  causes(
    objects: readonly KubeObject[],
    changes: ReadonlyMap<string, readonly Change[]>,
    set?: string,
  ): Promise<ReadonlyMap<string, ObjectDrift>>;
  /** What sets that nobody wants any longer have in the cluster, as changes by object id; nothing where no apiserver answers. */
  forgotten(sets: ForgottenSets): Promise<ReadonlyMap<string, readonly Change[]>>;
  /** Takes that away. */
  forget(sets: ForgottenSets): Promise<void>;
}

/** Numbers that grow during a run. */
export interface Counts {
  changed: number;
  restarted: number;
}

/** One run of some stages: what to do it with, and what it has met so far. */
export interface RunContext extends StageContext {
  readonly mode: 'plan' | 'apply';
  /** Hosts that may be changed: all, or those of `--limit`. */
  readonly hosts: readonly Host[];
  readonly executor: (host: Host) => Executor;
  readonly kube: KubeRunner;
  readonly cluster: ClusterTarget;
  readonly emit: Emit;
  /** Soft stop: no new work begins, what runs may end. `signal` ends it at once. */
  readonly stop: AbortSignal;
  readonly concurrency: number;
  readonly holder: string;
  /** Makes the text of a difference, where the run shows them. */
  readonly showDiff: MakeDiff | undefined;
  /** Called with each change, and with each thing that is still unknown, before it is told or made. @throws what ends the work on its host. */
  readonly approve?: (event: PlanEvent) => void;
  /** In a search for drift: what the last apply left, by host and resource. */
  readonly left?: ReadonlyMap<string, ReadonlyMap<string, Left>>;
  readonly failed: Map<string, unknown>;
  readonly counts: Counts;
  /** In a plan: ids that earlier stages would change, by host. */
  readonly changing: Map<string, Set<string>>;
}

/** The set of changing ids for one host and stage: a plan remembers them over stages, an apply sees what earlier stages did by probing. */
export function changingOf(context: RunContext, host: Host): Set<string> {
  if (context.mode === 'apply') return new Set();
  const known = context.changing.get(host.name) ?? new Set<string>();
  context.changing.set(host.name, known);
  return known;
}
