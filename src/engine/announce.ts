import type { Reader } from '../host/connection.ts';
import type { AnyResource, Change } from '../resources/define.ts';
import { clusterTarget } from './events.ts';
import type { PlanEvent } from './events.ts';
import type { Counts } from './run-context.ts';
import type { ClusterDifference } from './run-step.ts';
import type { ClusterStep } from './stage.ts';
import type { StageRun } from './run-stage.ts';
import type { StepDifference } from './probe-host.ts';
import { probeScript } from './script.ts';

/** Makes a unified diff of two texts; given by whoever draws. Undefined where the two are not worth showing. */
export type MakeDiff = (path: string, before: string, after: string) => string | undefined;

/**
 * Tells the changes of one step on one host, with the text of files where the run shows differences; and what can only be known later.
 */
export async function announce(
  run: StageRun,
  host: string,
  stepName: string,
  difference: StepDifference,
  reader: Reader,
): Promise<void> {
  const { context, stage } = run;
  const texts = context.showDiff === undefined ? new Map<string, string>() : await readTexts(run, difference, reader);
  for (const resource of difference.resources) {
    const changes = difference.changes.get(resource.id);
    if (changes === undefined) continue;
    const about = { stage: stage.id, step: stepName, host, resource: resource.id };
    if (resource.pending !== undefined) {
      tell(run, { type: 'pending', ...about, reason: resource.pending });
      continue;
    }
    const diff = diffText(run, resource, texts.get(resource.id));
    const cause = difference.causes?.get(resource.id);
    tell(run, {
      type: 'change',
      ...about,
      changes,
      ...(diff === undefined ? {} : { diff }),
      ...(resource.owner === undefined ? {} : { owner: resource.owner }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** The same for objects of the cluster. */
export async function announceObjects(run: StageRun, step: ClusterStep, difference: ClusterDifference): Promise<void> {
  const { context, stage } = run;
  const about = { stage: stage.id, step: step.name, host: clusterTarget };
  if ('pending' in difference) {
    tell(run, { type: 'pending', ...about, resource: step.name, reason: difference.pending });
    return;
  }
  const { showDiff } = context;
  const searched = context.left !== undefined && difference.changes.size > 0;
  const causes = searched ? await context.cluster.causes(difference.objects, difference.changes, step.set) : undefined;
  const wanted = showDiff !== undefined && difference.changes.size > 0;
  const texts = wanted
    ? await context.cluster.texts(difference.objects, step.set, step.keep?.(context))
    : new Map<string, never>();
  for (const [resource, changes] of difference.changes) {
    const { before, after } = texts.get(resource) ?? { before: '', after: '' };
    const diff = showDiff?.(resource, before, after);
    const owner = step.owner?.(resource);
    const drift = causes?.get(resource);
    tell(run, {
      type: 'change',
      ...about,
      resource,
      changes,
      ...(diff === undefined ? {} : { diff }),
      ...(owner === undefined ? {} : { owner }),
      ...(drift === undefined ? {} : drift.writers.length === 0 ? { cause: drift.cause } : drift),
    });
  }
}

function tell({ context }: StageRun, event: PlanEvent): void {
  context.approve?.(event);
  context.emit(event);
}

/** The changes of a step that are known; what can only be known later is none. */
export function knownChanges({ resources, changes }: StepDifference): readonly (readonly Change[])[] {
  return resources.flatMap((resource) => {
    const found = changes.get(resource.id);
    return found === undefined || resource.pending !== undefined ? [] : [found];
  });
}

/** Adds resources to the run's numbers: one that restarts a unit is both changed and restarted. */
export function countChanges(counts: Counts, changed: readonly (readonly Change[])[]): void {
  counts.changed += changed.length;
  counts.restarted += changed.filter((changes) => changes.some((change) => change.effect === 'restart')).length;
}

async function readTexts(
  run: StageRun,
  difference: StepDifference,
  reader: Reader,
): Promise<ReadonlyMap<string, string>> {
  const probes = difference.resources.flatMap((resource) =>
    resource.text !== undefined && isEdited(difference.changes.get(resource.id))
      ? [{ key: resource.id, script: resource.text.read }]
      : [],
  );
  if (probes.length === 0) return new Map();
  const script = probeScript(probes);
  const result = await reader.read(script.script, { signal: run.context.signal, timeoutMs: 60_000 });
  const sections = script.parse(result.stdout);
  return new Map(
    [...sections].flatMap(([id, section]) => (section.exitCode === 0 ? [[id, `${section.output}\n`] as const] : [])),
  );
}

/** What is made anew has no text to be read. */
function isEdited(changes: readonly Change[] | undefined): boolean {
  return changes !== undefined && !changes.some(({ effect }) => effect === 'create');
}

function diffText(run: StageRun, resource: AnyResource, before: string | undefined): string | undefined {
  const { showDiff } = run.context;
  if (showDiff === undefined || resource.text === undefined) return undefined;
  const { wanted, show = (text: string) => text } = resource.text;
  const path = resource.id.slice(resource.id.indexOf(':') + 1);
  const sides = [before ?? '', wanted].map((text) => (text === '' ? '' : show(text)));
  return showDiff(path, sides[0] ?? '', sides[1] ?? '');
}
