import { clusterTarget } from '../engine/events.ts';
import type { RunEvent } from '../engine/events.ts';
import { plannedRestarts } from '../engine/plan-document.ts';
import type { PlannedRestart } from '../engine/plan-document.ts';
import { changeText, restarts } from './change-text.ts';
import type { ChangeEvent } from './change-text.ts';
import { paintDiff } from './diff.ts';
import { groupBy } from './group-by.ts';
import type { Style } from './style.ts';
import { pad } from './width.ts';
import { count, hostList, oneLine, safe } from './words.ts';

type PendingEvent = Extract<RunEvent, { type: 'pending' }>;

export interface PlanOptions {
  readonly style: Style;
  /** Shows the unified diffs that the events carry. */
  readonly diff: boolean;
}

/**
 * What a run would change, out of its events: by stage, then by hosts (hosts with the same change stand together), then the units that restart, and
 * the total. The text ends without a newline.
 */
export function renderPlan(events: readonly RunEvent[], options: PlanOptions): string {
  const changes = renderChanges(events, options);
  return [...(changes === '' ? [] : [changes, '']), planTotal(events, options.style)].join('\n');
}

/** The first part of {@link renderPlan}; empty when nothing changes. */
export function renderChanges(events: readonly RunEvent[], options: PlanOptions): string {
  const entries = events.filter((event) => event.type === 'change' || event.type === 'pending');
  const titles = new Map(events.flatMap((event) => (event.type === 'stage-start' ? [[event.stage, event.title]] : [])));
  const stages = [...groupBy(entries, (entry) => entry.stage)].map(([stage, found]) => {
    const head = `${options.style.colors.bold(stage)}  ${oneLine(titles.get(stage) ?? '')}`.trimEnd();
    return [head, ...renderStage(found, options)].join('\n');
  });
  return stages.join('\n\n');
}

/** The last lines of a plan: the units that restart, and how much changes. */
export function planTotal(events: readonly RunEvent[], style: Style): string {
  const changes = events.filter((event) => event.type === 'change');
  const pending = events.filter((event) => event.type === 'pending').length;
  if (changes.length + pending === 0) return style.colors.green('No changes.');
  const restarting = changes.filter((event) => restarts(event.changes));
  const interrupted = plannedRestarts(changes);
  const numbers = [
    `${count(changes.length, 'resource')} to change${placeOf(changes)}`,
    ...(pending === 0 ? [] : [`${pending} known after apply`]),
    `${count(restarting.length, 'unit')} to restart`,
  ];
  return [...renderRestarts(interrupted, style), `${style.colors.bold('Plan:')} ${numbers.join(', ')}.`].join('\n');
}

function placeOf(changes: readonly ChangeEvent[]): string {
  const targets = new Set(changes.map((event) => event.host));
  const inCluster = targets.delete(clusterTarget);
  const places = [
    ...(targets.size === 0 ? [] : [`on ${count(targets.size, 'host')}`]),
    ...(inCluster ? ['in the cluster'] : []),
  ];
  return places.length === 0 ? '' : ` ${places.join(' and ')}`;
}

function renderRestarts(restarting: readonly PlannedRestart[], style: Style): readonly string[] {
  if (restarting.length === 0) return [];
  const lines = restarting.flatMap(({ resource, unit, hosts, interrupts }) => {
    const where = unit ? `  on ${hostList(hosts, style.columns - resource.length - 8)}` : '';
    const head = `  ${style.colors.yellow(oneLine(resource))}${where}`;
    return interrupts === undefined ? [head] : [`${head}:`, `    ${oneLine(interrupts)}`];
  });
  return ['What restarts, and what that interrupts:', ...lines, ''];
}

type Entry = ChangeEvent | PendingEvent;

/** Resources that differ in the same way on several hosts become one line, and lines of the same hosts stand under one head. */
function renderStage(entries: readonly Entry[], options: PlanOptions): readonly string[] {
  const { style } = options;
  const same = [...groupBy(entries, whatOf).values()];
  const byHosts = groupBy(same, (group) => JSON.stringify(hostsOf(group)));
  return [...byHosts.values()].flatMap((groups) => {
    const hosts = hostsOf(groups[0] ?? []);
    const number = hosts.length > 8 ? ` (${count(hosts.length, 'host')})` : '';
    const head = `  ${style.colors.cyan(hostList(hosts, style.columns - 4 - number.length))}${number}`;
    const firsts = groups.flatMap((group) => group.slice(0, 1));
    return [head, ...firsts.flatMap((entry) => renderEntry(entry, options))];
  });
}

function whatOf(entry: Entry): string {
  return JSON.stringify(
    entry.type === 'change' ? [entry.resource, entry.changes, entry.diff] : [entry.resource, entry.reason],
  );
}

function hostsOf(entries: readonly Entry[]): readonly string[] {
  return [...new Set(entries.map((entry) => entry.host))];
}

function renderEntry(entry: Entry, options: PlanOptions): readonly string[] {
  const { colors } = options.style;
  const name = oneLine(entry.resource);
  if (entry.type === 'pending') return [`    ${colors.dim('?')} ${name}  known after apply: ${oneLine(entry.reason)}`];
  const texts = entry.changes.map((change) => changeText(change, options.style));
  const [only] = texts;
  const lines = texts.length === 1 ? [`${name}  ${only ?? ''}`] : [name, ...texts.map((text) => pad('', 6) + text)];
  const diff =
    options.diff && entry.diff !== undefined && entry.diff !== '' ? [renderDiff(entry.diff, options.style)] : [];
  return [`    ${sign(entry, options.style)} ${lines.join('\n  ')}`, ...diff];
}

function renderDiff(diff: string, style: Style): string {
  return `      ${paintDiff(safe(diff).trimEnd(), style).split('\n').join('\n      ')}`;
}

function sign(event: ChangeEvent, { colors }: Style): string {
  const effects = new Set(event.changes.map((change) => change.effect));
  if (effects.has('delete')) return colors.red('-');
  if (effects.has('create')) return colors.green('+');
  return restarts(event.changes) ? colors.yellow('!') : colors.yellow('~');
}
