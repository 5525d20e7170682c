import type { Change } from '../resources/define.ts';
import type { PlanEvent } from './events.ts';

/** Of {@link PlanDocument}; a higher number may have other fields. */
const planVersion = 1;

/** Where one thing of a plan is: `host` is `(cluster)` for Kubernetes objects. */
export interface PlanPlace {
  readonly stage: string;
  readonly step: string;
  readonly host: string;
  readonly resource: string;
}

/** A unit that restarts, or pods that are replaced, and what that interrupts. */
export interface PlannedRestart {
  readonly stage: string;
  readonly resource: string;
  /** In the order of the plan. */
  readonly hosts: readonly string[];
  /** False for what is interrupted although no unit restarts, as pods that are replaced. */
  readonly unit: boolean;
  /** What does not work meanwhile, and what goes on. */
  readonly interrupts?: string;
}

/** A whole plan as one value, for programs; its JSON schema is `plan.schema.json` beside this file. */
export interface PlanDocument {
  readonly format: 'k8sup-plan';
  readonly version: typeof planVersion;
  readonly k8sup: string;
  readonly cluster: string;
  /** Ids of the stages that were looked at, in order. */
  readonly stages: readonly string[];
  /** Names of the hosts that may be changed. */
  readonly hosts: readonly string[];
  readonly changes: readonly (PlanPlace & {
    readonly changes: readonly Change[];
    readonly diff?: string;
    readonly owner?: string;
  })[];
  /** What can only be known once the plan is being applied, and why. */
  readonly later: readonly (PlanPlace & { readonly reason: string })[];
  readonly restarts: readonly PlannedRestart[];
}

/** What the events of a plan say, put together. Pure. */
export function planDocument(
  about: Pick<PlanDocument, 'k8sup' | 'cluster' | 'stages' | 'hosts'>,
  events: readonly PlanEvent[],
): PlanDocument {
  return {
    format: 'k8sup-plan',
    version: planVersion,
    ...about,
    changes: events.flatMap(({ type, ...rest }) => (type === 'change' && 'changes' in rest ? [rest] : [])),
    later: events.flatMap(({ type, ...rest }) => (type === 'pending' && 'reason' in rest ? [rest] : [])),
    restarts: plannedRestarts(events),
  };
}

/** Units that restart, and what else is interrupted, in the order of the plan: the same on several hosts is one. Pure. */
export function plannedRestarts(events: readonly PlanEvent[]): readonly PlannedRestart[] {
  const found = new Map<string, PlannedRestart>();
  for (const event of events) {
    if (event.type !== 'change') continue;
    const unit = event.changes.some(({ effect }) => effect === 'restart');
    const interrupts = event.changes.find((change) => change.interrupts !== undefined)?.interrupts;
    if (!unit && interrupts === undefined) continue;
    const key = JSON.stringify([event.stage, event.resource, interrupts]);
    const hosts = [...(found.get(key)?.hosts ?? []), event.host];
    const more = interrupts === undefined ? {} : { interrupts };
    found.set(key, { stage: event.stage, resource: event.resource, hosts, unit, ...more });
  }
  return [...found.values()];
}
