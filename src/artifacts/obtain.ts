import { readdir } from 'node:fs/promises';
import { unavailableError } from './artifact-error.ts';
import type { Refusal } from './artifact-error.ts';
import type { Cache } from './cache.ts';
import { catalogEntry, pinnedSum } from './catalog/catalog.ts';
import { filesOf } from './catalog/model.ts';
import { withFileLock } from './lock.ts';
import type { ComponentFiles, ComponentRequest, Source, Unavailable, Workspace } from './source.ts';
import { titleOf } from './source.ts';

export interface ObtainContext {
  readonly cache: Cache;
  readonly sources: readonly Source[];
  readonly accepts: (source: string) => boolean;
  /** What the user's own folder answered, for the error. */
  readonly own: ComponentFiles | Unavailable | undefined;
  readonly progress: (text: string) => void;
}

/**
 * Brings a component into the cache, from the first source that has it, unless it is there.
 *
 * @throws K8supError as {@link Artifacts.get} does.
 */
export async function obtain(
  request: ComponentRequest,
  context: ObtainContext,
  signal: AbortSignal,
): Promise<ComponentFiles> {
  const cached = await fromCache(request, context);
  if ('sums' in cached) return cached;
  const refusals: Refusal[] = [...ownRefusal(context.own), { source: 'cache', ...cached }];
  if (context.sources.length === 0) throw unavailableError(request, refusals);
  const onWait = (holder: string) =>
    context.progress(`${titleOf(request)}: waiting for ${holder}, which fetches it already`);
  return await withFileLock(context.cache.lockPath(request), { signal, onWait }, async () => {
    const meanwhile = await fromCache(request, context);
    return 'sums' in meanwhile ? meanwhile : await fromSources(request, context, refusals, signal);
  });
}

async function fromCache(
  request: ComponentRequest,
  { cache, accepts }: ObtainContext,
): Promise<ComponentFiles | Unavailable> {
  const found = await cache.store(accepts).find(request);
  if ('unavailable' in found) return found;
  const lacking = lacks(request, [...found.sums.keys()]);
  if (lacking !== undefined) return { unavailable: `${found.directory} lacks ${lacking}` };
  const sum = pinnedSum(request);
  if (sum !== undefined && found.sums.get(request.file ?? '') !== sum)
    return { unavailable: `${found.directory} has another ${request.file ?? ''} than is asked for` };
  return found;
}

async function fromSources(
  request: ComponentRequest,
  context: ObtainContext,
  earlier: readonly Refusal[],
  signal: AbortSignal,
): Promise<ComponentFiles> {
  const refusals: Refusal[] = [...earlier];
  const sources = context.sources.filter(
    ({ name }) => name !== 'debian' || catalogEntry(request.component).debian !== undefined,
  );
  for (const [index, source] of sources.entries()) {
    await using workspace = await context.cache.workspace(request);
    const answer = await ask(source, request, workspace, signal);
    if (!('unavailable' in answer)) {
      return await context.cache.publish(request, workspace, { source: source.name, detail: answer.from }, signal);
    }
    refusals.push({ source: source.name, ...answer });
    const next = sources[index + 1];
    if (next !== undefined)
      context.progress(`${source.name}: ${answer.unavailable.split('\n')[0] ?? ''}; trying ${next.name}`);
  }
  throw unavailableError(request, refusals);
}

async function ask(source: Source, request: ComponentRequest, workspace: Workspace, signal: AbortSignal) {
  const answer = await source.find(request, workspace, signal);
  if ('unavailable' in answer) return answer;
  const lacking = lacks(request, await readdir(workspace.files));
  return lacking === undefined ? answer : { unavailable: `what it gave lacks ${lacking}` };
}

function lacks(request: ComponentRequest, names: readonly string[]): string | undefined {
  const entry = catalogEntry(request.component);
  const wanted = entry.apart === true && request.file !== undefined ? [request.file] : filesOf(entry, request.version);
  const missing = wanted.filter((file) => !names.includes(file));
  return missing.length === 0 ? undefined : missing.join(', ');
}

function ownRefusal(own: ComponentFiles | Unavailable | undefined): Refusal[] {
  if (own === undefined) return [];
  return [
    {
      source: 'directory',
      ...('unavailable' in own ? own : { unavailable: `${own.directory} names not all files in its SHA256SUMS` }),
    },
  ];
}
