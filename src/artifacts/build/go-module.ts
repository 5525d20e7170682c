import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { corednsPlugins } from '../catalog/coredns.ts';
import type { GoRecipe } from '../catalog/model.ts';
import { runProgram } from '../program.ts';
import { kubernetesModule } from './kubernetes-module.ts';
import type { Toolchain } from './toolchain.ts';

/** What a build works with. */
export interface BuildContext {
  readonly version: string;
  readonly recipe: GoRecipe;
  readonly toolchain: Toolchain;
  /** Folder of the generated module. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** A go command that failed; its message is go's own. */
export class BuildError extends Error {}

/**
 * Writes the module that a component is built in.
 *
 * @throws BuildError.
 */
export async function writeModule(context: BuildContext): Promise<void> {
  await mkdir(context.directory, { recursive: true });
  if (context.recipe.module === 'kubernetes') return await kubernetesModule(context);
  const requires = context.recipe.requires.map(([path, version]) => `require ${path} ${version}`);
  await writeGoMod(context, requires);
  if (context.recipe.module === 'coredns') await writeCorednsMain(context);
}

export async function writeGoMod(context: BuildContext, lines: readonly string[]): Promise<void> {
  const text = ['module k8sup.build/program', `go ${context.toolchain.language}`, ...lines, ''].join('\n');
  await writeFile(join(context.directory, 'go.mod'), text);
}

/**
 * Runs go in the module's folder.
 *
 * @throws BuildError with go's last words.
 */
export async function go(
  context: BuildContext,
  args: readonly string[],
  options: { onErrorLine?: (line: string) => void; env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { signal, toolchain, directory } = context;
  const result = await runProgram('go', args, {
    signal,
    timeoutMs: 90 * 60_000,
    cwd: directory,
    env: { ...toolchain.env, ...options.env },
    ...(options.onErrorLine === undefined ? {} : { onErrorLine: options.onErrorLine }),
  });
  if (!result.ok)
    throw new BuildError(`go ${args.slice(0, 2).join(' ')} failed (${toolchain.version}): ${result.reason}`);
  return result.stdout;
}

/** Where the module cache holds a module, downloaded if need be. */
export async function downloadModule(context: BuildContext, module: string): Promise<{ dir: string; goMod: string }> {
  const found: unknown = JSON.parse(await go(context, ['mod', 'download', '-json', module]));
  const { Dir: dir, GoMod: goMod } = found as { Dir?: unknown; GoMod?: unknown };
  if (typeof dir === 'string' && typeof goMod === 'string') return { dir, goMod };
  throw new BuildError(`go mod download gave no folder for ${module}`);
}

async function writeCorednsMain(context: BuildContext): Promise<void> {
  const [path, version] = context.recipe.requires[0] ?? ['', ''];
  const { dir } = await downloadModule(context, `${path}@${version}`);
  const chosen = chosenPlugins(await readFile(join(dir, 'plugin.cfg'), 'utf8'));
  await writeFile(join(context.directory, 'main.go'), corednsMain(chosen));
}

interface Plugin {
  readonly directive: string;
  readonly path: string;
}

/** The wanted plugins, in the order in which this version of CoreDNS runs them. */
export function chosenPlugins(pluginCfg: string): readonly Plugin[] {
  const lines = pluginCfg.split('\n').map((line) => line.trim());
  const all = lines.filter((line) => /^[^#:]+:./.test(line)).map((line) => line.split(':', 2));
  return all.flatMap(([directive = '', path = '']) =>
    corednsPlugins.includes(directive) ? [{ directive, path }] : [],
  );
}

/** A main of one's own over `coremain`, which is CoreDNS's documented way to fewer plugins. */
export function corednsMain(plugins: readonly Plugin[]): string {
  const imports = plugins.map(({ path }) => `\t_ "github.com/coredns/coredns/plugin/${path}"`).sort();
  const directives = plugins.map(({ directive }) => `\t\t"${directive}",`);
  return `package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

${imports.join('\n')}
)

func main() {
	dnsserver.Directives = []string{
${directives.join('\n')}
	}
	coremain.Run()
}
`;
}
