import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../errors/k8sup-error.ts';
import type { BuildContext } from '../build/go-module.ts';
import { BuildError, go, writeModule } from '../build/go-module.ts';
import { findToolchain } from '../build/toolchain.ts';
import { catalogEntry } from '../catalog/catalog.ts';
import type { GoRecipe } from '../catalog/model.ts';
import type { ComponentRequest, Source, Workspace } from '../source.ts';
import { titleOf } from '../source.ts';

export interface GoModulesOptions {
  readonly progress: (text: string) => void;
  /** Milliseconds of some steady clock. */
  readonly now: () => number;
}

/**
 * Builds programs from their published Go modules, which go checks against the Go checksum database. One build at a time: each uses all cores.
 */
export function goModulesSource(options: GoModulesOptions): Source {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    name: 'go-modules',
    async find(request, workspace, signal) {
      const entry = catalogEntry(request.component);
      const recipe = entry.goRecipe?.(request.version);
      if (recipe === undefined)
        return { unavailable: entry.notBuilt ?? `${request.component} is not built from modules` };
      const mine = turn.then(async () => build({ request, recipe, workspace, signal }, options));
      turn = mine.catch(() => undefined);
      return await mine;
    },
  };
}

interface Build {
  readonly request: ComponentRequest;
  readonly recipe: GoRecipe;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
}

async function build(wanted: Build, options: GoModulesOptions) {
  const { request, recipe, workspace, signal } = wanted;
  const toolchain = await findToolchain(recipe, request.architecture, signal);
  if ('unavailable' in toolchain) return toolchain;
  const directory = join(workspace.scratch, 'module');
  const context = { version: request.version, recipe, toolchain, directory, signal, progress: options.progress };
  const start = options.now();
  options.progress(`building ${titleOf(request)} from Go modules (${aboutText(recipe.coldSeconds)} cold)`);
  try {
    await writeModule(context);
    await compile(context, workspace.files, watcher(titleOf(request), start, options));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BuildError)) throw error;
    return { unavailable: messageOf(error) };
  }
  await renamePrograms(workspace.files, recipe.renames ?? {});
  options.progress(`built ${titleOf(request)} in ${Math.round((options.now() - start) / 1000)} s`);
  const modules = recipe.requires.map(([path, version]) => `${path}@${version}`);
  return { from: `${modules.join(' ')} with ${toolchain.version}` };
}

async function compile(context: BuildContext, output: string, onErrorLine: (line: string) => void): Promise<void> {
  const { recipe } = context;
  const ldflags = ['-s -w', ...(recipe.oldLinkname === true ? ['-checklinkname=0'] : []), ...recipe.ldflags].join(' ');
  const args = [
    'build',
    '-v',
    '-mod=mod',
    '-trimpath',
    '-tags',
    recipe.tags ?? '',
    '-ldflags',
    ldflags,
    '-o',
    `${output}/`,
  ];
  await go(context, [...args, ...recipe.packages], { onErrorLine });
}

/** Says every half minute how far a build is: `-v` names each package as it is compiled. */
function watcher(title: string, start: number, options: GoModulesOptions): (line: string) => void {
  let last = start;
  let packages = 0;
  return (line) => {
    if (!line.startsWith('go: ')) packages += 1;
    const now = options.now();
    if (now - last < 30_000) return;
    last = now;
    options.progress(`building ${title}: ${packages} packages compiled after ${Math.round((now - start) / 1000)} s`);
  };
}

async function renamePrograms(directory: string, renames: Readonly<Record<string, string>>): Promise<void> {
  for (const name of await readdir(directory)) {
    const wanted = renames[name];
    if (wanted !== undefined) await rename(join(directory, name), join(directory, wanted));
  }
}

function aboutText(seconds: number): string {
  return seconds < 90 ? `about ${seconds} s` : `about ${Math.round(seconds / 60)} min`;
}
