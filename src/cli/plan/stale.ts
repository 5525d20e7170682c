import { clusterTarget } from '../../engine/events.ts';
import type { PlanEvent } from '../../engine/events.ts';
import type { PlanPlace } from '../../engine/plan-document.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { plannedThings, restarts } from './plan-file.ts';
import type { PlanFile } from './plan-file.ts';

/** Differences that an error names; the rest is counted. */
const shown = 20;

/**
 * Compares a plan file with what a plan of now would show, and with what it was made from.
 *
 * @param events - of a plan made now, in the same way.
 * @throws K8supError `PLAN_STALE` with each difference by host and resource.
 */
export function refuseStale(
  file: PlanFile,
  now: Omit<PlanFile, 'changes' | 'later'>,
  events: readonly PlanEvent[],
): void {
  const reasons = [...aboutDifferences(file, now), ...thingDifferences(file, events)];
  if (reasons.length > 0) throw stale(reasons);
}

/**
 * What an apply of the plan may do: changes that were shown, with no restart that was not; and anything in a step on a host of which the plan said that it can
 * only be known later.
 *
 * @throws K8supError `PLAN_STALE` from the function it gives.
 */
export function approver(file: PlanFile): (event: PlanEvent) => void {
  const known = new Map(file.changes.map((thing) => [keyOf(thing), thing]));
  const later = new Set(file.later.map(stepOf));
  return (event) => {
    if (later.has(stepOf(event))) return;
    const thing = known.get(keyOf(event));
    if (event.type === 'pending')
      throw stale([`${placeText(event)}: cannot be known yet, and the plan shows no such thing`]);
    if (thing === undefined) throw stale([`${placeText(event)}: ${changeText(event)}, which the plan does not show`]);
    if (restarts(event.changes) && !thing.restarts)
      throw stale([`${placeText(event)}: restarts, which the plan does not show`]);
  };
}

function aboutDifferences(file: PlanFile, now: Omit<PlanFile, 'changes' | 'later'>): readonly string[] {
  if (file.cluster !== now.cluster)
    return [`the plan is of the cluster ${file.cluster}, the inventory of ${now.cluster}`];
  if (file.clusterId !== now.clusterId)
    return [
      file.clusterId === null
        ? `the cluster ${now.cluster} has been begun since`
        : `the plan is of another cluster that is called ${now.cluster} too: ${file.clusterId}, not ${now.clusterId ?? 'begun'}`,
    ];
  return [
    ...(file.inventory === now.inventory ? [] : ['the inventory has been edited since']),
    ...(file.secrets === now.secrets ? [] : ['a password file of the inventory has another content']),
  ];
}

function thingDifferences(file: PlanFile, events: readonly PlanEvent[]): readonly string[] {
  const now = plannedThings(events);
  const before = new Map(file.changes.map((thing) => [keyOf(thing), thing]));
  const unknown = new Set(file.later.map(keyOf));
  const current = new Set([...now.changes, ...now.later].map(keyOf));
  const hashes = new Map(now.changes.map((thing) => [keyOf(thing), thing.hash]));
  const fresh = events.flatMap((event) => {
    const key = keyOf(event);
    const was = before.get(key);
    if (event.type === 'pending')
      return unknown.has(key) ? [] : [`${placeText(event)}: cannot be known any more: ${event.reason}`];
    if (was === undefined) return [`${placeText(event)}: now ${changeText(event)}`];
    return was.hash === hashes.get(key) ? [] : [`${placeText(event)}: now ${changeText(event)}`];
  });
  const gone = [
    ...file.changes
      .filter((thing) => !current.has(keyOf(thing)))
      .map((thing) => `${placeText(thing)}: needs no change any more`),
    ...file.later.filter((thing) => !current.has(keyOf(thing))).map((thing) => `${placeText(thing)}: can be known now`),
  ];
  return [...fresh, ...gone];
}

function stale(reasons: readonly string[]): K8supError {
  const more = reasons.length - shown;
  return new K8supError({
    code: 'PLAN_STALE',
    kind: 'outdated',
    what: 'the plan is out of date',
    why: [...reasons.slice(0, shown), ...(more > 0 ? [`and ${String(more)} more`] : [])].join('\n'),
    fix: 'make the plan anew, look at it, and apply that one',
  });
}

function changeText({ changes }: Extract<PlanEvent, { type: 'change' }>): string {
  return changes.map(({ path, from, to }) => `${path}: ${from} -> ${to}`).join(', ');
}

function placeText({ host, resource }: PlanPlace): string {
  return `${host === clusterTarget ? 'cluster' : host}: ${resource}`;
}

function keyOf({ stage, step, host, resource }: PlanPlace): string {
  return JSON.stringify([stage, step, host, resource]);
}

function stepOf({ stage, step, host }: PlanPlace): string {
  return JSON.stringify([stage, step, host]);
}
