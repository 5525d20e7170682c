import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import type { PlanEvent } from '../../engine/events.ts';
import type { PlanPlace } from '../../engine/plan-document.ts';
import type { Change } from '../../resources/define.ts';
import { writingNamed } from '../named-file.ts';

/** A change that was shown, as far as it takes to know it again. */
export interface PlannedThing extends PlanPlace {
  /** Of what was shown: path, from, to and effect of each difference. */
  readonly hash: string;
  readonly restarts: boolean;
}

/** A file of another version may have other fields. */
export const planFileVersion = 1;

/** What `plan --out` writes: names and hashes, no text of any file and no secret. */
export interface PlanFile {
  readonly format: 'k8sup-plan-file';
  readonly version: number;
  readonly k8sup: string;
  /** ISO 8601. */
  readonly made: string;
  readonly cluster: string;
  /** Null where the cluster was not begun. */
  readonly clusterId: string | null;
  /** SHA-256 of the inventory's text. */
  readonly inventory: string;
  /** Of the passwords that the inventory's files hold, keyed by a secret of the cluster; null where that was not made yet. */
  readonly secrets: string | null;
  /** Names of `--limit`, or null. */
  readonly limit: readonly string[] | null;
  readonly stages: readonly string[];
  readonly changes: readonly PlannedThing[];
  /** What was not known: steps on hosts. */
  readonly later: readonly PlanPlace[];
}

/** A change as a plan file knows it. Pure. */
export function plannedThings(events: readonly PlanEvent[]): Pick<PlanFile, 'changes' | 'later'> {
  return {
    changes: events.flatMap((event) =>
      event.type === 'change'
        ? [{ ...placeOf(event), hash: hashOf(event.changes), restarts: restarts(event.changes) }]
        : [],
    ),
    later: events.flatMap((event) => (event.type === 'pending' ? [placeOf(event)] : [])),
  };
}

/** Written whole or not at all, for its owner alone. @throws K8supError `FILE_NOT_WRITTEN`. */
export async function writePlanFile(path: string, file: PlanFile): Promise<void> {
  const fresh = `${path}.${randomUUID().slice(0, 8)}`;
  await writingNamed(path, async () => {
    try {
      await writeFile(fresh, `${JSON.stringify(file, undefined, 1)}\n`, { mode: 0o600, flag: 'wx' });
      await rename(fresh, path);
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
  });
}

/** @throws K8supError `PLAN_FILE_INVALID`; `PLAN_OTHER_K8SUP` for one of another release. */
export async function readPlanFile(path: string, k8sup: string): Promise<PlanFile> {
  const file = parsed(await textOf(path), path);
  if (file.version === planFileVersion && file.k8sup === k8sup) return file;
  throw new K8supError({
    code: 'PLAN_OTHER_K8SUP',
    kind: 'outdated',
    what: `${path} was made by k8sup ${file.k8sup}, and this is ${k8sup}`,
    why: 'another release may want other things of the same inventory',
    fix: 'make the plan anew with this release',
  });
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hashOf(changes: readonly Change[]): string {
  return sha256(JSON.stringify(changes.map(({ path, from, to, effect }) => [path, from, to, effect])));
}

export function restarts(changes: readonly Change[]): boolean {
  return changes.some(({ effect }) => effect === 'restart');
}

export function placeOf({ stage, step, host, resource }: PlanPlace): PlanPlace {
  return { stage, step, host, resource };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
}

function parsed(text: string, path: string): PlanFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
  if (!isPlanFile(value)) throw invalid(path, 'it is not what plan --out writes');
  return value;
}

/** A file of another version need not have the rest. */
function isPlanFile(value: unknown): value is PlanFile {
  if (!isObject(value) || value['format'] !== 'k8sup-plan-file' || typeof value['k8sup'] !== 'string') return false;
  if (value['version'] !== planFileVersion) return typeof value['version'] === 'number';
  const texts = ['made', 'cluster', 'inventory'].every((key) => typeof value[key] === 'string');
  const optional = ['clusterId', 'secrets'].every((key) => value[key] === null || typeof value[key] === 'string');
  const { limit, stages, changes, later } = value;
  const names = (list: unknown): boolean => Array.isArray(list) && list.every((name) => typeof name === 'string');
  const places = (list: unknown): list is readonly Record<string, unknown>[] =>
    Array.isArray(list) &&
    list.every(
      (one) => isObject(one) && ['stage', 'step', 'host', 'resource'].every((key) => typeof one[key] === 'string'),
    );
  return (
    texts &&
    optional &&
    (limit === null || names(limit)) &&
    names(stages) &&
    places(later) &&
    places(changes) &&
    changes.every((one) => typeof one['hash'] === 'string' && typeof one['restarts'] === 'boolean')
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function invalid(path: string, why: string, cause?: unknown): K8supError {
  return new K8supError({
    code: 'PLAN_FILE_INVALID',
    kind: 'usage',
    what: `${path} is no plan that can be applied`,
    why,
    fix: 'k8sup plan --out FILE  writes one',
    ...(cause === undefined ? {} : { cause }),
  });
}
