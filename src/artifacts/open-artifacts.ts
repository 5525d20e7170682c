import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactSettings } from '../inventory/model.ts';
import { architectures } from './artifact.ts';
import type { ArtifactId, Artifacts, LocalArtifact } from './artifact.ts';
import { checksumError, unavailableError, unknownError } from './artifact-error.ts';
import type { Cache } from './cache.ts';
import { defaultCacheDir, openCache } from './cache.ts';
import { catalogEntry, pinnedSum } from './catalog/catalog.ts';
import { openCompress } from './compress.ts';
import type { Network } from './network.ts';
import { openNetwork } from './network.ts';
import { obtain } from './obtain.ts';
import { planSources } from './plan-sources.ts';
import type { ComponentFiles, Source } from './source.ts';
import { keyOf } from './source.ts';
import { directoryStore } from './sources/directory.ts';

export interface ArtifactOptions {
  /** Told what is fetched or built, from where and why. */
  readonly progress: (text: string) => void;
  /** Default: `$XDG_CACHE_HOME/k8sup/artifacts`, else `~/.cache/k8sup/artifacts`. */
  readonly cacheDir?: string;
  /** Replaced in tests. */
  readonly network?: Network;
  /** Replaces the sources that the settings name; for tests. */
  readonly sources?: readonly Source[];
}

/** Opens the artifacts that an inventory's settings give access to; nothing is read or asked for before the first call. */
export function openArtifacts(settings: ArtifactSettings, options: ArtifactOptions): Artifacts {
  const cache = openCache(options.cacheDir ?? defaultCacheDir());
  const plan = planSources(settings, { progress: options.progress, network: options.network ?? openNetwork() });
  const context = {
    cache,
    ...plan,
    ...(options.sources === undefined ? {} : { sources: options.sources }),
    progress: once(options.progress),
  };
  const components = new Map<string, Promise<ComponentFiles>>();
  const own = settings.directory === undefined ? undefined : directoryStore(settings.directory);
  const component = async (id: ArtifactId, signal: AbortSignal): Promise<ComponentFiles> => {
    const given = await own?.find(id);
    if (given !== undefined && 'sums' in given && given.sums.has(id.file)) return given;
    const key = runningKey(id);
    const running = components.get(key) ?? obtain(id, { ...context, own: given }, signal);
    components.set(key, running);
    try {
      return await running;
    } catch (error) {
      components.delete(key);
      throw error;
    }
  };
  return {
    async get(id, signal) {
      checkId(id);
      const files = await component(id, signal);
      return await verified(id, files, cache, signal).catch((error: unknown) => {
        components.delete(runningKey(id));
        throw error;
      });
    },
    compressed: openCompress(join(cache.root, '.compressed')),
  };
}

/** Files that are brought each by itself do not wait for one another's result. */
function runningKey(id: ArtifactId): string {
  return catalogEntry(id.component).apart === true ? `${keyOf(id)}/${id.file}` : keyOf(id);
}

function checkId(id: ArtifactId): void {
  const entry = catalogEntry(id.component);
  const known = [...entry.files, ...(entry.optional ?? [])];
  if (!known.includes(id.file)) throw unknownError(`${id.component} has no file named ${id.file}`, known);
  if (!(entry.platforms ?? architectures).includes(id.architecture))
    throw unknownError(`${id.component} is not made for ${id.architecture}`, entry.platforms ?? architectures);
  // A version becomes part of paths and URLs.
  if (!/^\d[\w.+-]*$/.test(id.version))
    throw unknownError(`"${id.version}" is no version of ${id.component}`, ['numbers such as 1.36.3']);
}

async function verified(
  id: ArtifactId,
  files: ComponentFiles,
  cache: Cache,
  signal: AbortSignal,
): Promise<LocalArtifact> {
  const pinned = pinnedSum(id);
  const expected = pinned ?? files.sums.get(id.file);
  if (expected === undefined)
    throw unavailableError(id, [{ source: files.source, unavailable: `${files.directory} has no ${id.file}` }]);
  const path = join(files.directory, id.file);
  const got = await cache.hashes.hash(path, signal);
  if (got === expected) return { id, path, sha256: got, size: (await stat(path)).size, source: files.source };
  const ours = path.startsWith(join(cache.root, '/'));
  if (ours) await cache.remove(id);
  const fix = ours
    ? 'The damaged files were taken out of the cache; run again to get them anew.'
    : `Put the right file there, or correct the ${pinned === undefined ? 'SHA256SUMS beside it' : 'version or the sha256 that the inventory names'} if the file is meant to be this one.`;
  throw checksumError({ file: path, expected, got, fix });
}

/** Says each text once: the same refusal meets every component. */
function once(progress: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) progress(text);
    said.add(text);
  };
}
