import { checkFile } from '../checks/files.ts';
import type { Report } from '../findings.ts';
import { formatPath } from '../path.ts';
import type { Path } from '../path.ts';
import { suggest } from '../suggest.ts';
import type { PlaybookContext } from './load.ts';
import { builtInStage, builtInStages } from './model.ts';
import type { OwnResource, OwnStage } from './model.ts';
import { ownId, ownObjectId } from './resolve.ts';
import { resourceSchema } from './schema.ts';
import type { HookInput, ResourceInput, StageInput } from './schema.ts';

interface Given {
  readonly local: (path: string) => string;
  readonly report: Report;
}

/** One resource by itself, and the files it names; true where it can be resolved. */
export async function checkResource(input: ResourceInput, path: Path, { local, report }: Given): Promise<boolean> {
  const kinds = Object.entries(input).filter(([, value]) => value !== undefined);
  if (kinds.length !== 1) {
    const known = Object.keys(resourceSchema.shape).join(', ');
    const said = kinds.length === 0 ? 'no kind' : `${String(kinds.length)} kinds`;
    report({ code: 'ONE_KIND', path, message: `this resource has ${said}`, fix: `give it one of ${known}` });
    return false;
  }
  const text = input.file ?? input.template;
  const at = [...path, kinds[0]?.[0] ?? ''];
  if (text !== undefined && !oneOf(text, at, input.file === undefined ? texts.slice(0, 2) : texts, report))
    return false;
  if (input.command !== undefined && !oneOf(input.command, at, conditions, report)) return false;
  const secret = input.file?.secretFile;
  const secrets = Object.entries(input.template?.secrets ?? {});
  const source = text?.source ?? input.archive?.source;
  if (source !== undefined) await checkFile({ kind: 'source', path: [...at, 'source'], file: local(source) }, report);
  if (secret !== undefined)
    await checkFile({ kind: 'secret', path: [...at, 'secretFile'], file: local(secret) }, report);
  for (const [name, { secretFile }] of secrets) {
    const where = [...at, 'secrets', name, 'secretFile'];
    await checkFile({ kind: 'secret', path: where, file: local(secretFile) }, report);
  }
  return true;
}

const texts = ['content', 'source', 'secretFile'];
const conditions = ['creates', 'unless', 'onlyIf'];

function oneOf(input: object, path: Path, keys: readonly string[], report: Report): boolean {
  const there = Object.entries(input).filter(([key, value]) => keys.includes(key) && value !== undefined);
  if (there.length === 1) return true;
  const said = there.length === 0 ? 'none' : there.map(([key]) => key).join(' and ');
  const list = keys.join(', ');
  report({ code: 'ONE_OF', path, message: `${formatPath(path)} has ${said} of ${list}`, fix: `give it one of them` });
  return false;
}

export function checkStage(input: StageInput, path: Path, context: PlaybookContext, report: Report): void {
  checkPlace(input, path, context, report);
  checkTarget(input, path, context, report);
  if (input.objects !== undefined && !context.kubernetes) {
    const message = 'an inventory of container hosts has no Kubernetes to put objects in';
    report({ code: 'NO_KUBERNETES', path: [...path, 'objects'], message, fix: 'take them out' });
    return;
  }
  const [key, place] =
    input.before === undefined ? (['after', input.after] as const) : (['before', input.before] as const);
  const id = place === undefined ? undefined : builtInStage(place);
  if (input.objects === undefined || id === undefined) return;
  const early = builtInStages.indexOf(id) - builtInStages.indexOf(mastersStage);
  if (early > 0 || (early === 0 && key === 'after')) return;
  const message = `no apiserver takes objects ${key} ${id} on a new cluster`;
  const fix = `give objects a stage of their own, after ${mastersStage} or later`;
  report({ code: 'OBJECTS_TOO_EARLY', path: [...path, key], message, fix });
}

/** The stage that brings the apiservers up. */
const mastersStage = '04.kube-master';

export function checkHook(input: HookInput, path: Path, context: PlaybookContext, report: Report): void {
  checkPlace(input, path, context, report);
  checkTarget(input, path, context, report);
  if (input.before === undefined && input.after === undefined) {
    const message = `the hook ${JSON.stringify(input.name)} says neither before nor after which stage it runs`;
    report({ code: 'MISSING_KEY', path, message, fix: 'add before: or after:' });
  }
}

/** The same thing twice on one host would be changed back and forth. */
export function checkIds(
  stage: OwnStage,
  resources: readonly { readonly at: Path; readonly resource: OwnResource }[],
  before: readonly OwnStage[],
  report: Report,
): void {
  if (before.some(({ id }) => id === stage.id)) {
    const path = [...(resources[0]?.at.slice(0, 2) ?? ['stages', before.length]), 'name'];
    report({ code: 'DUPLICATE_STAGE', path, message: `there is already a stage ${stage.id}` });
  }
  const same = before.filter(({ target }) => JSON.stringify(target) === JSON.stringify(stage.target));
  const seen = new Set(same.flatMap((one) => one.resources.map(ownId)));
  for (const { at, resource } of resources) {
    const id = ownId(resource);
    if (seen.has(id)) report({ code: 'DUPLICATE_RESOURCE', path: at, message: `there is already a resource ${id}` });
    seen.add(id);
  }
  const objects = new Set(before.flatMap((one) => (one.objects ?? []).map(({ object }) => ownObjectId(object))));
  for (const [index, { object }] of (stage.objects ?? []).entries()) {
    const id = ownObjectId(object);
    const path = ['stages', before.length, 'objects', index];
    if (objects.has(id)) report({ code: 'DUPLICATE_OBJECT', path, message: `there is already an object ${id}` });
    objects.add(id);
  }
}

function checkPlace(
  { before, after }: Pick<StageInput, 'before' | 'after'>,
  path: Path,
  { kubernetes }: PlaybookContext,
  report: Report,
): void {
  if (before !== undefined && after !== undefined) {
    report({ code: 'ONE_OF', path: [...path, 'after'], message: 'there is before: too', fix: 'keep one of them' });
  }
  const there: readonly string[] = builtInStages.filter((id) => kubernetes || !/kube|addons/.test(id));
  for (const [key, name] of Object.entries({ before, after })) {
    if (name === undefined) continue;
    const id = builtInStage(name);
    if (id !== undefined && there.includes(id)) continue;
    const near = suggest(name, there);
    const fix = near === undefined ? `the stages are: ${there.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
    report({ code: 'UNKNOWN_STAGE', path: [...path, key], message: `there is no stage ${JSON.stringify(name)}`, fix });
  }
}

function checkTarget({ hosts }: Pick<StageInput, 'hosts'>, path: Path, context: PlaybookContext, report: Report): void {
  const names = context.hosts.map(({ name }) => name);
  for (const [index, host] of (hosts ?? []).entries()) {
    if (names.includes(host)) continue;
    const near = suggest(host, names);
    const fix = near === undefined ? `its hosts are: ${names.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
    const message = `the inventory has no host ${JSON.stringify(host)}`;
    report({ code: 'UNKNOWN_HOST', path: [...path, 'hosts', index], message, fix });
  }
}
