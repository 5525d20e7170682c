import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogEntry } from '../catalog/catalog.ts';
import type { DebianRecipe } from '../catalog/model.ts';
import { hasProgram, runProgram } from '../program.ts';
import type { ComponentRequest, Source, Unavailable, Workspace } from '../source.ts';
import { titleOf } from '../source.ts';
import { takeFile } from '../take-file.ts';

/**
 * Programs out of Debian's packages, for a controller that is a Debian with package lists: downloaded (apt checks their signed hashes), unpacked,
 * never installed.
 */
export function debianSource(options: { readonly progress: (text: string) => void }): Source {
  return {
    name: 'debian',
    async find(request, workspace, signal) {
      const recipe = catalogEntry(request.component).debian;
      if (recipe === undefined) return { unavailable: `no Debian packages stand for ${request.component}` };
      const refusal = await check(request, recipe, signal);
      if (refusal !== undefined) return refusal;
      options.progress(`${titleOf(request)}: unpacking Debian's ${recipe.packages.join(', ')}`);
      return await unpack(recipe, workspace, signal);
    },
  };
}

async function check(
  request: ComponentRequest,
  recipe: DebianRecipe,
  signal: AbortSignal,
): Promise<Unavailable | undefined> {
  const options = { signal, timeoutMs: 30_000 };
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!(await hasProgram(program, ['--version'], signal))) return { unavailable: `this machine has no ${program}` };
  }
  const architecture = (await runProgram('dpkg', ['--print-architecture'], options)).stdout.trim();
  if (architecture !== request.architecture) {
    return { unavailable: `this machine's packages are for ${architecture}`, otherArchitecture: true };
  }
  const policy = await runProgram('apt-cache', ['policy', recipe.versionOf], options);
  const candidate = /Candidate: (?:\d+:)?(\S+)/.exec(policy.stdout)?.[1] ?? '(none)';
  if (candidate === '(none)') return { unavailable: `apt knows no ${recipe.versionOf}; run apt-get update` };
  if (/^[0-9.]+/.exec(candidate)?.[0] === request.version) return undefined;
  return { unavailable: `apt offers ${recipe.versionOf} ${candidate}` };
}

async function unpack(
  recipe: DebianRecipe,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Unavailable | { from: string }> {
  const options = { signal, timeoutMs: 600_000, cwd: workspace.scratch };
  const got = await runProgram('apt-get', ['download', ...recipe.packages], options);
  if (!got.ok) return { unavailable: `apt-get download failed: ${got.reason}` };
  const packages = (await readdir(workspace.scratch)).filter((name) => name.endsWith('.deb')).sort();
  const root = join(workspace.scratch, 'root');
  await mkdir(root);
  for (const name of packages) {
    const unpacked = await runProgram('dpkg-deb', ['-x', name, root], options);
    if (!unpacked.ok) return { unavailable: `dpkg-deb could not unpack ${name}: ${unpacked.reason}` };
  }
  for (const [program, candidates] of Object.entries(recipe.files)) {
    await takeFile(
      candidates.map((path) => join(root, path)),
      join(workspace.files, program),
    );
  }
  return { from: packages.join(' ') };
}
