import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { runProgram } from '../program.ts';
import type { BuildContext } from './go-module.ts';
import { BuildError, downloadModule, go } from './go-module.ts';

const generated = 'k8s.io/kubernetes/pkg/generated/openapi';
const marker = '+k8s:openapi-gen=true';

/**
 * Up to 1.23 the published module lacks `pkg/generated/openapi/zz_generated.openapi.go`: makes it with Kubernetes' own generator, in a writable
 * copy of the module at `src`.
 *
 * @param moduleDir - the module in Go's read-only cache.
 * @param staging - the modules of Kubernetes' own repository.
 */
export async function addOpenapi(context: BuildContext, moduleDir: string, staging: readonly string[]): Promise<void> {
  const source = join(context.directory, 'src');
  await copyWritable(moduleDir, source, context.signal);
  context.progress(`generating Kubernetes ${context.version}'s OpenAPI definitions`);
  const published = context.version.replace(/^1\./, 'v0.');
  const packages = [...(await markedPackages(join(source, 'pkg'))).map((path) => `k8s.io/kubernetes/pkg/${path}`)];
  for (const module of staging.filter((name) => !/sample-|code-generator/.test(name))) {
    const { dir } = await downloadModule(context, `${module}@${published}`);
    packages.push(...(await markedPackages(dir)).map((path) => `${module}/${path}`));
  }
  const output = join(context.directory, 'generated');
  await go(context, generatorArguments(source, output, packages), {
    // The generator's host is this machine, and it does not know the alias types that newer Go reports.
    env: { GODEBUG: 'gotypesalias=0', GOARCH: '', GOOS: '' },
  });
  const target = join(source, 'pkg/generated/openapi');
  await mkdir(target, { recursive: true });
  await rename(join(output, generated, 'zz_generated.openapi.go'), join(target, 'zz_generated.openapi.go'));
}

function generatorArguments(source: string, output: string, packages: readonly string[]): string[] {
  return [
    'run',
    '-mod=mod',
    '-ldflags=-checklinkname=0',
    'k8s.io/kube-openapi/cmd/openapi-gen',
    '-O',
    'zz_generated.openapi',
    '-h',
    join(source, 'hack/boilerplate/boilerplate.generatego.txt'),
    '--output-base',
    output,
    '-p',
    generated,
    '-r',
    join(output, '..', 'openapi-violations'),
    '-i',
    packages.join(','),
  ];
}

/** Folders below `root`, relative to it, that hold a Go file with the marker. */
async function markedPackages(root: string): Promise<string[]> {
  const found = new Set<string>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.go') || entry.name.endsWith('_test.go')) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path, 'utf8')).includes(marker)) found.add(relative(root, dirname(path)));
  }
  return [...found].sort();
}

/** A copy that may be written to, without the parts that would hide the published modules. */
async function copyWritable(from: string, to: string, signal: AbortSignal): Promise<void> {
  const options = { signal, timeoutMs: 300_000 };
  for (const [program, args] of [
    ['cp', ['-R', from, to]],
    ['chmod', ['-R', 'u+w', to]],
  ] as const) {
    const result = await runProgram(program, args, options);
    if (!result.ok) throw new BuildError(`${program} failed: ${result.reason}`);
  }
  await rm(join(to, 'vendor'), { recursive: true, force: true });
  await rm(join(to, 'staging'), { recursive: true, force: true });
}
