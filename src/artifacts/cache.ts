import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { catalogEntry } from './catalog/catalog.ts';
import { formatSums, parseSums } from './checksums.ts';
import { isMissing, openHashRecords, readIfThere, sha256File } from './file-hash.ts';
import type { HashRecords } from './file-hash.ts';
import { directoryStore } from './sources/directory.ts';
import type { ComponentFiles, ComponentRequest, Store, Workspace } from './source.ts';
import { keyOf, layoutOf } from './source.ts';
import { takeFile } from './take-file.ts';

/** The controller's own folder of artifacts, in the layout that `artifacts.directory` has too; safe for several processes. */
export interface Cache {
  readonly root: string;
  readonly hashes: HashRecords;
  /** Finds what an earlier run put in; `accepts` is asked with the name of the source it came from. */
  store(accepts: (source: string) => boolean): Store;
  lockPath(request: ComponentRequest): string;
  /** A fresh workspace; what a killed run left of the same component is removed, so the lock must be held. */
  workspace(request: ComponentRequest): Promise<Workspace & AsyncDisposable>;
  /** Moves a workspace's files into place, all at once. */
  publish(
    request: ComponentRequest,
    workspace: Workspace,
    from: { source: string; detail: string },
    signal: AbortSignal,
  ): Promise<ComponentFiles>;
  /** Takes a component out. */
  remove(request: ComponentRequest): Promise<void>;
}

/** `$XDG_CACHE_HOME/k8sup/artifacts`, else `~/.cache/k8sup/artifacts`. */
export function defaultCacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CACHE_HOME'];
  // The specification says that a relative path is to be ignored.
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.cache'), 'k8sup', 'artifacts');
}

export function openCache(root: string): Cache {
  const hashes = openHashRecords(join(root, '.hashes'));
  const work = join(root, '.work');
  return {
    root,
    hashes,
    lockPath: (request) => join(root, '.locks', `${keyOf(request)}.lock`),
    store: (accepts) => cacheStore(root, accepts),
    workspace: async (request) => await openWorkspace(root, request),
    async publish(request, workspace, from, signal) {
      const directory = join(root, layoutOf(request));
      const brought = await sumsOf(request, workspace, signal);
      const others = catalogEntry(request.component).apart === true ? await keepOthers(directory, workspace) : [];
      const sums = new Map([...others, ...brought]);
      await writeFile(join(workspace.files, 'SHA256SUMS'), formatSums(sums));
      await writeFile(join(workspace.files, 'SOURCE'), `${from.source}\n${from.detail}\n`);
      await replaceDirectory(workspace.files, directory, join(work, `old-${randomUUID()}`));
      for (const [file, sum] of brought) await hashes.record(join(directory, file), sum);
      await rm(workspace.downloads, { recursive: true, force: true });
      return { source: from.source, directory, sums };
    },
    async remove(request) {
      const aside = join(work, `bad-${randomUUID()}`);
      await mkdir(work, { recursive: true });
      // Another caller may have met the same damage.
      await moveAside(join(root, layoutOf(request)), aside);
    },
  };
}

function cacheStore(root: string, accepts: (source: string) => boolean): Store {
  const files = directoryStore(root, 'cache');
  return {
    name: 'cache',
    async find(request) {
      const found = await files.find(request);
      // Another architecture in the cache says nothing about what sources have.
      if ('unavailable' in found) return { unavailable: 'not there yet' };
      const [source = 'unknown'] = (await readIfThere(join(found.directory, 'SOURCE'))).split('\n');
      if (!accepts(source))
        return { unavailable: `holds it from ${source}, which this inventory's artifacts.source leaves out` };
      return { ...found, source: `cache (${source})` };
    },
  };
}

async function sumsOf(
  request: ComponentRequest,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  for (const file of (await readdir(workspace.files)).sort()) {
    const path = join(workspace.files, file);
    await chmod(path, request.architecture === 'noarch' ? 0o644 : 0o755);
    sums.set(file, await sha256File(path, signal));
  }
  return sums;
}

/** Files that were brought before, each by itself, stay; with the sums they had then, so that damage shows. */
async function keepOthers(directory: string, workspace: Workspace): Promise<readonly (readonly [string, string])[]> {
  const here = await readdir(workspace.files);
  const kept: (readonly [string, string])[] = [];
  for (const [file, sum] of parseSums(await readIfThere(join(directory, 'SHA256SUMS')))) {
    if (here.includes(file)) continue;
    if (await takeFile([join(directory, file)], join(workspace.files, file))) kept.push([file, sum]);
  }
  return kept;
}

async function openWorkspace(root: string, request: ComponentRequest): Promise<Workspace & AsyncDisposable> {
  const key = keyOf(request);
  const base = join(root, '.work');
  await mkdir(base, { recursive: true });
  for (const name of await readdir(base)) {
    if (name.startsWith(`${key}.`)) await removeTree(join(base, name));
  }
  const own = join(base, `${key}.${randomUUID()}`);
  const workspace = {
    files: join(own, 'files'),
    scratch: join(own, 'scratch'),
    downloads: join(root, '.downloads', key),
  };
  await mkdir(workspace.files, { recursive: true });
  await mkdir(workspace.scratch);
  return { ...workspace, [Symbol.asyncDispose]: async () => removeTree(own) };
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function replaceDirectory(from: string, to: string, aside: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await moveAside(to, aside);
  await rename(from, to);
}

/** Makes room at once, then removes what was there. */
async function moveAside(path: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
