import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactId, Artifacts, LocalArtifact } from './artifact.ts';
import { defaultCacheDir, openCache } from './cache.ts';
import { catalog, catalogEntry, pinnedSum } from './catalog/catalog.ts';
import { isMissing } from './file-hash.ts';
import { directoryStore } from './sources/directory.ts';
import type { ComponentFiles } from './source.ts';

/** A line of `k8sup artifacts list`. */
export interface ArtifactRow extends ArtifactId {
  /** Where the official file, or the archive that holds it, is published. */
  readonly url?: string;
  /** Bytes; of what is on the controller already. */
  readonly size?: number;
  readonly sha256?: string;
  /** Where it lies: `directory`, `cache (go-modules)`, …; undefined when it is not on the controller. */
  readonly source?: string;
}

export interface ListOptions {
  /** The inventory's `artifacts.directory`. */
  readonly directory?: string;
  readonly cacheDir?: string;
}

/** Says of each artifact where it is published and whether it is here; asks no network and hashes nothing. */
export async function listArtifacts(
  ids: readonly ArtifactId[],
  options: ListOptions = {},
): Promise<readonly ArtifactRow[]> {
  const stores = [
    ...(options.directory === undefined ? [] : [directoryStore(options.directory)]),
    openCache(options.cacheDir ?? defaultCacheDir()).store(() => true),
  ];
  return await Promise.all(
    ids.map(async (id) => {
      const url = officialUrl(id);
      const row: ArtifactRow = { ...id, ...(url === undefined ? {} : { url }) };
      for (const store of stores) {
        const found = await store.find(id);
        const here = 'sums' in found && isWanted(id, found) ? await facts(id, found) : undefined;
        if (here !== undefined) return { ...row, ...here };
      }
      return row;
    }),
  );
}

/** Brings every artifact to the controller, in the order in which stages need them. @throws as {@link Artifacts.get}. */
export async function fetchAll(
  artifacts: Artifacts,
  ids: readonly ArtifactId[],
  signal: AbortSignal,
): Promise<readonly LocalArtifact[]> {
  const order = catalog.map(({ component }) => component);
  const sorted = [...ids].sort((a, b) => order.indexOf(a.component) - order.indexOf(b.component));
  const got: LocalArtifact[] = [];
  for (const id of sorted) got.push(await artifacts.get(id, signal));
  return got;
}

/** A file of another sha256 than is asked for is not the one. */
function isWanted(id: ArtifactId, { sums }: ComponentFiles): boolean {
  const sum = pinnedSum(id);
  return sum === undefined || sums.get(id.file) === sum;
}

async function facts(
  id: ArtifactId,
  found: ComponentFiles,
): Promise<Pick<ArtifactRow, 'size' | 'sha256' | 'source'> | undefined> {
  const sha256 = found.sums.get(id.file);
  if (sha256 === undefined) return undefined;
  try {
    return { size: (await stat(join(found.directory, id.file))).size, sha256, source: found.source };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function officialUrl(id: ArtifactId): string | undefined {
  const files = catalogEntry(id.component).release(id.version, id.architecture) ?? [];
  return files.find(({ content }) => ('file' in content ? content.file === id.file : id.file in content.members))?.url;
}
